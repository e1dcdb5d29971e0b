/** What lobby and call say, in French. */

import type { Like } from "../catalogue";
import type { visit as english } from "../en/visit";

export const visit: Like<typeof english> = {
  "page.title": "Consultation vidéo – Housecall",
  "page.product": "Housecall",
  "page.announcements": "Annonces",
  "language.label": "Langue",

  "lobby.heading": "Tout est prêt pour la consultation ?",
  "lobby.intro": "Vérifiez votre image et votre son, puis entrez. Rien n’est envoyé avant.",
  "lobby.name": "Votre nom",
  "lobby.nameHint": "Les autres personnes de la consultation le voient.",
  "lobby.nameMissing": "Indiquez d’abord votre nom.",
  "lobby.known": "Vous entrez en tant que {name}.",
  "lobby.join": "Entrer dans la consultation",
  "lobby.joining": "Connexion …",
  "lobby.preview": "Votre caméra",
  "lobby.withoutDevices":
    "Vous pouvez entrer sans caméra ni micro, et tout de même voir, entendre et écrire.",

  "devices.camera": "Caméra",
  "devices.microphone": "Micro",
  "devices.speaker": "Haut-parleur",
  "devices.automatic": "Au choix du navigateur",
  "devices.numbered": "{kind} {number}",
  "devices.level": "Niveau du micro",
  "devices.speak": "Dites quelque chose : la barre doit bouger.",
  "devices.cameraOff": "Votre caméra est éteinte",
  "devices.cameraAsking":
    "Le navigateur demande l’accès à la caméra et au micro. Choisissez « Autoriser ».",
  "devices.silent":
    "Aucun son ne vient de ce micro. Est-il coupé par un bouton ou dans les réglages de son du système ? Essayez-en un autre.",

  "problem.insecure":
    "Cette page n’a pas de connexion sécurisée (https), et les navigateurs ne donnent caméra et micro qu’aux pages sécurisées. Vous pouvez entrer sans eux, ou demander un lien sécurisé.",
  "problem.both.denied":
    "La caméra et le micro sont bloqués pour cette page. Cliquez sur le symbole de caméra ou de cadenas à côté de l’adresse, autorisez les deux, puis réessayez.",
  "problem.both.system":
    "Votre ordinateur ou téléphone n’autorise pas le navigateur à utiliser la caméra et le micro. Autorisez-les dans les réglages de confidentialité du système, puis réessayez.",
  "problem.both.missing":
    "Aucune caméra ni aucun micro trouvés. Branchez-les et réessayez, ou entrez sans eux.",
  "problem.both.busy":
    "La caméra et le micro sont utilisés par un autre programme. Fermez-le et réessayez.",
  "problem.both.unknown":
    "La caméra et le micro n’ont pas démarré. Réessayez ou choisissez-en d’autres.",
  "problem.camera.denied":
    "La caméra est bloquée pour cette page. Cliquez sur le symbole de caméra ou de cadenas à côté de l’adresse, autorisez la caméra, puis réessayez.",
  "problem.camera.system":
    "Votre ordinateur ou téléphone n’autorise pas le navigateur à utiliser la caméra. Autorisez-la dans les réglages de confidentialité du système, puis réessayez.",
  "problem.camera.missing":
    "Aucune caméra trouvée. Branchez-en une et réessayez, ou entrez sans elle.",
  "problem.camera.busy":
    "La caméra est utilisée par un autre programme. Fermez-le et réessayez.",
  "problem.camera.unknown":
    "La caméra n’a pas démarré. Réessayez ou choisissez-en une autre.",
  "problem.microphone.denied":
    "Le micro est bloqué pour cette page. Cliquez sur le symbole de micro ou de cadenas à côté de l’adresse, autorisez le micro, puis réessayez.",
  "problem.microphone.system":
    "Votre ordinateur ou téléphone n’autorise pas le navigateur à utiliser le micro. Autorisez-le dans les réglages de confidentialité du système, puis réessayez.",
  "problem.microphone.missing":
    "Aucun micro trouvé. Branchez-en un et réessayez, ou entrez sans lui.",
  "problem.microphone.busy": "Le micro est utilisé par un autre programme. Fermez-le et réessayez.",
  "problem.microphone.unknown": "Le micro n’a pas démarré. Réessayez ou choisissez-en un autre.",
  "problem.screen.system":
    "Votre ordinateur n’autorise pas le navigateur à montrer l’écran. Autorisez-lui l’enregistrement de l’écran dans les réglages de confidentialité du système.",
  "problem.screen.unknown": "L’écran n’a pas pu être partagé.",
  "problem.publish":
    "Cela n’a pas pu être envoyé aux autres. Vous êtes peut-être entré comme simple spectateur.",
  "problem.retry": "Réessayer",
  "problem.dismiss": "Fermer ce message",

  "refused.heading": "Ce lien ne fonctionne pas",
  "refused.incomplete":
    "Le lien n’est pas complet. Ouvrez-le de nouveau depuis votre invitation, ou copiez-le en entier : la partie qui suit « # » est nécessaire aussi.",
  "refused.invitation":
    "Cette invitation n’est pas valable ici. Elle est peut-être mal recopiée ou remplacée par une plus récente. Demandez de nouveau le lien.",
  "refused.full":
    "La consultation est complète pour le moment. Demandez à la personne qui vous a invité.",
  "refused.busy": "Le serveur est surchargé. Attendez un moment et réessayez.",
  "refused.unreachable":
    "Le serveur est injoignable. Vérifiez votre connexion à internet et réessayez.",
  "refused.media":
    "La connexion à la consultation a échoué. Un pare-feu bloque peut-être les appels vidéo sur ce réseau ; essayez un autre réseau ou réessayez.",

  "call.heading": "Consultation vidéo",
  "call.people": "Personnes dans la consultation",
  "call.screens": "Écran partagé",
  "call.alone": "Vous êtes la première personne ici",
  "call.aloneHint":
    "La consultation commence quand quelqu’un d’autre entre. Envoyez le lien d’invitation aux absents.",
  "call.aloneInClinic": "La consultation commence quand quelqu’un d’autre entre.",
  "call.controls": "Commandes",
  "call.you": "Vous",
  "call.screenOf": "Écran de {name}",
  "call.yourScreen": "Votre écran",
  "call.reconnecting": "La connexion a été interrompue. Reconnexion …",
  "call.soundBlocked": "Votre navigateur retient le son jusqu’à ce que vous l’autorisiez.",
  "call.hear": "Activer le son",
  "call.silent":
    "Aucun son ne vient de votre micro. Est-il coupé par un bouton ou dans le système ?",
  "call.settings": "Réglages",

  "tile.microphoneOff": "micro coupé",
  "tile.speaking": "parle",
  "quality.excellent": "très bonne connexion",
  "quality.good": "bonne connexion",
  "quality.poor": "connexion faible",
  "quality.lost": "connexion perdue",
  "quality.unknown": "connexion pas encore mesurée",

  "control.mute": "Couper",
  "control.muteLong": "Couper le micro",
  "control.unmute": "Parler",
  "control.unmuteLong": "Parler : allumer le micro",
  "control.cameraStop": "Arrêter la vidéo",
  "control.cameraStopLong": "Arrêter la vidéo de votre caméra",
  "control.cameraStart": "Lancer la vidéo",
  "control.cameraStartLong": "Lancer la vidéo de votre caméra",
  "control.share": "Partager",
  "control.shareLong": "Partager votre écran",
  "control.unshare": "Ne plus partager",
  "control.unshareLong": "Ne plus partager votre écran",
  "control.chat": "Chat",
  "control.chatOpen": "Chat : ouvrir",
  "control.chatClose": "Chat : fermer",
  "control.chatUnread": {
    one: "Chat : {count} message non lu, ouvrir",
    other: "Chat : {count} messages non lus, ouvrir",
  },
  "control.invite": "Inviter",
  "control.inviteLong": "Inviter : copier le lien d’invitation",
  "control.settings": "Réglages",
  "control.settingsLong": "Réglages : appareils et raccourcis",
  "control.leave": "Quitter",
  "control.leaveLong": "Quitter la consultation",
  "control.copyLink": "Copier le lien d’invitation",

  "invite.copied": "Le lien d’invitation est copié.",
  "invite.heading": "Lien d’invitation",
  "invite.byHand": "Le navigateur n’a pas permis de copier. Sélectionnez ce lien et copiez-le.",

  "settings.heading": "Réglages",
  "settings.devices": "Appareils",
  "settings.shortcuts": "Raccourcis clavier",
  "settings.close": "Fermer",
  "shortcut.microphone": "Allumer ou couper le micro",
  "shortcut.camera": "Allumer ou éteindre la caméra",
  "shortcut.screen": "Partager l’écran ou arrêter",
  "shortcut.chat": "Ouvrir ou fermer le chat",
  "shortcut.invite": "Copier le lien d’invitation",
  "shortcut.settings": "Ouvrir ces réglages",
  "shortcut.leave": "Quitter la consultation",

  "chat.heading": "Chat",
  "chat.close": "Fermer le chat",
  "chat.empty":
    "Pas encore de messages. Toutes les personnes de la consultation les voient, et ils ne sont pas conservés.",
  "chat.messages": "Messages",
  "chat.input": "Message à tous",
  "chat.send": "Envoyer",
  "chat.you": "Vous",
  "chat.failed": "Le message n’a pas été envoyé. Réessayez.",

  "left.heading": "Vous avez quitté la consultation",
  "left.thanks": "Vous pouvez fermer cette page.",
  "left.rejoin": "Entrer de nouveau",
  "ended.duplicate":
    "La consultation continue dans une autre fenêtre, qui est entrée sous votre nom.",
  "ended.removed": "On vous a fait sortir de la consultation.",
  "ended.closed": "La consultation est terminée.",
  "ended.shutdown": "Le serveur redémarre. Entrez de nouveau dans un instant.",
  "ended.lost":
    "La connexion à la consultation est perdue. Vérifiez votre connexion à internet et entrez de nouveau.",

  "visit.isLocked": "La consultation est verrouillée : personne d’autre n’entre.",
  "visit.isUnlocked": "La consultation n’est plus verrouillée.",

  "say.joinedAlone": "Vous êtes entré. Personne d’autre n’est encore là.",
  "say.joined": {
    one: "Vous êtes entré. Il y a {count} autre personne.",
    other: "Vous êtes entré. Il y a {count} autres personnes.",
  },
  "say.left": "Vous avez quitté la consultation.",
  "say.personJoined": "{name} est là.",
  "say.personLeft": "{name} est parti.",
  "say.microphoneOn": "Votre micro est allumé.",
  "say.microphoneOff": "Votre micro est coupé.",
  "say.cameraOn": "Votre caméra est allumée.",
  "say.cameraOff": "Votre caméra est éteinte.",
  "say.screenOn": "Vous partagez votre écran.",
  "say.screenOff": "Vous ne partagez plus votre écran.",
  "say.theirMicrophoneOn": "{name} a allumé son micro.",
  "say.theirMicrophoneOff": "{name} a coupé son micro.",
  "say.theirCameraOn": "{name} a allumé sa caméra.",
  "say.theirCameraOff": "{name} a éteint sa caméra.",
  "say.theirScreenOn": "{name} partage un écran.",
  "say.theirScreenOff": "{name} ne partage plus son écran.",
  "say.message": "{name} a écrit : {text}",
  "say.messageSent": "Message envoyé.",
  "say.reconnecting": "Connexion interrompue. Reconnexion.",
  "say.reconnected": "Connexion rétablie.",

  "visit.full":
    "Quelqu’un n’a pas pu entrer : la consultation compte autant de personnes que l’offre de l’établissement en permet.",
  "visit.isLonger": "La consultation dure jusqu’à {time}.",

  "page.titled": "{page} – Housecall",
};
