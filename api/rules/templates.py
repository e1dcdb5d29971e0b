"""Words of a workspace's own in place of ours, and what must not be in them.

What is put in at {names} is a time, a length, the clinic's name and links: there is no name for
anything of a patient's, so that a template cannot put that into a message. What the owner writes by
hand is looked through for words that tell of an illness or a treatment.
"""

import re
from string import Formatter

from api.rules.mailing import Channel
from api.rules.wording import LetterKind

K = LetterKind
LONGEST = {Channel.MAIL: 4000, Channel.SMS: 320}  # characters before anything is put in
LONGEST_SUBJECT = 78  # RFC 5322, section 2.1.1: what a line should have at most

# Those that may be in a text, and those that have to be.
ALLOWED: dict[Channel, dict[LetterKind, frozenset[str]]] = {
    Channel.MAIL: {
        K.INVITATION: frozenset({"clinic", "time", "length", "link", "answer"}),
        K.MOVED: frozenset({"clinic", "time", "length", "link", "answer"}),
        K.CANCELLED: frozenset({"clinic", "time"}),
        K.REMINDER: frozenset({"clinic", "time", "length", "link"}),
    },
    Channel.SMS: {
        K.INVITATION: frozenset({"clinic", "time", "length", "link"}),
        K.MOVED: frozenset({"clinic", "time", "length", "link"}),
        K.CANCELLED: frozenset({"clinic", "time"}),
        K.REMINDER: frozenset({"clinic", "time", "length", "link"}),
    },
}
NEEDED = frozenset({"time", "link", "answer"})

# Beginnings of words, in the three languages that letters are written in.
TELLING = (
    "abort", "addict", "adicci", "alcohol", "alerg", "allerg", "ansie", "anticoncep", "anxi",
    "asma", "asthma", "autis", "biops", "bipolar", "cancer", "cardio", "chemo", "chirurg",
    "cirug", "contracep", "cáncer", "dement", "depres", "dermat", "diabet", "diagnos", "dialy",
    "diálisis", "drogue", "démence", "dépress", "embaraz", "epilep", "fertil", "grossesse",
    "hepat", "hépat", "infect", "insulin", "medica", "metadona", "methadone", "migrain", "migrañ",
    "médica", "oncolog", "pregnan", "prescri", "presión", "psicol", "psiq", "psych", "quimio",
    "radiolog", "receta", "rehab", "schizo", "sexual", "sobriety", "suicid", "surger", "surgic",
    "symptom", "síntoma", "terap", "therap", "thérap", "toxico", "traitement", "trastorno",
    "tratamiento", "treatment", "tumeur", "tumor", "vaccin", "vacuna", "épilep",
)  # fmt: skip
WHOLE = {"hiv", "vih", "sida", "aids"}
WORD = re.compile(r"[^\W\d_]+")


def fault(channel: Channel, kind: LetterKind, subject: str | None, text: str) -> str | None:
    """Why these words cannot be used, in a sentence for whoever wrote them; None: they can."""
    allowed = ALLOWED[channel].get(kind)
    if allowed is None:
        return f"There is no {kind.value} by {channel.value}."
    if (subject is None) is (channel is Channel.MAIL):
        return "A letter has a subject, a text message has none."
    if len(text) > LONGEST[channel] or len(subject or "") > LONGEST_SUBJECT:
        longest = f"{LONGEST[channel]} characters at most, {LONGEST_SUBJECT} of a subject"
        return f"It is too long: {longest}."
    return _fault_of_names(allowed, subject or "", text) or _fault_of_words(subject or "", text)


def _fault_of_names(allowed: frozenset[str], subject: str, text: str) -> str | None:
    listed = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    try:
        used = _names(text)
        in_subject = _names(subject)
    except ValueError:
        return f"Braces are for {listed} alone: write each of them as it stands here."
    if in_subject:
        return "Nothing is put into a subject: everybody can read it."
    if used - allowed:
        return f"Only {listed} can be put in."
    lacking = sorted((allowed & NEEDED) - used)
    if lacking:
        return f"{{{lacking[0]}}} has to be in it."
    return None


def _names(text: str) -> set[str]:
    """Raises ValueError for braces that name nothing, or more than a name."""
    found = set()
    for _, name, form, conversion in Formatter().parse(text):
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise ValueError(name)
        found.add(name)
    return found


def _fault_of_words(subject: str, text: str) -> str | None:
    for word in WORD.findall(f"{subject} {text}"):
        if word.lower().startswith(TELLING) or word.lower() in WHOLE:
            return "A word in it tells of health: others may read it. Leave that out."
    return None
