/** Visits elsewhere, and accounts at other providers, in English. */

export const elsewhere = {
  "provider.livekit": "Our own rooms",
  "provider.google_meet": "Google Meet",
  "provider.microsoft_teams": "Microsoft Teams",
  "provider.zoom": "Zoom",

  "visit.place": "Where",
  "visit.usualPlace": "As usual: {provider}",

  "wait.open": "Open {provider}",
  "wait.openLong": "Open {provider} for the visit of {when}",
  "wait.noLink": "There is no link yet. Leave this page open: it shows it by itself.",

  "elsewhere.join": "Join at {provider}",
  "elsewhere.joinLong": "Join at {provider} the visit of {name}",
  "elsewhere.here": "It is in our own rooms instead of {provider}.",
  "elsewhere.noLink": "{provider} has given no link yet.",
  "elsewhere.failed": "There is no link by {provider}.",
  "elsewhere.oldTime": "People can join, but {provider} does not know the newest time yet.",
  "elsewhere.retry": "It is asked again at {time}.",
  "elsewhere.again": "Ask {provider} again",
  "elsewhere.againLong": "Ask {provider} again for the visit of {name}",
  "elsewhere.move": "Move to {provider}",
  "elsewhere.moveLong": "Move to {provider} the visit of {name}",
  "elsewhere.moveHere": "Move to our own rooms",
  "elsewhere.moveHereLong": "Move to our own rooms the visit of {name}",

  "trouble.not_connected": "{provider} is not connected: an owner can connect it.",
  "trouble.unauthorized": "{provider} no longer lets us in: an owner has to connect it again.",
  "trouble.rate_limited": "{provider} takes no more requests for a while.",
  "trouble.refused": "{provider} has refused: the account may lack a right or a licence.",
  "trouble.gone": "Somebody has deleted it at {provider}.",
  "trouble.broken": "{provider} has a fault of its own.",
  "trouble.garbage": "The answer of {provider} cannot be used.",
  "trouble.silent": "{provider} does not answer.",
  "trouble.unknown":
    "The server was interrupted: nobody knows whether {provider} has made it. Look there first.",
  "trouble.not_in_plan": "{provider} is not in the clinic’s plan.",

  "providers.heading": "Where visits are",
  "providers.text":
    "Visits can be elsewhere too, by one account of each provider that is connected here. They have no waiting room and no recording of ours then, and the provider is told a time, never a name.",
  "providers.none":
    "Visits are in our own rooms. Whoever runs the server can register it with Google Meet, Microsoft Teams or Zoom.",
  "providers.default": "New visits go to",
  "providers.defaultHint": "Unless something else is chosen for a visit.",
  "providers.connect": "Connect",
  "providers.connectLong": "Connect {provider}",
  "providers.disconnect": "Disconnect",
  "providers.disconnectLong": "Disconnect {provider}",
  "providers.disconnectText": "No new visits can be made there. What was made there stays there.",
  "providers.agreeText": "Now allow it at {provider}, within ten minutes, in this browser:",
  "providers.agree": "Go to {provider}",
  "providers.isConnected": "{provider} is connected.",
  "providers.since": "since {when}",
  "providers.endThere":
    "{provider} is disconnected here, but has not ended our access. End it in the account there too.",
  "connection.connected": "connected",
  "connection.lost": "connect again",
  "connection.unconnected": "not connected",
  "connection.not_in_plan": "not in the plan",
  "connection.not_registered": "not registered",
} as const;
