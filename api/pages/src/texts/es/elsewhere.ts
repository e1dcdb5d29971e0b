/** Visits elsewhere, and accounts at other providers, in Spanish. */

import type { Like } from "../catalogue";
import type { elsewhere as english } from "../en/elsewhere";

export const elsewhere: Like<typeof english> = {
  "provider.livekit": "Nuestras salas",
  "provider.google_meet": "Google Meet",
  "provider.microsoft_teams": "Microsoft Teams",
  "provider.zoom": "Zoom",

  "visit.place": "Dónde",
  "visit.usualPlace": "Como siempre: {provider}",

  "wait.open": "Abrir {provider}",
  "wait.openLong": "Abrir {provider} para la consulta del {when}",
  "wait.noLink": "Aún no hay enlace. Deje esta página abierta: lo mostrará por sí sola.",

  "elsewhere.join": "Entrar en {provider}",
  "elsewhere.joinLong": "Entrar en {provider} para la consulta de {name}",
  "elsewhere.here": "Es en nuestras salas en lugar de {provider}.",
  "elsewhere.noLink": "{provider} aún no ha dado un enlace.",
  "elsewhere.failed": "No hay enlace de {provider}.",
  "elsewhere.oldTime": "Se puede entrar, pero {provider} aún no conoce la hora más reciente.",
  "elsewhere.retry": "Se vuelve a preguntar a las {time}.",
  "elsewhere.again": "Pedirlo otra vez a {provider}",
  "elsewhere.againLong": "Pedirlo otra vez a {provider} para la consulta de {name}",
  "elsewhere.move": "Pasar a {provider}",
  "elsewhere.moveLong": "Pasar a {provider} la consulta de {name}",
  "elsewhere.moveHere": "Pasar a nuestras salas",
  "elsewhere.moveHereLong": "Pasar a nuestras salas la consulta de {name}",

  "trouble.not_connected": "{provider} no está conectado: un propietario puede conectarlo.",
  "trouble.unauthorized":
    "{provider} ya no nos deja entrar: un propietario tiene que conectarlo de nuevo.",
  "trouble.rate_limited": "{provider} no acepta más peticiones durante un rato.",
  "trouble.refused": "{provider} lo ha rechazado: puede que a la cuenta le falte un permiso o una licencia.",
  "trouble.gone": "Alguien lo ha borrado en {provider}.",
  "trouble.broken": "{provider} tiene un fallo propio.",
  "trouble.garbage": "La respuesta de {provider} no se puede usar.",
  "trouble.silent": "{provider} no responde.",
  "trouble.unknown":
    "El servidor se interrumpió: no se sabe si {provider} lo ha creado. Mire allí primero.",
  "trouble.not_in_plan": "{provider} no está en el plan del centro.",

  "providers.heading": "Dónde son las consultas",
  "providers.text":
    "Las consultas pueden ser también en otro sitio, con una cuenta de cada proveedor conectada aquí. Entonces no tienen nuestra sala de espera ni nuestra grabación, y el proveedor conoce una hora, nunca un nombre.",
  "providers.none":
    "Las consultas son en nuestras salas. Quien lleva el servidor puede registrarlo en Google Meet, Microsoft Teams o Zoom.",
  "providers.default": "Las nuevas consultas van a",
  "providers.defaultHint": "Salvo que se elija otra cosa para una consulta.",
  "providers.connect": "Conectar",
  "providers.connectLong": "Conectar {provider}",
  "providers.disconnect": "Desconectar",
  "providers.disconnectLong": "Desconectar {provider}",
  "providers.disconnectText":
    "Allí no se podrán fijar nuevas consultas. Lo que ya se creó allí, allí se queda.",
  "providers.agreeText":
    "Ahora permítalo en {provider}, antes de diez minutos y en este navegador:",
  "providers.agree": "Ir a {provider}",
  "providers.isConnected": "{provider} está conectado.",
  "providers.since": "desde el {when}",
  "providers.endThere":
    "{provider} está desconectado aquí, pero no ha cerrado nuestro acceso. Ciérrelo también allí, en la cuenta.",
  "connection.connected": "conectado",
  "connection.lost": "conectar de nuevo",
  "connection.unconnected": "sin conectar",
  "connection.not_in_plan": "no está en el plan",
  "connection.not_registered": "sin registrar",
};
