"""What people are asked to agree to, as long as a clinic has no text of its own, and how a text is
known again."""

import hashlib

BUILT_IN = 0  # the version of these

TEXTS = {
    "en": (
        "This video call can be recorded, if everybody whose sound or picture is in it agrees.\n\n"
        "You can agree to each of these by itself: your voice, your picture, a written transcript, "
        "and notes that a program drafts for the clinician to check. The recording is kept "
        "encrypted, for as long as the clinic's rules say, and is part of your record.\n\n"
        "You may say no, and you may take back a yes at any time: nothing of you is recorded from "
        "then on. You are treated just the same."
    ),
    "es": (
        "Esta videollamada puede grabarse si están de acuerdo todas las personas cuya voz o imagen "
        "aparece en ella.\n\n"
        "Puede aceptar por separado: su voz, su imagen, una transcripción escrita y notas que un "
        "programa redacta para que el personal clínico las revise. La grabación se guarda cifrada, "
        "durante el tiempo que fijan las normas del centro, y forma parte de su historia.\n\n"
        "Puede decir que no, y puede retirar su consentimiento cuando quiera: desde entonces "
        "no se graba nada de usted. La atención será exactamente la misma."
    ),
    "fr": (
        "Cet appel vidéo peut être enregistré si toutes les personnes dont la voix ou l’image y "
        "figure sont d’accord.\n\n"
        "Vous pouvez accepter séparément : votre voix, votre image, une transcription écrite, et "
        "des notes rédigées par un programme, que le clinicien vérifie. L’enregistrement est "
        "conservé chiffré, aussi longtemps que le prévoient les règles de l’établissement, et fait "
        "partie de votre dossier.\n\n"
        "Vous pouvez refuser, et revenir sur votre accord à tout moment : plus rien de vous n’est "
        "enregistré à partir de là. Vous êtes soigné exactement de la même façon."
    ),
}


def hash_of(version: int, language: str, text: str) -> str:
    """SHA-256 in hex: what somebody has agreed to was this text and no other."""
    content = f"{version}\n{language}\n{text}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def choose(languages: list[str], wanted: str | None) -> str | None:
    """The language wanted, or one of the same tongue, or English, or any; None without any."""
    if not languages:
        return None
    main = (wanted or "").partition("-")[0].lower()
    for language in languages:
        if wanted is not None and language.lower() == wanted.lower():
            return language
    same = [one for one in languages if one.partition("-")[0].lower() == main]
    english = [one for one in languages if one.partition("-")[0].lower() == "en"]
    return (same or english or languages)[0]
