/** What those read who serve the patients of several clinics, and who agree to that, in French. */

import type { Like } from "../catalogue";
import type { hq as english } from "../en/hq";

export const hq: Like<typeof english> = {
  "page.hq": "File centrale",
  "hq.next": "Prendre le suivant",
  "hq.none": "Personne n’attend dans les cliniques que vous servez.",
  "hq.take": "Prendre",
  "hq.takeLong": "Prendre le patient de {clinic}",
  "hq.yours": "Vous avez pris cette consultation.",
  "hq.return": "Revenir dans l’appel",
  "hq.toQueue": "Revenir à la file",
  "hq.panel": "Votre consultation",
  "hq.admitOthers": "Laisser entrer les autres",
  "hq.putBack": "Remettre dans la file",
  "hq.priority.routine": "normal",
  "hq.priority.soon": "bientôt",
  "hq.priority.urgent": "urgent",
  "hq.otherLanguage": "ce n’est pas une de vos langues",
  "hq.skill": "demande {skill}",
  "hq.otherSkill": "qui n’est pas parmi vos compétences",
  "hq.is.ready": "tout est prêt",
  "hq.is.away": "a fermé la page",
  "hq.is.noDevices": "le micro ne fonctionne pas encore",
  "hq.is.noConsent": "n’a pas répondu pour l’enregistrement",

  "hq.agreements": "Plusieurs cliniques",
  "hq.agreementsText":
    "Une autre clinique de ce serveur peut servir ceux qui attendent ici : ses cliniciens voient qui attend, sans les noms, et les prennent. Les deux doivent être d’accord, et chacune peut y mettre fin à tout moment.",
  "hq.side.served-by": "Elles peuvent servir ceux qui attendent ici",
  "hq.side.members": "Vous servez ceux qui attendent là-bas",
  "hq.state.offered": "proposé, pas encore accepté",
  "hq.state.agreed": "convenu",
  "hq.state.ended": "terminé",
  "hq.offerTo": "Clinique qui servira la vôtre",
  "hq.offerHint": "Son nom sur ce serveur, comme ses membres le saisissent pour se connecter.",
  "hq.offer": "Proposer",
  "hq.accept": "Accepter",
  "hq.acceptLong": "Accepter de servir {clinic}",
  "hq.end": "Mettre fin",
  "hq.endLong": "Mettre fin à l’accord avec {clinic}",
  "hq.endText": "Dès maintenant, plus personne n’y est vu ni pris. Les consultations déjà prises vont à leur terme.",

  "clinic.problem.agreement_over": "Cet accord a pris fin. L’autre clinique peut le proposer à nouveau.",
  "clinic.problem.clinicians_only": "Seuls les cliniciens prennent des patients d’autres cliniques.",
  "clinic.problem.is_itself": "Une clinique n’a pas besoin d’un accord avec elle-même. Nommez-en une autre.",
  "clinic.problem.nobody_waits": "Personne n’attend que vous puissiez prendre. Regardez à nouveau dans un instant.",
  "clinic.problem.not_served": "Cette clinique ne laisse pas la vôtre la servir en ce moment.",
  "clinic.problem.taken": "Quelqu’un a été plus rapide : cette consultation est prise. Prenez-en une autre.",
  "clinic.problem.unknown_hq": "Il n’y a pas de clinique de ce nom sur ce serveur.",
};
