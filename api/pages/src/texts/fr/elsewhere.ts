/** Visits elsewhere, and accounts at other providers, in French. */

import type { Like } from "../catalogue";
import type { elsewhere as english } from "../en/elsewhere";

export const elsewhere: Like<typeof english> = {
  "provider.livekit": "Nos propres salles",
  "provider.google_meet": "Google Meet",
  "provider.microsoft_teams": "Microsoft Teams",
  "provider.zoom": "Zoom",

  "visit.place": "Où",
  "visit.usualPlace": "Comme d’habitude : {provider}",

  "wait.open": "Ouvrir {provider}",
  "wait.openLong": "Ouvrir {provider} pour la consultation du {when}",
  "wait.noLink": "Il n’y a pas encore de lien. Laissez cette page ouverte : il s’affichera tout seul.",

  "elsewhere.join": "Entrer dans {provider}",
  "elsewhere.joinLong": "Entrer dans {provider} pour la consultation de {name}",
  "elsewhere.here": "Elle a lieu dans nos propres salles et non dans {provider}.",
  "elsewhere.noLink": "{provider} n’a pas encore donné de lien.",
  "elsewhere.failed": "Il n’y a pas de lien de {provider}.",
  "elsewhere.oldTime":
    "On peut entrer, mais {provider} ne connaît pas encore le nouvel horaire.",
  "elsewhere.retry": "Nouvelle demande à {time}.",
  "elsewhere.again": "Redemander à {provider}",
  "elsewhere.againLong": "Redemander à {provider} pour la consultation de {name}",
  "elsewhere.move": "Passer à {provider}",
  "elsewhere.moveLong": "Passer à {provider} pour la consultation de {name}",
  "elsewhere.moveHere": "Passer à nos propres salles",
  "elsewhere.moveHereLong": "Passer à nos propres salles pour la consultation de {name}",

  "trouble.not_connected": "{provider} n’est pas connecté : un propriétaire peut le connecter.",
  "trouble.unauthorized":
    "{provider} ne nous laisse plus entrer : un propriétaire doit le connecter de nouveau.",
  "trouble.rate_limited": "{provider} n’accepte plus de demandes pendant un moment.",
  "trouble.refused": "{provider} a refusé : il manque peut-être un droit ou une licence au compte.",
  "trouble.gone": "Quelqu’un l’a supprimé dans {provider}.",
  "trouble.broken": "{provider} a une panne.",
  "trouble.garbage": "La réponse de {provider} est inutilisable.",
  "trouble.silent": "{provider} ne répond pas.",
  "trouble.unknown":
    "Le serveur a été interrompu : on ne sait pas si {provider} l’a créé. Vérifiez-y d’abord.",
  "trouble.not_in_plan": "{provider} ne fait pas partie de l’offre de l’établissement.",

  "providers.heading": "Lieu des consultations",
  "providers.text":
    "Les consultations peuvent aussi avoir lieu ailleurs, avec un compte de chaque fournisseur connecté ici. Elles n’ont alors ni notre salle d’attente ni notre enregistrement, et le fournisseur connaît un horaire, jamais un nom.",
  "providers.none":
    "Les consultations ont lieu dans nos propres salles. Qui gère le serveur peut l’inscrire auprès de Google Meet, Microsoft Teams ou Zoom.",
  "providers.default": "Les nouvelles consultations vont à",
  "providers.defaultHint": "Sauf si autre chose est choisi pour une consultation.",
  "providers.connect": "Connecter",
  "providers.connectLong": "Connecter {provider}",
  "providers.disconnect": "Déconnecter",
  "providers.disconnectLong": "Déconnecter {provider}",
  "providers.disconnectText":
    "On ne pourra plus y fixer de consultations. Ce qui y a été créé y reste.",
  "providers.agreeText":
    "Donnez maintenant l’accès dans {provider}, d’ici dix minutes et dans ce navigateur :",
  "providers.agree": "Aller à {provider}",
  "providers.isConnected": "{provider} est connecté.",
  "providers.since": "depuis le {when}",
  "providers.endThere":
    "{provider} est déconnecté ici, mais n’a pas mis fin à notre accès. Mettez-y fin aussi là-bas, dans le compte.",
  "connection.connected": "connecté",
  "connection.lost": "à reconnecter",
  "connection.unconnected": "non connecté",
  "connection.not_in_plan": "hors de l’offre",
  "connection.not_registered": "non inscrit",
};
