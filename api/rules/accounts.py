"""What the people who work here are told of their own access, and which tries to sign in are odd
enough for that (ASVS 5.0, 6.3.5 and 6.3.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from api.rules.textwording import main_language

LATELY = timedelta(days=1)  # that wrong tries count
SEVERAL = 5  # of them, before somebody has signed in
GRACE = timedelta(minutes=10)  # in which one makes good oneself what one has mistyped


class Happening(StrEnum):
    PASSWORD = "password"  # was changed
    RENEWED = "renewed"  # password and authenticator, by a link
    ADDRESS = "address"  # by that link there is another one, too
    HALF = "half"  # somebody knows the password, and had no code
    GUESSED = "guessed"  # they have come in after several tries


H = Happening
SENTENCES: dict[str, dict[Happening, str]] = {
    "en": {
        H.PASSWORD: "The password was changed, and all other sessions have ended.",
        H.RENEWED: "A link has set a new password and a new authenticator.",
        H.ADDRESS: "A link has set another e-mail address, a new password and a new authenticator.",
        H.HALF: "Somebody had the right password and a wrong code. Nobody was let in by that.",
        H.GUESSED: "Somebody has signed in after several wrong tries.",
    },
    "es": {
        H.PASSWORD: "La contraseña ha cambiado y todas las demás sesiones han terminado.",
        H.RENEWED: "Un enlace ha establecido una contraseña y un autenticador nuevos.",
        H.ADDRESS: "Un enlace ha establecido otra dirección de correo, una contraseña y un "
        "autenticador nuevos.",
        H.HALF: "Alguien tenía la contraseña correcta y un código erróneo. Nadie ha entrado así.",
        H.GUESSED: "Alguien ha iniciado sesión tras varios intentos erróneos.",
    },
    "fr": {
        H.PASSWORD: "Le mot de passe a changé, et toutes les autres sessions sont fermées.",
        H.RENEWED: "Un lien a donné un nouveau mot de passe et un nouvel authentificateur.",
        H.ADDRESS: "Un lien a donné une autre adresse e-mail, un nouveau mot de passe et un nouvel "
        "authentificateur.",
        H.HALF: "Quelqu’un avait le bon mot de passe et un code faux. Personne n’est entré ainsi.",
        H.GUESSED: "Quelqu’un s’est connecté après plusieurs essais faux.",
    },
}


def sentence(what: Happening, language: str | None) -> str:
    return SENTENCES[main_language(language)][what]


@dataclass(frozen=True, slots=True)
class Try:
    """To sign in as somebody."""

    at: datetime
    is_in: bool
    reason: str | None
    place: str | None


def verdict(tries: Sequence[Try], here: str | None, now: datetime) -> Happening | None:
    """What wrong tries (in order) are to who signs in from here: GUESSED, or HALF if they have now
    made good themselves what was wrong; None: nothing new."""
    last = max((index for index, one in enumerate(tries) if one.is_in), default=-1)
    if len(tries) - 1 - last >= SEVERAL:
        return Happening.GUESSED
    halves = [one for one in tries if one.reason == "wrong_code" and now - one.at <= GRACE]
    is_own = bool(halves) and all(one.place == here for one in halves)
    return Happening.HALF if is_own else None
