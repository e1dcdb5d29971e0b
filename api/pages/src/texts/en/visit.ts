/** What lobby and call say, in English. `{name}` is a blank that the caller fills in. */

export const visit = {
  "page.title": "Video visit – Housecall",
  "page.product": "Housecall",
  "page.announcements": "Announcements",
  "language.label": "Language",

  "lobby.heading": "Ready for your visit?",
  "lobby.intro": "Check how you look and sound, then join. Nothing is sent before you do.",
  "lobby.name": "Your name",
  "lobby.nameHint": "The others in the visit see it.",
  "lobby.nameMissing": "Please enter your name first.",
  "lobby.known": "You join as {name}.",
  "lobby.join": "Join the visit",
  "lobby.joining": "Joining …",
  "lobby.preview": "Your camera",
  "lobby.withoutDevices":
    "You can join without camera and microphone and still see, hear and write.",

  "devices.camera": "Camera",
  "devices.microphone": "Microphone",
  "devices.speaker": "Speaker",
  "devices.automatic": "Chosen by the browser",
  "devices.numbered": "{kind} {number}",
  "devices.level": "Microphone level",
  "devices.speak": "Say something: the bar should move.",
  "devices.cameraOff": "Your camera is off",
  "devices.cameraAsking": "Your browser asks for camera and microphone. Choose “Allow”.",
  "devices.silent":
    "No sound comes from this microphone. Is it muted by a switch or in the system’s sound settings? Try another one.",

  "problem.insecure":
    "This page is not on a secure connection (https), and browsers give camera and microphone to secure pages only. You can join without them, or ask for a secure link.",
  "problem.both.denied":
    "Camera and microphone are blocked for this page. Click the camera or lock symbol beside the address, allow both, then try again.",
  "problem.both.system":
    "Your computer or phone does not let the browser use camera and microphone. Allow both in the system’s privacy settings, then try again.",
  "problem.both.missing":
    "No camera and no microphone were found. Connect them and try again, or join without.",
  "problem.both.busy":
    "Camera and microphone are used by another program. Close that program and try again.",
  "problem.both.unknown": "Camera and microphone did not start. Try again or choose other ones.",
  "problem.camera.denied":
    "The camera is blocked for this page. Click the camera or lock symbol beside the address, allow the camera, then try again.",
  "problem.camera.system":
    "Your computer or phone does not let the browser use the camera. Allow it in the system’s privacy settings, then try again.",
  "problem.camera.missing": "No camera was found. Connect one and try again, or join without.",
  "problem.camera.busy": "The camera is used by another program. Close that program and try again.",
  "problem.camera.unknown": "The camera did not start. Try again or choose another one.",
  "problem.microphone.denied":
    "The microphone is blocked for this page. Click the microphone or lock symbol beside the address, allow the microphone, then try again.",
  "problem.microphone.system":
    "Your computer or phone does not let the browser use the microphone. Allow it in the system’s privacy settings, then try again.",
  "problem.microphone.missing":
    "No microphone was found. Connect one and try again, or join without.",
  "problem.microphone.busy":
    "The microphone is used by another program. Close that program and try again.",
  "problem.microphone.unknown": "The microphone did not start. Try again or choose another one.",
  "problem.screen.system":
    "Your computer does not let the browser show the screen. Allow screen recording for it in the system’s privacy settings.",
  "problem.screen.unknown": "The screen could not be shared.",
  "problem.publish": "This could not be sent to the others. You may have joined as a viewer only.",
  "problem.retry": "Try again",
  "problem.dismiss": "Close this message",

  "refused.heading": "This link does not work",
  "refused.incomplete":
    "The link is not complete. Open it again from your invitation, or copy the whole of it, and mind that the part after “#” is needed.",
  "refused.invitation":
    "This invitation is not valid here. It may have been typed wrongly or replaced by a newer one. Ask for the link again.",
  "refused.full": "The visit is full at the moment. Ask the person who invited you.",
  "refused.busy": "The server has too much to do right now. Wait a moment and try again.",
  "refused.unreachable":
    "The server cannot be reached. Check your internet connection and try again.",
  "refused.media":
    "The visit could not be connected. A firewall may block video calls on this network; try another network or try again.",

  "call.heading": "Video visit",
  "call.people": "People in the visit",
  "call.screens": "Shared screen",
  "call.alone": "You are the first one here",
  "call.aloneHint":
    "The visit starts when somebody else joins. Send the invitation link to whoever is missing.",
  "call.aloneInClinic": "The visit starts when somebody else joins.",
  "call.controls": "Controls",
  "call.you": "You",
  "call.screenOf": "{name}’s screen",
  "call.yourScreen": "Your screen",
  "call.reconnecting": "The connection was interrupted. Reconnecting …",
  "call.soundBlocked": "Your browser holds the sound back until you allow it.",
  "call.hear": "Turn sound on",
  "call.silent": "No sound comes from your microphone. Is it muted by a switch or in the system?",
  "call.settings": "Settings",

  "tile.microphoneOff": "microphone off",
  "tile.speaking": "speaking",
  "quality.excellent": "connection very good",
  "quality.good": "connection good",
  "quality.poor": "connection weak",
  "quality.lost": "connection lost",
  "quality.unknown": "connection not measured yet",

  "control.mute": "Mute",
  "control.muteLong": "Mute microphone",
  "control.unmute": "Unmute",
  "control.unmuteLong": "Unmute microphone",
  "control.cameraStop": "Stop video",
  "control.cameraStopLong": "Stop video from your camera",
  "control.cameraStart": "Start video",
  "control.cameraStartLong": "Start video from your camera",
  "control.share": "Share",
  "control.shareLong": "Share your screen",
  "control.unshare": "Stop sharing",
  "control.unshareLong": "Stop sharing your screen",
  "control.chat": "Chat",
  "control.chatOpen": "Chat: open",
  "control.chatClose": "Chat: close",
  "control.chatUnread": { one: "Chat {count} unread message, open", other: "Chat {count} unread messages, open" },
  "control.invite": "Invite",
  "control.inviteLong": "Invite: copy the invitation link",
  "control.settings": "Settings",
  "control.settingsLong": "Settings: devices and keyboard shortcuts",
  "control.leave": "Leave",
  "control.leaveLong": "Leave the visit",
  "control.copyLink": "Copy the invitation link",

  "invite.copied": "The invitation link is copied.",
  "invite.heading": "Invitation link",
  "invite.byHand": "The browser did not let the page copy. Select this link and copy it.",

  "settings.heading": "Settings",
  "settings.devices": "Devices",
  "settings.shortcuts": "Keyboard shortcuts",
  "settings.close": "Close",
  "shortcut.microphone": "Microphone on or off",
  "shortcut.camera": "Camera on or off",
  "shortcut.screen": "Share the screen or stop",
  "shortcut.chat": "Open or close the chat",
  "shortcut.invite": "Copy the invitation link",
  "shortcut.settings": "Open these settings",
  "shortcut.leave": "Leave the visit",

  "chat.heading": "Chat",
  "chat.close": "Close the chat",
  "chat.empty": "No messages yet. Messages are seen by everybody in the visit and are not kept.",
  "chat.messages": "Messages",
  "chat.input": "Message to everybody",
  "chat.send": "Send",
  "chat.you": "You",
  "chat.failed": "The message was not sent. Try again.",

  "left.heading": "You have left the visit",
  "left.thanks": "You can close this page now.",
  "left.rejoin": "Join again",
  "ended.duplicate": "The visit goes on in another window that joined in your name.",
  "ended.removed": "You were taken out of the visit.",
  "ended.closed": "The visit was ended.",
  "ended.shutdown": "The server is being restarted. Join again in a moment.",
  "ended.lost":
    "The connection to the visit was lost. Check your internet connection and join again.",

  "visit.isLocked": "The visit is locked: nobody else comes in.",
  "visit.isUnlocked": "The visit is not locked any more.",

  "say.joinedAlone": "You joined. Nobody else is here yet.",
  "say.joined": { one: "You joined. {count} other person is here.", other: "You joined. {count} other people are here." },
  "say.left": "You left the visit.",
  "say.personJoined": "{name} joined.",
  "say.personLeft": "{name} left.",
  "say.microphoneOn": "Your microphone is on.",
  "say.microphoneOff": "Your microphone is off.",
  "say.cameraOn": "Your camera is on.",
  "say.cameraOff": "Your camera is off.",
  "say.screenOn": "You share your screen.",
  "say.screenOff": "You stopped sharing your screen.",
  "say.theirMicrophoneOn": "{name} turned the microphone on.",
  "say.theirMicrophoneOff": "{name} turned the microphone off.",
  "say.theirCameraOn": "{name} turned the camera on.",
  "say.theirCameraOff": "{name} turned the camera off.",
  "say.theirScreenOn": "{name} shares a screen.",
  "say.theirScreenOff": "{name} stopped sharing the screen.",
  "say.message": "{name} wrote: {text}",
  "say.messageSent": "Message sent.",
  "say.reconnecting": "Connection interrupted. Reconnecting.",
  "say.reconnected": "Reconnected.",

  "visit.full":
    "Somebody could not come in: the visit has as many people as the clinic’s plan allows.",
  "visit.isLonger": "The visit goes on until {time}.",

  "page.titled": "{page} – Housecall",
} as const;
