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


@dataclass(frozen=True, slots=True)
class Wording:
    subject: str
    text: str  # with {names} of what is put in


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
        K.STAFF: W(
            "Your access",
            "Hello,\n\nyou are invited to work with {clinic} on Housecall. This link sets your "
            "password and your authenticator. It works once, until {until}:\n\n{link}\n\n"
            "If you did not expect this, do nothing: the link ends by itself.\n",
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
    },
    "es": {
        K.STAFF: W(
            "Su acceso",
            "Hola:\n\n{clinic} le invita a trabajar con Housecall. Con este enlace establece su "
            "contraseña y su autenticador. Funciona una sola vez, hasta {until}:\n\n{link}\n\n"
            "Si no esperaba este mensaje, no haga nada: el enlace caduca solo.\n",
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
    },
    "fr": {
        K.STAFF: W(
            "Votre accès",
            "Bonjour,\n\n{clinic} vous invite à travailler avec Housecall. Ce lien permet de "
            "choisir votre mot de passe et votre authentificateur. Il sert une seule fois, "
            "jusqu’au {until} :\n\n{link}\n\n"
            "Si vous n’attendiez pas ce message, ne faites rien : le lien expire de lui-même.\n",
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
    },
}
