/** What is said of the server's own state, in English. */

export const status = {
  "server.heading": "State of the video server",
  "server.is.ok": "All is well.",
  "server.is.degraded": "Something does not work.",
  "server.is.unknown": "The server has not looked at itself lately.",
  "server.checked": "Looked at {when}.",
  "server.well": "works",
  "server.down": "does not work",
  "server.share": "{share} of the last day",
  "server.since": "since {when}",
  "server.part.room": "Video visits",
  "server.part.relay": "Relay for strict networks",
  "server.part.mail": "Mail",
  "server.part.database": "Database",

  "server.room.refused":
    "Nobody can join new visits: the server refuses them. Its administrator looks into the log and at the limits in the configuration.",
  "server.room.silent":
    "Nobody can join new visits: the media server does not answer. Its administrator lets its UDP port through the firewall, and looks into the log.",
  "server.room.lost":
    "People in visits do not hear each other. The administrator of the server looks at the load of the machine, and restarts the server between visits.",
  "server.relay.silent":
    "The relay does not answer: people whose networks block UDP cannot join. Call the administrator of the server: start the relay again, or let its ports through the firewall (“housecall doctor” says which).",
  "server.relay.refused":
    "The relay relays nothing: people whose networks block UDP cannot join. Call the administrator of the server: “housecall doctor” says why.",
  "server.relay.lost":
    "The relay brings nothing back: people whose networks block UDP cannot join. Call the administrator of the server: the relay has to reach the UDP port of the media (“housecall doctor” says which).",
  "server.mail.silent":
    "The mail server does not answer: invitations and reminders wait. Hand over links meanwhile; the administrator sees that the mail server runs.",
  "server.mail.refused":
    "The mail server takes no mail from us: invitations and reminders wait. Hand over links meanwhile; the administrator looks at the settings for mail.",
  "server.database.silent":
    "The database does not answer: calls go on, and nobody can sign in or make visits. Call the administrator of the server: start the database again.",
  "server.database.lost":
    "The database loses what is written. Make no more visits, and call the administrator of the server now.",
} as const;
