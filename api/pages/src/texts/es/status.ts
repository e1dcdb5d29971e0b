/** What is said of the server's own state, in Spanish. */

import type { Like } from "../catalogue";
import type { status as english } from "../en/status";

export const status: Like<typeof english> = {
  "server.heading": "Estado del servidor de vídeo",
  "server.is.ok": "Todo funciona.",
  "server.is.degraded": "Algo no funciona.",
  "server.is.unknown": "El servidor no se ha examinado últimamente.",
  "server.checked": "Examinado {when}.",
  "server.well": "funciona",
  "server.down": "no funciona",
  "server.share": "{share} del último día",
  "server.since": "desde {when}",
  "server.part.room": "Videoconsultas",
  "server.part.relay": "Relé para redes estrictas",
  "server.part.mail": "Correo",
  "server.part.database": "Base de datos",

  "server.room.refused":
    "Nadie puede entrar en nuevas consultas: el servidor las rechaza. Su administrador mira el registro y los límites de la configuración.",
  "server.room.silent":
    "Nadie puede entrar en nuevas consultas: el servidor de medios no responde. Su administrador deja pasar su puerto UDP por el cortafuegos y mira el registro.",
  "server.room.lost":
    "Las personas en las consultas no se oyen. El administrador del servidor mira la carga de la máquina y lo reinicia entre consultas.",
  "server.relay.silent":
    "El relé no responde: no pueden entrar las personas cuya red bloquea UDP. Llame al administrador del servidor: que arranque el relé o deje pasar sus puertos («housecall doctor» dice cuáles).",
  "server.relay.refused":
    "El relé no transmite nada: no pueden entrar las personas cuya red bloquea UDP. Llame al administrador del servidor: «housecall doctor» dice por qué.",
  "server.relay.lost":
    "Del relé no vuelve nada: no pueden entrar las personas cuya red bloquea UDP. Llame al administrador del servidor: el relé tiene que alcanzar el puerto UDP de los medios («housecall doctor» dice cuál).",
  "server.mail.silent":
    "El servidor de correo no responde: las invitaciones y los recordatorios esperan. Entregue los enlaces entretanto; el administrador comprueba que el servidor de correo esté en marcha.",
  "server.mail.refused":
    "El servidor de correo no acepta nuestro correo: las invitaciones y los recordatorios esperan. Entregue los enlaces entretanto; el administrador revisa los ajustes del correo.",
  "server.database.silent":
    "La base de datos no responde: las llamadas siguen, pero nadie puede iniciar sesión ni crear consultas. Llame al administrador del servidor: que arranque la base de datos.",
  "server.database.lost":
    "La base de datos pierde lo que se escribe. No cree más consultas y llame ahora al administrador del servidor.",
};
