/** What patients and guests read in the clinic, and staff at its door, in French. */

import type { Like } from "../catalogue";
import type { clinic as english } from "../en/clinic";

export const clinic: Like<typeof english> = {
  "part.clinician": "clinicien",
  "part.assistant": "assistant",
  "part.patient": "patient",
  "part.interpreter": "interprète",
  "part.family": "famille",
  "part.specialist": "spécialiste",
  "part.observer": "observateur",

  "consent.heading": "Cette consultation peut-elle être enregistrée ?",
  "consent.ask":
    "Cette consultation peut être enregistrée si tout le monde est d’accord. Qu’en dites-vous ?",
  "consent.open": "Lire et répondre",
  "consent.none": "Rien de vous n’est enregistré.",
  "consent.some": "Peut être enregistré de vous : {scopes}.",
  "consent.change": "Modifier",
  "consent.audio": "Ma voix",
  "consent.video": "Mon image",
  "consent.transcript": "Une transcription écrite de ce que je dis",
  "consent.ai": "Des notes rédigées par un programme",
  "consent.allYes": "Oui à tout",
  "consent.allNo": "Non à tout",
  "consent.save": "Enregistrer ma réponse",
  "consent.saved": "Votre réponse est enregistrée.",
  "consent.later": "Vous pouvez la changer à tout moment, pendant l’appel aussi.",
  "scope.audio": "voix",
  "scope.video": "image",
  "scope.transcript": "transcription",
  "scope.ai": "notes d’un programme",

  "rsvp.accepted": "viendra",
  "rsvp.tentative": "viendra peut-être",
  "rsvp.declined": "ne viendra pas",
  "rsvp.reschedule": "demande un autre horaire",

  "answer.heading": "Viendrez-vous ?",
  "answer.text":
    "Votre établissement vous a invité à une consultation vidéo. Votre dernière réponse compte.",
  "answer.accepted": "Oui, je viendrai",
  "answer.tentative": "Peut-être",
  "answer.declined": "Non, je ne peux pas venir",
  "answer.reschedule": "Il me faut un autre horaire",
  "answered.accepted": "Merci. La consultation a lieu le {when}.",
  "answered.tentative": "Merci. La consultation a lieu le {when} ; dites-le-nous quand c’est sûr.",
  "answered.declined":
    "Merci de prévenir. Votre établissement sait que vous ne viendrez pas le {when}.",
  "answered.reschedule":
    "Merci. Votre établissement sait que le {when} ne vous convient pas, et trouvera un autre horaire.",

  "wait.heading": "Votre consultation",
  "wait.none": "Il n’y a pas de consultation pour vous en ce moment.",
  "wait.noneHint": "Cette page l’affiche d’elle-même dès que votre établissement en fixe une.",
  "wait.early":
    "Vous pouvez entrer {minutes} minutes avant. Laissez cette page ouverte : elle vous y mène.",
  "wait.go": "Aller à la consultation",
  "wait.goLong": "Aller à la consultation du {when}",
  "wait.room": "Vous êtes dans la salle d’attente",
  "wait.hint":
    "On vous fera entrer. Laissez cette page ouverte ; personne ne vous voit ni ne vous entend encore.",
  "wait.next": "C’est bientôt votre tour.",
  "wait.position": {
    one: "Il y a {count} personne avant vous.",
    other: "Il y a {count} personnes avant vous.",
  },
  "wait.estimate": { one: "Environ {count} minute.", other: "Environ {count} minutes." },
  "wait.leave": "Quitter la salle d’attente",
  "wait.putBack": "Vous êtes de nouveau dans la salle d’attente. On vous fera entrer.",

  "messages.with": "Messages avec {name}",
  "messages.toHosts": "Écrire à l’établissement",
  "messages.count": { one: "{count} message", other: "{count} messages" },
  "messages.hint": "Les messages disparaissent à la fin de la consultation.",
  "messages.hosts": "L’établissement",
  "messages.input": "Message à {name}",
  "messages.send": "Envoyer à {name}",

  "clinic.asking": "Un instant …",
  "clinic.failedHeading": "Quelque chose bloque",
  "clinic.failed": "Cela n’a pas marché. Réessayez dans un instant.",
  "clinic.saved": "Enregistré.",
  "clinic.problem.unreachable":
    "Le serveur est injoignable. Vérifiez votre connexion à internet et réessayez.",
  "clinic.problem.unavailable":
    "Les données de l’établissement sont injoignables. Les appels continuent ; réessayez dans un instant.",
  "clinic.problem.signed_off": "Vous vous êtes déconnecté.",
  "clinic.problem.idle": "Vous avez été déconnecté, car personne n’était là depuis un moment.",
  "clinic.problem.too_long":
    "Vous étiez connecté depuis une demi-journée ; vous avez été déconnecté.",
  "clinic.problem.wrong_credentials":
    "L’adresse e-mail, le mot de passe ou le code est faux. Vérifiez les trois ; un code ne sert qu’une fois, attendez le suivant.",
  "clinic.problem.too_many_tries": "Trop d’essais. Attendez {wait}, puis réessayez.",
  "clinic.problem.unknown_workspace": "Indiquez le nom de votre établissement sur ce serveur.",
  "clinic.problem.link_not_good":
    "Ce lien a déjà servi, a expiré ou n’est pas complet. Demandez-en un autre à l’établissement.",
  "clinic.problem.wrong_birth_date":
    "Ce n’est pas la date de naissance que l’établissement connaît. Vérifiez-la ; après cinq essais le lien n’est plus valable.",
  "clinic.problem.wrong_code":
    "Le code est faux. Entrez le plus récent, et vérifiez que l’heure de votre téléphone est juste.",
  "clinic.problem.email_taken": "Quelqu’un a déjà cette adresse e-mail ici.",
  "clinic.problem.invalid": "Quelque chose n’est pas comme il faut. Regardez les champs.",
  "clinic.problem.changed":
    "Quelqu’un d’autre l’a changé entre-temps. Fermez, puis ouvrez de nouveau.",
  "clinic.problem.denied":
    "On ne vous a pas laissé entrer. Si c’est une erreur, appelez votre établissement.",
  "clinic.problem.left":
    "Vous avez quitté la salle d’attente. Entrez de nouveau quand vous serez prêt.",
  "clinic.problem.meeting_over": "Cette consultation est terminée.",
  "clinic.problem.meeting_locked":
    "Cette consultation est verrouillée : personne d’autre n’entre. Demandez à son hôte.",
  "clinic.problem.too_early": "Il est trop tôt : cette consultation ne commence pas encore.",
  "clinic.problem.two_keys_live":
    "Deux clés de ce nom sont valables. Révoquez d’abord la plus ancienne.",
  "clinic.problem.nobody_hidden":
    "Aucun dossier restreint n’est exactement celui de ce patient. Vérifiez ce que vous avez saisi, ou cherchez-le.",
  "clinic.problem.several_hidden":
    "Plusieurs patients ont ce nom et cette date de naissance. Entrez le numéro.",
  "clinic.problem.policy_changed":
    "Le texte a changé entre-temps. Relisez-le, puis répondez.",
  "clinic.problem.wrong_password":
    "Le mot de passe ou le code est faux. Entrez le mot de passe actuel et un code qui n’a pas encore servi.",
  "clinic.problem.not_called": "Cet appel est entre deux autres personnes.",
  "clinic.problem.call_is_for_two": "Un appel se fait à deux. Pour plus de monde, créez une consultation.",
  "clinic.problem.no_text": "Écrivez le texte dans une langue au moins.",
  "clinic.problem.no_key_scope": "Choisissez au moins une chose à laquelle sert la clé.",
  "clinic.problem.who_is_it": "Entrez le numéro, ou le nom complet et la date de naissance.",
  "clinic.problem.too_many_requests":
    "Trop à la fois. Attendez {wait}, puis réessayez.",
  "clinic.problem.just_sent":
    "Cela vient d’être envoyé. Attendez {wait} avant le prochain envoi.",
  "clinic.problem.just_answered":
    "Vous venez de répondre. Attendez un instant avant la prochaine réponse.",
  "clinic.problem.weak_password":
    "Ce mot de passe se devine vite. Prenez-en un plus long : quelques mots sans lien entre eux.",
  "clinic.problem.link_not_opened": "Ouvrez de nouveau le lien, depuis le début.",
  "clinic.problem.not_found": "Ce n’est pas là, ou plus.",
  "clinic.problem.busy":
    "Les données de l’établissement sont surchargées. Réessayez dans un instant.",
  "clinic.problem.archived": "Ce patient est archivé.",
  "clinic.problem.no_mail": "Ce serveur n’envoie pas d’e-mails. Prenez plutôt un lien.",
  "clinic.problem.no_address": "L’établissement n’a pas son adresse e-mail.",
  "clinic.problem.bad_address": "Aucun e-mail ne peut être envoyé à cette adresse.",
  "clinic.problem.not_born": "Cette date de naissance est encore à venir. Corrigez-la.",
  "clinic.problem.in_the_past":
    "La consultation serait déjà terminée. Choisissez un horaire plus tard.",
  "clinic.problem.too_far": "Les consultations se fixent pour les cinq ans à venir.",
  "clinic.problem.meeting_live":
    "Cette consultation est en cours : on peut la prolonger, pas la déplacer.",
  "clinic.problem.host_needed": "Un clinicien ou un assistant doit y participer.",
  "clinic.problem.not_its_host":
    "Seul un hôte de la consultation note ce que les autres ont dit.",
  "clinic.problem.not_waiting": "Cette personne n’est pas là où cela se peut. Regardez de nouveau.",
  "clinic.problem.not_here_any_more": "L’une de ces personnes n’est plus active.",
  "clinic.problem.no_calls": "Ce serveur n’a pas d’appels.",
  "clinic.problem.other_provider": "Cette consultation a lieu ailleurs. Suivez son lien.",
  "clinic.problem.too_many_messages": "Il y a déjà cent messages. Dites le reste pendant l’appel.",
  "clinic.problem.no_link":
    "Le fournisseur n’a pas encore donné de lien. Attendez, ou choisissez un autre lieu.",
  "clinic.problem.provider_not_connected":
    "L’offre de l’établissement n’a de consultations qu’ailleurs : un propriétaire doit d’abord connecter un compte.",
  "clinic.problem.not_registered":
    "Qui gère le serveur doit d’abord l’inscrire auprès de ce fournisseur.",
  "clinic.problem.other_site": "Un autre site a envoyé cette demande. Rechargez la page.",
  "clinic.problem.last_host": "Quelqu’un d’autre doit d’abord être hôte de la consultation.",
  "clinic.problem.in_the_room":
    "Cette personne est dans l’appel : remettez-la d’abord en attente ou renvoyez-la.",
  "clinic.problem.takes_part_already": "Cette personne participe déjà.",
  "clinic.problem.restricted":
    "Ce dossier est réservé à l’équipe du patient. En urgence, il y a « Accès d’urgence » sous Patients.",
  "clinic.problem.room_full_for_plan":
    "La consultation compte autant de personnes que l’offre de l’établissement en permet.",
  "clinic.problem.plan_required": "L’offre de l’établissement ne le comprend pas.",
  "clinic.problem.last_owner": "Il faut d’abord un autre propriétaire.",
  "clinic.problem.forbidden":
    "Vous ne pouvez pas le faire ici. Demandez au propriétaire de l’établissement.",

  "form.save": "Enregistrer",
  "form.busy": "Enregistrement …",
  "form.cancel": "Annuler",
  "form.close": "Fermer",

  "form.yes": "Oui",
  "form.no": "Non",
  "form.wrong": "Regardez ceci de nouveau : ce n’est pas possible ainsi.",

  "person.name": "Nom",
  "person.email": "Adresse e-mail",
  "person.password": "Mot de passe",
  "person.code": "Code de l’application d’authentification",
  "person.codeHint": "Six chiffres qui changent toutes les 30 secondes.",
  "person.birthDate": "Date de naissance",
  "person.phone": "Téléphone",

  "role.owner": "Propriétaire",
  "role.clinician": "Clinicien",
  "role.assistant": "Assistant",
  "role.auditor": "Auditeur",

  "signIn.heading": "Se connecter",
  "signIn.workspace": "Établissement",
  "signIn.workspaceHint": "Son nom court sur ce serveur, comme « south ».",
  "signIn.button": "Se connecter",
  "signIn.busy": "Connexion …",
  "signIn.lost":
    "Mot de passe ou téléphone perdu ? Un propriétaire de l’établissement peut vous donner un nouveau lien.",

  "signIn.patients": "Patients et invités entrent par le lien de leur invitation.",

  "setUp.heading": "Bienvenue à {title}",
  "setUp.intro":
    "Vous entrez comme : {role}. Deux étapes : une application d’authentification sur votre téléphone, et un mot de passe.",
  "setUp.authenticator": "Application d’authentification",
  "setUp.scan":
    "Scannez ceci avec une application d’authentification. Elle affiche ensuite un code qu’il vous faut pour vous connecter.",
  "setUp.qr":
    "Code QR pour une application d’authentification ; le secret figure dessous en toutes lettres",
  "setUp.byHand": "Ou entrez ce secret dans l’application :",
  "setUp.onThisDevice": "Ouvrir l’application sur cet appareil",
  "setUp.you": "Vous",
  "setUp.nameHint": "Patients et collègues le voient dans les consultations.",
  "setUp.emailHint": "Vous vous connectez avec elle.",
  "setUp.passwordHint": "{count} caractères ou plus. Quelques mots conviennent bien.",
  "setUp.showPassword": "Afficher le mot de passe",
  "setUp.button": "Commencer",
  "setUp.busy": "Préparation …",

  "entry.heading": "Votre consultation vidéo",
  "entry.intro": "Votre établissement vous a invité. Il n’y a rien à installer.",
  "entry.birthDateHint": "Pour que personne d’autre n’entre par votre lien.",
  "entry.button": "Continuer",
  "entry.busy": "Ouverture …",
  "entry.staff": "Vous travaillez ici ? Se connecter",

  "over.heading": "Vous êtes sorti",
  "over.again":
    "Pour revenir, ouvrez le lien le plus récent de votre établissement, ou demandez-en un.",

  "link.label": "Lien",
  "link.until": "Il sert une fois, jusqu’au {when}. Il n’est affiché que maintenant.",
  "link.copy": "Copier",
  "link.copied": "Copié.",
};
