/** What those read who serve the patients of several clinics, and who agree to that, in Spanish. */

import type { Like } from "../catalogue";
import type { hq as english } from "../en/hq";

export const hq: Like<typeof english> = {
  "page.hq": "Cola central",
  "hq.next": "Atender al siguiente",
  "hq.none": "Nadie espera en las clínicas que usted atiende.",
  "hq.take": "Atender",
  "hq.takeLong": "Atender al paciente de {clinic}",
  "hq.yours": "Usted atiende esta consulta.",
  "hq.return": "Volver a la llamada",
  "hq.toQueue": "Volver a la cola",
  "hq.panel": "Su consulta",
  "hq.admitOthers": "Dejar entrar a quien más espere",
  "hq.putBack": "Devolver a la cola",
  "hq.priority.routine": "normal",
  "hq.priority.soon": "pronto",
  "hq.priority.urgent": "urgente",
  "hq.otherLanguage": "no es uno de sus idiomas",
  "hq.skill": "pide {skill}",
  "hq.otherSkill": "que no está entre sus especialidades",
  "hq.is.ready": "todo listo",
  "hq.is.away": "ha cerrado la página",
  "hq.is.noDevices": "el micrófono aún no funciona",
  "hq.is.noConsent": "no ha respondido sobre la grabación",

  "hq.agreements": "Varias clínicas",
  "hq.agreementsText":
    "Otra clínica de este servidor puede atender a quienes esperan aquí: sus profesionales ven quién espera, sin nombres, y les atienden. Las dos tienen que estar de acuerdo, y cualquiera puede terminarlo en todo momento.",
  "hq.side.served-by": "Pueden atender a quienes esperan aquí",
  "hq.side.members": "Usted atiende a quienes esperan allí",
  "hq.state.offered": "ofrecido, aún sin aceptar",
  "hq.state.agreed": "acordado",
  "hq.state.ended": "terminado",
  "hq.offerTo": "Clínica que atenderá a la suya",
  "hq.offerHint": "Su nombre en este servidor, como lo escribe su personal para iniciar sesión.",
  "hq.offer": "Ofrecer",
  "hq.accept": "Aceptar",
  "hq.acceptLong": "Aceptar atender a {clinic}",
  "hq.end": "Terminar",
  "hq.endLong": "Terminar el acuerdo con {clinic}",
  "hq.endText": "Desde ahora allí no se ve ni se atiende a nadie. Las consultas ya tomadas llegan a su fin.",

  "clinic.problem.agreement_over": "Este acuerdo ha terminado. La otra clínica puede ofrecerlo de nuevo.",
  "clinic.problem.clinicians_only": "Solo el personal clínico atiende a pacientes de otras clínicas.",
  "clinic.problem.is_itself": "Una clínica no necesita un acuerdo consigo misma. Nombre otra.",
  "clinic.problem.nobody_waits": "No espera nadie a quien pueda atender. Mire de nuevo en un momento.",
  "clinic.problem.not_served": "Esa clínica no deja ahora que la suya la atienda.",
  "clinic.problem.taken": "Otra persona ha sido más rápida y ya atiende esta consulta. Elija otra.",
  "clinic.problem.unknown_hq": "No hay ninguna clínica con ese nombre en este servidor.",
};
