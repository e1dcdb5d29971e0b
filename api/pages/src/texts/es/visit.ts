/** What lobby and call say, in Spanish. */

import type { Like } from "../catalogue";
import type { visit as english } from "../en/visit";

export const visit: Like<typeof english> = {
  "page.title": "Videoconsulta – Housecall",
  "page.product": "Housecall",
  "page.announcements": "Avisos",
  "language.label": "Idioma",

  "lobby.heading": "¿Todo listo para la consulta?",
  "lobby.intro": "Compruebe cómo se le ve y se le oye, y entre. Antes no se envía nada.",
  "lobby.name": "Su nombre",
  "lobby.nameHint": "Lo ven las demás personas de la consulta.",
  "lobby.nameMissing": "Escriba primero su nombre.",
  "lobby.known": "Entra como {name}.",
  "lobby.join": "Entrar en la consulta",
  "lobby.joining": "Entrando …",
  "lobby.preview": "Su cámara",
  "lobby.withoutDevices":
    "Puede entrar sin cámara ni micrófono, y aun así ver, oír y escribir.",

  "devices.camera": "Cámara",
  "devices.microphone": "Micrófono",
  "devices.speaker": "Altavoz",
  "devices.automatic": "El que elija el navegador",
  "devices.numbered": "{kind} {number}",
  "devices.level": "Nivel del micrófono",
  "devices.speak": "Diga algo: la barra tiene que moverse.",
  "devices.cameraOff": "Su cámara está apagada",
  "devices.cameraAsking": "El navegador pide usar cámara y micrófono. Elija «Permitir».",
  "devices.silent":
    "De este micrófono no llega sonido. ¿Está silenciado por un interruptor o en los ajustes de sonido del sistema? Pruebe otro.",

  "problem.insecure":
    "Esta página no tiene una conexión segura (https), y los navegadores solo dan cámara y micrófono a páginas seguras. Puede entrar sin ellos, o pedir un enlace seguro.",
  "problem.both.denied":
    "La cámara y el micrófono están bloqueados para esta página. Pulse el símbolo de la cámara o del candado junto a la dirección, permita ambos e inténtelo de nuevo.",
  "problem.both.system":
    "Su ordenador o teléfono no deja que el navegador use cámara y micrófono. Permítalos en los ajustes de privacidad del sistema e inténtelo de nuevo.",
  "problem.both.missing":
    "No se ha encontrado cámara ni micrófono. Conéctelos e inténtelo de nuevo, o entre sin ellos.",
  "problem.both.busy":
    "Otro programa está usando la cámara y el micrófono. Ciérrelo e inténtelo de nuevo.",
  "problem.both.unknown":
    "La cámara y el micrófono no se han puesto en marcha. Inténtelo de nuevo o elija otros.",
  "problem.camera.denied":
    "La cámara está bloqueada para esta página. Pulse el símbolo de la cámara o del candado junto a la dirección, permita la cámara e inténtelo de nuevo.",
  "problem.camera.system":
    "Su ordenador o teléfono no deja que el navegador use la cámara. Permítala en los ajustes de privacidad del sistema e inténtelo de nuevo.",
  "problem.camera.missing":
    "No se ha encontrado ninguna cámara. Conecte una e inténtelo de nuevo, o entre sin ella.",
  "problem.camera.busy": "Otro programa está usando la cámara. Ciérrelo e inténtelo de nuevo.",
  "problem.camera.unknown":
    "La cámara no se ha puesto en marcha. Inténtelo de nuevo o elija otra.",
  "problem.microphone.denied":
    "El micrófono está bloqueado para esta página. Pulse el símbolo del micrófono o del candado junto a la dirección, permita el micrófono e inténtelo de nuevo.",
  "problem.microphone.system":
    "Su ordenador o teléfono no deja que el navegador use el micrófono. Permítalo en los ajustes de privacidad del sistema e inténtelo de nuevo.",
  "problem.microphone.missing":
    "No se ha encontrado ningún micrófono. Conecte uno e inténtelo de nuevo, o entre sin él.",
  "problem.microphone.busy":
    "Otro programa está usando el micrófono. Ciérrelo e inténtelo de nuevo.",
  "problem.microphone.unknown":
    "El micrófono no se ha puesto en marcha. Inténtelo de nuevo o elija otro.",
  "problem.screen.system":
    "Su ordenador no deja que el navegador muestre la pantalla. Permita la grabación de pantalla en los ajustes de privacidad del sistema.",
  "problem.screen.unknown": "No se ha podido compartir la pantalla.",
  "problem.publish":
    "Esto no se ha podido enviar a los demás. Quizá haya entrado solo como espectador.",
  "problem.retry": "Intentar de nuevo",
  "problem.dismiss": "Cerrar este mensaje",

  "refused.heading": "Este enlace no funciona",
  "refused.incomplete":
    "El enlace no está completo. Ábralo de nuevo desde su invitación, o cópielo entero: la parte que sigue a «#» también hace falta.",
  "refused.invitation":
    "Esta invitación no es válida aquí. Quizá esté mal escrita o haya otra más nueva. Pida el enlace de nuevo.",
  "refused.full": "La consulta está llena en este momento. Pregunte a quien le ha invitado.",
  "refused.busy":
    "El servidor está muy ocupado en este momento. Espere un poco e inténtelo de nuevo.",
  "refused.unreachable":
    "No se llega al servidor. Compruebe su conexión a internet e inténtelo de nuevo.",
  "refused.media":
    "No se ha podido conectar con la consulta. Puede que un cortafuegos bloquee las videollamadas en esta red; pruebe otra red o inténtelo de nuevo.",

  "call.heading": "Videoconsulta",
  "call.people": "Personas en la consulta",
  "call.screens": "Pantalla compartida",
  "call.alone": "Es la primera persona en llegar",
  "call.aloneHint":
    "La consulta empieza cuando entra alguien más. Envíe el enlace de invitación a quien falte.",
  "call.aloneInClinic": "La consulta empieza cuando entra alguien más.",
  "call.controls": "Controles",
  "call.you": "Usted",
  "call.screenOf": "Pantalla de {name}",
  "call.yourScreen": "Su pantalla",
  "call.reconnecting": "La conexión se ha interrumpido. Conectando de nuevo …",
  "call.soundBlocked": "Su navegador retiene el sonido hasta que usted lo permita.",
  "call.hear": "Activar el sonido",
  "call.silent":
    "De su micrófono no llega sonido. ¿Está silenciado por un interruptor o en el sistema?",
  "call.settings": "Ajustes",

  "tile.microphoneOff": "micrófono apagado",
  "tile.speaking": "está hablando",
  "quality.excellent": "conexión muy buena",
  "quality.good": "conexión buena",
  "quality.poor": "conexión débil",
  "quality.lost": "conexión perdida",
  "quality.unknown": "conexión aún sin medir",

  "control.mute": "Silenciar",
  "control.muteLong": "Silenciar el micrófono",
  "control.unmute": "Hablar",
  "control.unmuteLong": "Hablar: encender el micrófono",
  "control.cameraStop": "Parar vídeo",
  "control.cameraStopLong": "Parar vídeo de su cámara",
  "control.cameraStart": "Iniciar vídeo",
  "control.cameraStartLong": "Iniciar vídeo de su cámara",
  "control.share": "Compartir",
  "control.shareLong": "Compartir su pantalla",
  "control.unshare": "No compartir",
  "control.unshareLong": "No compartir más su pantalla",
  "control.chat": "Chat",
  "control.chatOpen": "Chat: abrir",
  "control.chatClose": "Chat: cerrar",
  "control.chatUnread": {
    one: "Chat: {count} mensaje sin leer, abrir",
    other: "Chat: {count} mensajes sin leer, abrir",
  },
  "control.invite": "Invitar",
  "control.inviteLong": "Invitar: copiar el enlace de invitación",
  "control.settings": "Ajustes",
  "control.settingsLong": "Ajustes: dispositivos y teclas",
  "control.leave": "Salir",
  "control.leaveLong": "Salir de la consulta",
  "control.copyLink": "Copiar el enlace de invitación",

  "invite.copied": "El enlace de invitación está copiado.",
  "invite.heading": "Enlace de invitación",
  "invite.byHand": "El navegador no ha dejado copiar. Seleccione este enlace y cópielo.",

  "settings.heading": "Ajustes",
  "settings.devices": "Dispositivos",
  "settings.shortcuts": "Teclas",
  "settings.close": "Cerrar",
  "shortcut.microphone": "Encender o apagar el micrófono",
  "shortcut.camera": "Encender o apagar la cámara",
  "shortcut.screen": "Compartir la pantalla o dejarlo",
  "shortcut.chat": "Abrir o cerrar el chat",
  "shortcut.invite": "Copiar el enlace de invitación",
  "shortcut.settings": "Abrir estos ajustes",
  "shortcut.leave": "Salir de la consulta",

  "chat.heading": "Chat",
  "chat.close": "Cerrar el chat",
  "chat.empty":
    "Aún no hay mensajes. Los ven todas las personas de la consulta, y no se guardan.",
  "chat.messages": "Mensajes",
  "chat.input": "Mensaje para todos",
  "chat.send": "Enviar",
  "chat.you": "Usted",
  "chat.failed": "El mensaje no se ha enviado. Inténtelo de nuevo.",

  "left.heading": "Ha salido de la consulta",
  "left.thanks": "Ya puede cerrar esta página.",
  "left.rejoin": "Entrar de nuevo",
  "ended.duplicate": "La consulta sigue en otra ventana que ha entrado con su nombre.",
  "ended.removed": "Se le ha sacado de la consulta.",
  "ended.closed": "La consulta ha terminado.",
  "ended.shutdown": "El servidor se está reiniciando. Entre de nuevo en un momento.",
  "ended.lost":
    "Se ha perdido la conexión con la consulta. Compruebe su conexión a internet y entre de nuevo.",

  "visit.isLocked": "La consulta está cerrada: no entra nadie más.",
  "visit.isUnlocked": "La consulta vuelve a estar abierta.",

  "say.joinedAlone": "Ha entrado. Aún no hay nadie más.",
  "say.joined": {
    one: "Ha entrado. Hay {count} persona más.",
    other: "Ha entrado. Hay {count} personas más.",
  },
  "say.left": "Ha salido de la consulta.",
  "say.personJoined": "{name} ha entrado.",
  "say.personLeft": "{name} ha salido.",
  "say.microphoneOn": "Su micrófono está encendido.",
  "say.microphoneOff": "Su micrófono está apagado.",
  "say.cameraOn": "Su cámara está encendida.",
  "say.cameraOff": "Su cámara está apagada.",
  "say.screenOn": "Está compartiendo su pantalla.",
  "say.screenOff": "Ya no comparte su pantalla.",
  "say.theirMicrophoneOn": "{name} ha encendido el micrófono.",
  "say.theirMicrophoneOff": "{name} ha apagado el micrófono.",
  "say.theirCameraOn": "{name} ha encendido la cámara.",
  "say.theirCameraOff": "{name} ha apagado la cámara.",
  "say.theirScreenOn": "{name} comparte una pantalla.",
  "say.theirScreenOff": "{name} ya no comparte la pantalla.",
  "say.message": "{name} ha escrito: {text}",
  "say.messageSent": "Mensaje enviado.",
  "say.reconnecting": "Conexión interrumpida. Conectando de nuevo.",
  "say.reconnected": "Conectado de nuevo.",

  "visit.full":
    "Alguien no ha podido entrar: la consulta tiene tantas personas como permite el plan del centro.",
  "visit.isLonger": "La consulta dura hasta las {time}.",

  "page.titled": "{page} – Housecall",
};
