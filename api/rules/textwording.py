"""What text messages say. A telephone shows them while it is locked: they name the clinic, the
time and a link, and nothing else."""

from collections.abc import Mapping

from api.rules.wording import ENGLISH, LetterKind

K = LetterKind
TEXTS: dict[str, dict[LetterKind, str]] = {
    "en": {
        K.INVITATION: "{clinic}: video call on {time}. To come in, from 15 minutes before: {link} "
        "Reply STOP to get no more texts.",
        K.MOVED: "{clinic}: your video call is now on {time}. Use this link, the old one has "
        "ended: {link}",
        K.CANCELLED: "{clinic}: your video call on {time} does not take place. You need not do "
        "anything.",
        K.REMINDER: "{clinic}: your video call is on {time}. To come in: {link} "
        "Reply STOP to get no more texts.",
        K.TEST: "{clinic}: this is a test message.",
    },
    "es": {
        K.INVITATION: "{clinic}: videollamada el {time}. Para entrar, desde 15 minutos antes: "
        "{link} Responda STOP para no recibir más mensajes.",
        K.MOVED: "{clinic}: su videollamada pasa a {time}. Use este enlace, el anterior ya no "
        "sirve: {link}",
        K.CANCELLED: "{clinic}: su videollamada del {time} no tendrá lugar. No tiene que hacer "
        "nada.",
        K.REMINDER: "{clinic}: su videollamada es el {time}. Para entrar: {link} "
        "Responda STOP para no recibir más mensajes.",
        K.TEST: "{clinic}: este es un mensaje de prueba.",
    },
    "fr": {
        K.INVITATION: "{clinic} : appel vidéo le {time}. Pour entrer, dès 15 minutes avant : "
        "{link} Répondez STOP pour ne plus recevoir de messages.",
        K.MOVED: "{clinic} : votre appel vidéo est déplacé au {time}. Utilisez ce lien, l’ancien "
        "ne sert plus : {link}",
        K.CANCELLED: "{clinic} : votre appel vidéo du {time} n’a pas lieu. Vous n’avez rien à "
        "faire.",
        K.REMINDER: "{clinic} : votre appel vidéo est le {time}. Pour entrer : {link} "
        "Répondez STOP pour ne plus recevoir de messages.",
        K.TEST: "{clinic} : ceci est un message d’essai.",
    },
}  # fmt: skip


def main_language(language: str | None, known: Mapping[str, object] = TEXTS) -> str:
    """Of one as browsers name it ("fr-CA"), the one that there are words in."""
    main = (language or ENGLISH).replace("_", "-").partition("-")[0].lower()
    return main if main in known else ENGLISH
