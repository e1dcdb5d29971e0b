/** What patients and guests read in the clinic, and staff at its door, in Spanish. */

import type { Like } from "../catalogue";
import type { clinic as english } from "../en/clinic";

export const clinic: Like<typeof english> = {
  "part.clinician": "profesional clínico",
  "part.assistant": "asistente",
  "part.patient": "paciente",
  "part.interpreter": "intérprete",
  "part.family": "familia",
  "part.specialist": "especialista",
  "part.observer": "observador",

  "consent.heading": "¿Puede grabarse esta consulta?",
  "consent.ask": "Esta consulta puede grabarse si todos están de acuerdo. ¿Qué dice usted?",
  "consent.open": "Leer y responder",
  "consent.none": "De usted no se graba nada.",
  "consent.some": "De usted puede grabarse: {scopes}.",
  "consent.change": "Cambiar",
  "consent.audio": "Mi voz",
  "consent.video": "Mi imagen",
  "consent.transcript": "Una transcripción escrita de lo que digo",
  "consent.ai": "Notas que redacta un programa",
  "consent.allYes": "Sí a todo",
  "consent.allNo": "No a todo",
  "consent.save": "Guardar mi respuesta",
  "consent.saved": "Su respuesta está guardada.",
  "consent.later": "Puede cambiarla cuando quiera, también durante la llamada.",
  "scope.audio": "voz",
  "scope.video": "imagen",
  "scope.transcript": "transcripción",
  "scope.ai": "notas de un programa",

  "rsvp.accepted": "vendrá",
  "rsvp.tentative": "quizá venga",
  "rsvp.declined": "no vendrá",
  "rsvp.reschedule": "pide otra hora",

  "answer.heading": "¿Vendrá usted?",
  "answer.text": "Su centro le ha invitado a una videoconsulta. Cuenta su última respuesta.",
  "answer.accepted": "Sí, vendré",
  "answer.tentative": "Quizá",
  "answer.declined": "No puedo venir",
  "answer.reschedule": "Necesito otra hora",
  "answered.accepted": "Gracias. La consulta es el {when}.",
  "answered.tentative": "Gracias. La consulta es el {when}; avísenos cuando lo sepa.",
  "answered.declined": "Gracias por avisar. Su centro sabe que no vendrá el {when}.",
  "answered.reschedule":
    "Gracias. Su centro sabe que el {when} no le viene bien, y buscará otra hora.",

  "wait.heading": "Su consulta",
  "wait.none": "Ahora no hay ninguna consulta para usted.",
  "wait.noneHint": "Esta página la mostrará por sí sola en cuanto su centro fije una.",
  "wait.early":
    "Puede entrar {minutes} minutos antes. Deje esta página abierta: le llevará allí.",
  "wait.go": "Ir a la consulta",
  "wait.goLong": "Ir a la consulta del {when}",
  "wait.room": "Está en la sala de espera",
  "wait.hint": "Le harán pasar. Deje esta página abierta; aún no le ve ni le oye nadie.",
  "wait.next": "Es la próxima persona.",
  "wait.position": {
    one: "Hay {count} persona antes que usted.",
    other: "Hay {count} personas antes que usted.",
  },
  "wait.estimate": { one: "Cerca de {count} minuto.", other: "Cerca de {count} minutos." },
  "wait.leave": "Salir de la sala de espera",
  "wait.putBack": "Está de nuevo en la sala de espera. Le harán pasar.",

  "messages.with": "Mensajes con {name}",
  "messages.toHosts": "Escribir al centro",
  "messages.count": { one: "{count} mensaje", other: "{count} mensajes" },
  "messages.hint": "Los mensajes desaparecen cuando termina la consulta.",
  "messages.hosts": "El centro",
  "messages.input": "Mensaje para {name}",
  "messages.send": "Enviar a {name}",

  "clinic.asking": "Un momento …",
  "clinic.failedHeading": "Algo no va bien",
  "clinic.failed": "No ha funcionado. Inténtelo de nuevo en un momento.",
  "clinic.saved": "Guardado.",
  "clinic.problem.unreachable":
    "No se llega al servidor. Compruebe su conexión a internet e inténtelo de nuevo.",
  "clinic.problem.unavailable":
    "No se llega a los datos del centro. Las llamadas continúan; inténtelo de nuevo en un momento.",
  "clinic.problem.signed_off": "Ha cerrado la sesión.",
  "clinic.problem.idle": "La sesión se ha cerrado porque no había nadie desde hacía un rato.",
  "clinic.problem.too_long": "La sesión llevaba medio día abierta, y se ha cerrado.",
  "clinic.problem.wrong_credentials":
    "El correo, la contraseña o el código no son correctos. Compruebe los tres; un código sirve una sola vez: espere al siguiente.",
  "clinic.problem.too_many_tries":
    "Demasiados intentos. Espere {wait} e inténtelo de nuevo.",
  "clinic.problem.unknown_workspace": "Escriba el nombre de su centro en este servidor.",
  "clinic.problem.link_not_good":
    "Este enlace ya se ha usado, ha caducado o no está completo. Pida otro al centro.",
  "clinic.problem.wrong_birth_date":
    "No es la fecha de nacimiento que tiene el centro. Compruébela; tras cinco intentos el enlace deja de valer.",
  "clinic.problem.wrong_code":
    "El código no es correcto. Escriba el más reciente, y compruebe que la hora de su teléfono es exacta.",
  "clinic.problem.email_taken": "Alguien aquí tiene ya este correo.",
  "clinic.problem.invalid": "Algo no está como debe. Mire los campos.",
  "clinic.problem.changed": "Otra persona lo ha cambiado entretanto. Ciérrelo y ábralo de nuevo.",
  "clinic.problem.denied": "No se le ha dejado entrar. Si es un error, llame a su centro.",
  "clinic.problem.left": "Ha salido de la sala de espera. Entre de nuevo cuando quiera.",
  "clinic.problem.meeting_over": "Esta consulta ha terminado.",
  "clinic.problem.meeting_locked":
    "Esta consulta está cerrada: no entra nadie más. Pregunte a quien la dirige.",
  "clinic.problem.too_early": "Es pronto: esta consulta aún no empieza.",
  "clinic.problem.two_keys_live":
    "Hay dos claves activas con este nombre. Revoque antes la más antigua.",
  "clinic.problem.nobody_hidden":
    "Ninguna historia restringida es exactamente de este paciente. Compruebe lo que ha escrito, o búsquela.",
  "clinic.problem.several_hidden":
    "Hay varios pacientes con este nombre y esta fecha de nacimiento. Escriba el número.",
  "clinic.problem.policy_changed":
    "El texto ha cambiado entretanto. Léalo de nuevo y después responda.",
  "clinic.problem.wrong_password":
    "La contraseña o el código no es correcto. Escriba la contraseña actual y un código que no se haya usado.",
  "clinic.problem.not_called": "Esta llamada es entre otras dos personas.",
  "clinic.problem.call_is_for_two": "Una llamada es entre dos. Para más personas, fije una consulta.",
  "clinic.problem.no_text": "Escriba el texto en un idioma por lo menos.",
  "clinic.problem.no_key_scope": "Elija al menos una cosa para la que sirva la clave.",
  "clinic.problem.who_is_it":
    "Escriba el número, o el nombre completo y la fecha de nacimiento.",
  "clinic.problem.too_many_requests":
    "Demasiado a la vez. Espere {wait} e inténtelo de nuevo.",
  "clinic.problem.just_sent":
    "Se acaba de enviar. Espere {wait} antes del siguiente envío.",
  "clinic.problem.just_answered":
    "Acaba de responder. Espere un momento antes de la siguiente respuesta.",
  "clinic.problem.weak_password":
    "Esta contraseña se adivina pronto. Use otra más larga: unas palabras sin relación entre sí.",
  "clinic.problem.link_not_opened": "Abra el enlace de nuevo, desde el principio.",
  "clinic.problem.not_found": "No está, o ya no está.",
  "clinic.problem.busy":
    "Los datos del centro están muy ocupados. Inténtelo de nuevo en un momento.",
  "clinic.problem.archived": "Este paciente está archivado.",
  "clinic.problem.no_mail": "Este servidor no envía correo. Use un enlace.",
  "clinic.problem.no_address": "El centro no tiene su correo.",
  "clinic.problem.bad_address": "A este correo no se puede enviar nada.",
  "clinic.problem.not_born": "Esta fecha de nacimiento aún no ha llegado. Corríjala.",
  "clinic.problem.in_the_past": "La consulta ya habría terminado. Elija una hora posterior.",
  "clinic.problem.too_far": "Las consultas se fijan para los próximos cinco años.",
  "clinic.problem.meeting_live":
    "Esta consulta está en marcha: puede alargarse, pero no moverse.",
  "clinic.problem.host_needed": "Tiene que participar un profesional clínico o un asistente.",
  "clinic.problem.not_its_host":
    "Solo quien dirige la consulta anota lo que han dicho los demás.",
  "clinic.problem.not_waiting": "No está donde eso puede hacerse. Mire de nuevo.",
  "clinic.problem.not_here_any_more": "Alguna de estas personas ya no está activa.",
  "clinic.problem.no_calls": "Este servidor no tiene llamadas.",
  "clinic.problem.other_provider": "Esta consulta tiene lugar en otro sitio. Siga su enlace.",
  "clinic.problem.too_many_messages": "Ya hay cien mensajes. Diga lo demás en la llamada.",
  "clinic.problem.no_link": "El proveedor aún no ha dado un enlace. Espere, o elija otro sitio.",
  "clinic.problem.provider_not_connected":
    "El plan del centro solo tiene consultas en otro sitio: un propietario tiene que conectar antes una cuenta.",
  "clinic.problem.not_registered":
    "Quien lleva el servidor tiene que registrarlo antes en este proveedor.",
  "clinic.problem.other_site":
    "Esta petición ha llegado de otra página. Cargue de nuevo esta.",
  "clinic.problem.last_host": "Antes tiene que dirigir la consulta otra persona.",
  "clinic.problem.in_the_room": "Está en la llamada: devuélvala antes a la sala o despídala.",
  "clinic.problem.takes_part_already": "Ya participa.",
  "clinic.problem.restricted":
    "Esta historia es solo para el equipo del paciente. En una urgencia hay «Acceso de urgencia» en Pacientes.",
  "clinic.problem.room_full_for_plan":
    "La consulta tiene tantas personas como permite el plan del centro.",
  "clinic.problem.plan_required": "El plan del centro no lo incluye.",
  "clinic.problem.last_owner": "Antes tiene que haber otro propietario.",
  "clinic.problem.forbidden": "Aquí no puede hacerlo. Pregunte al propietario del centro.",

  "form.save": "Guardar",
  "form.busy": "Guardando …",
  "form.cancel": "Cancelar",
  "form.close": "Cerrar",

  "form.yes": "Sí",
  "form.no": "No",
  "form.wrong": "Mírelo de nuevo: así no puede ser.",

  "person.name": "Nombre",
  "person.email": "Correo electrónico",
  "person.password": "Contraseña",
  "person.code": "Código del autenticador",
  "person.codeHint": "Seis cifras que cambian cada 30 segundos.",
  "person.birthDate": "Fecha de nacimiento",
  "person.phone": "Teléfono",

  "role.owner": "Propietario",
  "role.clinician": "Profesional clínico",
  "role.assistant": "Asistente",
  "role.auditor": "Auditor",

  "signIn.heading": "Iniciar sesión",
  "signIn.workspace": "Centro",
  "signIn.workspaceHint": "Su nombre corto en este servidor, como «south».",
  "signIn.button": "Iniciar sesión",
  "signIn.busy": "Iniciando sesión …",
  "signIn.lost":
    "¿Ha perdido la contraseña o el teléfono? Un propietario del centro puede darle otro enlace.",

  "signIn.patients": "Pacientes e invitados entran por el enlace de su invitación.",

  "setUp.heading": "Le damos la bienvenida a {title}",
  "setUp.intro":
    "Entra como: {role}. Dos pasos: una aplicación de autenticación en su teléfono, y una contraseña.",
  "setUp.authenticator": "Autenticador",
  "setUp.scan":
    "Escanee esto con una aplicación de autenticación. Mostrará un código que necesita para iniciar sesión.",
  "setUp.qr": "Código QR para una aplicación de autenticación; el secreto está debajo como texto",
  "setUp.byHand": "O escriba este secreto en la aplicación:",
  "setUp.onThisDevice": "Abrir la aplicación en este dispositivo",
  "setUp.you": "Usted",
  "setUp.nameHint": "Lo ven pacientes y colegas en las consultas.",
  "setUp.emailHint": "Con él inicia sesión.",
  "setUp.passwordHint": "{count} caracteres o más. Valen unas cuantas palabras.",
  "setUp.showPassword": "Mostrar la contraseña",
  "setUp.button": "Empezar",
  "setUp.busy": "Preparando …",

  "entry.heading": "Su videoconsulta",
  "entry.intro": "Su centro le ha invitado. No hay que instalar nada.",
  "entry.birthDateHint": "Para que no entre nadie más por su enlace.",
  "entry.button": "Continuar",
  "entry.busy": "Abriendo …",
  "entry.staff": "¿Trabaja aquí? Inicie sesión",

  "over.heading": "Ha salido",
  "over.again": "Para volver, abra el enlace más reciente de su centro, o pida otro.",

  "link.label": "Enlace",
  "link.until": "Sirve una vez, hasta el {when}. Solo se muestra ahora.",
  "link.copy": "Copiar",
  "link.copied": "Copiado.",
};
