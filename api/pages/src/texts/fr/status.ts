/** What is said of the server's own state, in French. */

import type { Like } from "../catalogue";
import type { status as english } from "../en/status";

export const status: Like<typeof english> = {
  "server.heading": "État du serveur vidéo",
  "server.is.ok": "Tout fonctionne.",
  "server.is.degraded": "Quelque chose ne fonctionne pas.",
  "server.is.unknown": "Le serveur ne s’est pas examiné récemment.",
  "server.checked": "Examiné {when}.",
  "server.well": "fonctionne",
  "server.down": "ne fonctionne pas",
  "server.share": "{share} du dernier jour",
  "server.since": "depuis {when}",
  "server.part.room": "Consultations vidéo",
  "server.part.relay": "Relais pour les réseaux stricts",
  "server.part.mail": "Courrier",
  "server.part.database": "Base de données",

  "server.room.refused":
    "Personne ne peut entrer dans de nouvelles consultations : le serveur les refuse. Son administrateur regarde le journal et les limites de la configuration.",
  "server.room.silent":
    "Personne ne peut entrer dans de nouvelles consultations : le serveur de médias ne répond pas. Son administrateur laisse passer son port UDP par le pare-feu et regarde le journal.",
  "server.room.lost":
    "Les personnes en consultation ne s’entendent pas. L’administrateur du serveur regarde la charge de la machine et le redémarre entre deux consultations.",
  "server.relay.silent":
    "Le relais ne répond pas : les personnes dont le réseau bloque UDP ne peuvent pas entrer. Appelez l’administrateur du serveur : qu’il redémarre le relais ou laisse passer ses ports (« housecall doctor » dit lesquels).",
  "server.relay.refused":
    "Le relais ne transmet rien : les personnes dont le réseau bloque UDP ne peuvent pas entrer. Appelez l’administrateur du serveur : « housecall doctor » dit pourquoi.",
  "server.relay.lost":
    "Rien ne revient du relais : les personnes dont le réseau bloque UDP ne peuvent pas entrer. Appelez l’administrateur du serveur : le relais doit atteindre le port UDP des médias (« housecall doctor » dit lequel).",
  "server.mail.silent":
    "Le serveur de courrier ne répond pas : les invitations et les rappels attendent. Remettez les liens en attendant ; l’administrateur vérifie que le serveur de courrier est en marche.",
  "server.mail.refused":
    "Le serveur de courrier refuse notre courrier : les invitations et les rappels attendent. Remettez les liens en attendant ; l’administrateur regarde les réglages du courrier.",
  "server.database.silent":
    "La base de données ne répond pas : les appels continuent, mais personne ne peut se connecter ni créer de consultations. Appelez l’administrateur du serveur : qu’il redémarre la base de données.",
  "server.database.lost":
    "La base de données perd ce qui est écrit. Ne créez plus de consultations et appelez maintenant l’administrateur du serveur.",
};
