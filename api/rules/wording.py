"""What letters say, by kind and language.

A subject is read by whoever passes by: it tells nothing of health, and neither who it is for nor
which clinic it is from. The text names the clinic, so that its reader knows whom it is from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ENGLISH = "en"


class LetterKind(StrEnum):
    STAFF = "staff"
    PATIENT = "patient"
    GUEST = "guest"
    INVITATION = "invitation"  # to a visit
    MOVED = "moved"  # the visit, to another time
    CHANGED = "changed"  # the visit: it has another place, or another time there
    CANCELLED = "cancelled"
    GLASS = "glass"  # somebody has broken it: to the owners
    ANSWER = "answer"  # somebody cannot come, or not then: to the host
    REMINDER = "reminder"  # of a visit
    SERIES = "series"  # of visits: that there is one, or that it has other times
    TROUBLE = "trouble"  # something of the server does not work: to its administrator
    WELL = "well"  # it does again
    ACCOUNT = "account"  # somebody's access was changed: to them
    TRIES = "tries"  # somebody tries to sign in as them
    TEST = "test"  # of text messages, to whoever asks for it


@dataclass(frozen=True, slots=True)
class Wording:
    subject: str
    text: str  # with {names} of what is put in
    title: str = ""  # of what goes into a calendar


def wording_for(kind: LetterKind, language: str | None) -> Wording:
    """In a language as browsers name it ("fr-CA"), or in English."""
    main = (language or ENGLISH).replace("_", "-").partition("-")[0].lower()
    return LETTERS.get(main, LETTERS[ENGLISH])[kind]


def fill(text: str, values: Mapping[str, str]) -> str:
    """What is put in stands as it is, braces too. Raises KeyError for a name without a value."""
    return text.format_map(dict(values))


K, W = LetterKind, Wording
LETTERS: dict[str, dict[LetterKind, Wording]] = {
    "en": {
        K.TROUBLE: W(
            "The video server needs you",
            "Hello,\n\nthe video server {node} has looked at itself, and something does not work "
            "since\n\n    {time}\n    {place}\n\n{what}\n\n"
            "How it stands now:\n\n{link}\n\n"
            "There is one letter when it begins, and one when it is over.\n",
        ),
        K.WELL: W(
            "The video server is well again",
            "Hello,\n\nwhat did not work at the video server {node} does again since\n\n"
            "    {time}\n    {place}\n\nThis is over:\n\n{what}\n\n"
            "How it stands now:\n\n{link}\n",
        ),
        K.STAFF: W(
            "Your access",
            "Hello,\n\nyou are invited to work with {clinic} on Housecall. This link sets your "
            "password and your authenticator. It works once, until {until}:\n\n{link}\n\n"
            "If you did not expect this, do nothing: the link ends by itself.\n",
        ),
        K.ACCOUNT: W(
            "Your access was changed",
            "Hello,\n\nabout your access to {clinic} on Housecall:\n\n    {time}\n    {place}\n\n"
            "{what}\n\nIf that was you, you need not do anything. If not, tell an owner of the "
            "clinic at once: they sign you out everywhere and give you a new link.\n",
        ),
        K.TRIES: W(
            "Somebody signs in",
            "Hello,\n\nabout your access to {clinic} on Housecall:\n\n    {time}\n    {place}\n\n"
            "{what}\n\nIf that was you, you need not do anything. If not, choose another password "
            "now, and tell an owner of the clinic.\n",
        ),
        K.PATIENT: W(
            "Your link",
            "Hello,\n\nwith this link you come to {clinic} on the web. It works once, until "
            "{until}, and it is for you alone:\n\n{link}\n\n"
            "If you did not expect this, do nothing: the link ends by itself.\n",
        ),
        K.GUEST: W(
            "Your link",
            "Hello,\n\n{clinic} invites you to join a video call. The link works once, until "
            "{until}, and it is for you alone:\n\n{link}\n\n"
            "If you did not expect this, do nothing: the link ends by itself.\n",
        ),
        K.INVITATION: W(
            "An appointment",
            "Hello,\n\n{clinic} invites you to a video call:\n\n    {time}\n    {length} min\n\n"
            "To come in, from 15 minutes before:\n\n{link}\n\n"
            "Can you come? Please answer here:\n\n{answer}\n\n"
            "Both links are for you alone.\n",
            "Video call",
        ),
        K.MOVED: W(
            "A new time",
            "Hello,\n\nyour video call with {clinic} has another time:\n\n"
            "    {time}\n    {length} min\n\n"
            "The links that you had have ended. To come in, from 15 minutes before:\n\n{link}\n\n"
            "Can you come? Please answer here:\n\n{answer}\n",
            "Video call",
        ),
        K.CHANGED: W(
            "A change",
            "Hello,\n\nsomething has changed about your video call with {clinic}. This holds now:"
            "\n\n    {time}\n    {length} min\n\n"
            "To come in:\n\n{link}\n\n"
            "Can you come? Please answer here:\n\n{answer}\n",
            "Video call",
        ),
        K.CANCELLED: W(
            "Cancelled",
            "Hello,\n\nyour video call with {clinic} does not take place:\n\n    {time}\n\n"
            "The links that you had have ended. You need not do anything.\n",
            "Video call",
        ),
        K.ANSWER: W(
            "An answer",
            "Hello,\n\nsomebody whom you have invited cannot come, or asks for another time:\n\n"
            "    {time}\n\nWho, and which of both, is shown here:\n\n{link}\n",
        ),
        K.GLASS: W(
            "Please look at the log",
            "Hello,\n\nat {clinic} somebody has opened a restricted record in an emergency:\n\n"
            "    {time}\n\nWho, which one and why is shown to owners who sign in:\n\n{link}\n",
        ),
        K.REMINDER: W(
            "A reminder",
            "Hello,\n\nyour video call with {clinic}:\n\n    {time}\n    {length} min\n\n"
            "To come in, from 15 minutes before:\n\n{link}\n\n"
            "The link is for you alone.\n",
        ),
        K.SERIES: W(
            "Appointments",
            "Hello,\n\n{clinic} invites you to video calls. These are their times now:\n\n"
            "{times}\n\n"
            "You get a link to come in before each of them. Can you come? Please answer here, "
            "for all of them:\n\n{answer}\n\n"
            "The link is for you alone.\n",
            "Video call",
        ),
    },
    "es": {
        K.TROUBLE: W(
            "El servidor de vídeo le necesita",
            "Hola:\n\nEl servidor de vídeo {node} se ha examinado y algo no funciona desde\n\n"
            "    {time}\n    {place}\n\n{what}\n\n"
            "Cómo está ahora:\n\n{link}\n\n"
            "Se envía una carta cuando empieza y otra cuando ha pasado.\n",
        ),
        K.WELL: W(
            "El servidor de vídeo vuelve a funcionar",
            "Hola:\n\nLo que no funcionaba en el servidor de vídeo {node} vuelve a funcionar "
            "desde\n\n    {time}\n    {place}\n\nEsto ha pasado:\n\n{what}\n\n"
            "Cómo está ahora:\n\n{link}\n",
        ),
        K.STAFF: W(
            "Su acceso",
            "Hola:\n\n{clinic} le invita a trabajar con Housecall. Con este enlace establece su "
            "contraseña y su autenticador. Funciona una sola vez, hasta {until}:\n\n{link}\n\n"
            "Si no esperaba este mensaje, no haga nada: el enlace caduca solo.\n",
        ),
        K.ACCOUNT: W(
            "Su acceso ha cambiado",
            "Hola:\n\nsobre su acceso a {clinic} en Housecall:\n\n    {time}\n    {place}\n\n"
            "{what}\n\nSi ha sido usted, no tiene que hacer nada. Si no, avise enseguida a un "
            "propietario de la clínica: cerrará todas sus sesiones y le dará un enlace nuevo.\n",
        ),
        K.TRIES: W(
            "Alguien inicia sesión",
            "Hola:\n\nsobre su acceso a {clinic} en Housecall:\n\n    {time}\n    {place}\n\n"
            "{what}\n\nSi ha sido usted, no tiene que hacer nada. Si no, elija ahora otra "
            "contraseña y avise a un propietario de la clínica.\n",
        ),
        K.PATIENT: W(
            "Su enlace",
            "Hola:\n\ncon este enlace accede a {clinic} en la web. Funciona una sola vez, hasta "
            "{until}, y es solo para usted:\n\n{link}\n\n"
            "Si no esperaba este mensaje, no haga nada: el enlace caduca solo.\n",
        ),
        K.GUEST: W(
            "Su enlace",
            "Hola:\n\n{clinic} le invita a una videollamada. El enlace funciona una sola vez, "
            "hasta {until}, y es solo para usted:\n\n{link}\n\n"
            "Si no esperaba este mensaje, no haga nada: el enlace caduca solo.\n",
        ),
        K.INVITATION: W(
            "Una cita",
            "Hola:\n\n{clinic} le invita a una videollamada:\n\n    {time}\n    {length} min\n\n"
            "Para entrar, desde 15 minutos antes:\n\n{link}\n\n"
            "¿Puede asistir? Responda aquí:\n\n{answer}\n\n"
            "Ambos enlaces son solo para usted.\n",
            "Videollamada",
        ),
        K.MOVED: W(
            "Nueva hora",
            "Hola:\n\nsu videollamada con {clinic} cambia de hora:\n\n"
            "    {time}\n    {length} min\n\n"
            "Los enlaces anteriores ya no sirven.\n\nPara entrar, desde 15 minutos antes:\n\n"
            "{link}\n\n"
            "¿Puede asistir? Responda aquí:\n\n{answer}\n",
            "Videollamada",
        ),
        K.CHANGED: W(
            "Un cambio",
            "Hola:\n\nalgo ha cambiado en su videollamada con {clinic}. Ahora vale esto:\n\n"
            "    {time}\n    {length} min\n\n"
            "Para entrar:\n\n{link}\n\n"
            "¿Puede asistir? Responda aquí:\n\n{answer}\n",
            "Videollamada",
        ),
        K.CANCELLED: W(
            "Cancelada",
            "Hola:\n\nsu videollamada con {clinic} no tendrá lugar:\n\n    {time}\n\n"
            "Los enlaces anteriores ya no sirven. No tiene que hacer nada.\n",
            "Videollamada",
        ),
        K.ANSWER: W(
            "Una respuesta",
            "Hola:\n\nuna persona invitada no puede asistir o pide otra hora:\n\n"
            "    {time}\n\nAquí se muestra quién y cuál de las dos cosas:\n\n{link}\n",
        ),
        K.GLASS: W(
            "Por favor, revise el registro",
            "Hola:\n\nen {clinic} alguien ha abierto una ficha restringida por una urgencia:\n\n"
            "    {time}\n\nQuién, cuál y por qué se muestra a los propietarios que inician sesión:"
            "\n\n{link}\n",
        ),
        K.REMINDER: W(
            "Recordatorio",
            "Hola:\n\nsu videollamada con {clinic}:\n\n    {time}\n    {length} min\n\n"
            "Para entrar, desde 15 minutos antes:\n\n{link}\n\n"
            "El enlace es solo para usted.\n",
        ),
        K.SERIES: W(
            "Citas",
            "Hola:\n\n{clinic} le invita a videollamadas. Estas son ahora sus horas:\n\n"
            "{times}\n\n"
            "Antes de cada una recibirá un enlace para entrar. ¿Puede asistir? Responda aquí, "
            "para todas:\n\n{answer}\n\n"
            "El enlace es solo para usted.\n",
            "Videollamada",
        ),
    },
    "fr": {
        K.TROUBLE: W(
            "Le serveur vidéo a besoin de vous",
            "Bonjour,\n\nle serveur vidéo {node} s'est examiné, et quelque chose ne fonctionne "
            "pas depuis\n\n    {time}\n    {place}\n\n{what}\n\n"
            "Son état à présent :\n\n{link}\n\n"
            "Une lettre part quand cela commence, et une autre quand c'est fini.\n",
        ),
        K.WELL: W(
            "Le serveur vidéo fonctionne de nouveau",
            "Bonjour,\n\nce qui ne fonctionnait pas sur le serveur vidéo {node} fonctionne de "
            "nouveau depuis\n\n    {time}\n    {place}\n\nCeci est fini :\n\n{what}\n\n"
            "Son état à présent :\n\n{link}\n",
        ),
        K.STAFF: W(
            "Votre accès",
            "Bonjour,\n\n{clinic} vous invite à travailler avec Housecall. Ce lien permet de "
            "choisir votre mot de passe et votre authentificateur. Il sert une seule fois, "
            "jusqu’au {until} :\n\n{link}\n\n"
            "Si vous n’attendiez pas ce message, ne faites rien : le lien expire de lui-même.\n",
        ),
        K.ACCOUNT: W(
            "Votre accès a changé",
            "Bonjour,\n\nau sujet de votre accès à {clinic} sur Housecall :\n\n    {time}\n"
            "    {place}\n\n{what}\n\nSi c’était vous, vous n’avez rien à faire. Sinon, prévenez "
            "tout de suite un propriétaire de la clinique : il ferme toutes vos sessions et vous "
            "donne un nouveau lien.\n",
        ),
        K.TRIES: W(
            "Une connexion",
            "Bonjour,\n\nau sujet de votre accès à {clinic} sur Housecall :\n\n    {time}\n"
            "    {place}\n\n{what}\n\nSi c’était vous, vous n’avez rien à faire. Sinon, choisissez "
            "maintenant un autre mot de passe et prévenez un propriétaire de la clinique.\n",
        ),
        K.PATIENT: W(
            "Votre lien",
            "Bonjour,\n\nce lien vous mène à {clinic} sur le web. Il sert une seule fois, "
            "jusqu’au {until}, et il est pour vous seul :\n\n{link}\n\n"
            "Si vous n’attendiez pas ce message, ne faites rien : le lien expire de lui-même.\n",
        ),
        K.GUEST: W(
            "Votre lien",
            "Bonjour,\n\n{clinic} vous invite à un appel vidéo. Le lien sert une seule fois, "
            "jusqu’au {until}, et il est pour vous seul :\n\n{link}\n\n"
            "Si vous n’attendiez pas ce message, ne faites rien : le lien expire de lui-même.\n",
        ),
        K.INVITATION: W(
            "Un rendez-vous",
            "Bonjour,\n\n{clinic} vous invite à un appel vidéo :\n\n"
            "    {time}\n    {length} min\n\n"
            "Pour entrer, dès 15 minutes avant :\n\n{link}\n\n"
            "Pouvez-vous venir ? Répondez ici :\n\n{answer}\n\n"
            "Les deux liens sont pour vous seul.\n",
            "Appel vidéo",
        ),
        K.MOVED: W(
            "Nouvel horaire",
            "Bonjour,\n\nvotre appel vidéo avec {clinic} change d’horaire :\n\n"
            "    {time}\n    {length} min\n\n"
            "Les liens précédents ne servent plus.\n\nPour entrer, dès 15 minutes avant :\n\n"
            "{link}\n\n"
            "Pouvez-vous venir ? Répondez ici :\n\n{answer}\n",
            "Appel vidéo",
        ),
        K.CHANGED: W(
            "Un changement",
            "Bonjour,\n\nvotre appel vidéo avec {clinic} a changé. Voici ce qui vaut désormais :"
            "\n\n    {time}\n    {length} min\n\n"
            "Pour entrer :\n\n{link}\n\n"
            "Pouvez-vous venir ? Répondez ici :\n\n{answer}\n",
            "Appel vidéo",
        ),
        K.CANCELLED: W(
            "Annulé",
            "Bonjour,\n\nvotre appel vidéo avec {clinic} n’a pas lieu :\n\n    {time}\n\n"
            "Les liens précédents ne servent plus. Vous n’avez rien à faire.\n",
            "Appel vidéo",
        ),
        K.ANSWER: W(
            "Une réponse",
            "Bonjour,\n\nune personne invitée ne peut pas venir, ou demande un autre horaire :\n\n"
            "    {time}\n\nQui, et laquelle des deux choses, se trouve ici :\n\n{link}\n",
        ),
        K.GLASS: W(
            "Merci de regarder le journal",
            "Bonjour,\n\nà {clinic}, une personne a ouvert en urgence un dossier restreint :\n\n"
            "    {time}\n\nQui, lequel et pourquoi est montré aux propriétaires connectés :"
            "\n\n{link}\n",
        ),
        K.REMINDER: W(
            "Rappel",
            "Bonjour,\n\nvotre appel vidéo avec {clinic} :\n\n    {time}\n    {length} min\n\n"
            "Pour entrer, dès 15 minutes avant :\n\n{link}\n\n"
            "Le lien est pour vous seul.\n",
        ),
        K.SERIES: W(
            "Des rendez-vous",
            "Bonjour,\n\n{clinic} vous invite à des appels vidéo. Voici leurs horaires :\n\n"
            "{times}\n\n"
            "Avant chacun vous recevez un lien pour entrer. Pouvez-vous venir ? Répondez ici, "
            "pour tous :\n\n{answer}\n\n"
            "Le lien est pour vous seul.\n",
            "Appel vidéo",
        ),
    },
}
