"""Words of a workspace's own in place of ours, and what must not be in them.

What is put in at {names} is a time, a length, the clinic's name and links: there is no name for
anything of a patient's, so that a template cannot put that into a message. What the owner writes by
hand is looked through for words that tell of an illness or a treatment.
"""

import re
from dataclasses import dataclass
from string import Formatter
from unicodedata import combining, normalize

from api.rules.mailing import Channel
from api.rules.wording import LetterKind

# By these words programs tell what is wrong; pages have sentences for each.
UNFIT, UNKNOWN_NAME = "bad_template", "bad_placeholder"
LACKING_NAME, TELLS = "lacking_placeholder", "telling_words"

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


def _without_accents(text: str) -> str:
    """In small letters."""
    apart = normalize("NFKD", text.lower())
    return "".join(letter for letter in apart if not combining(letter))


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
# Many leave accents out on a telephone, and some keyboards write them behind their letter.
TELLING_PLAINLY = tuple(_without_accents(word) for word in TELLING)
WHOLE = {"hiv", "vih", "sida", "aids"}
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why words cannot be used: a word for programs, and a sentence for whoever wrote them."""

    word: str
    sentence: str


def fault(channel: Channel, kind: LetterKind, subject: str | None, text: str) -> Fault | None:
    """None: they can be used."""
    allowed = ALLOWED[channel].get(kind)
    if allowed is None:
        return Fault(UNFIT, f"There is no {kind.value} by {channel.value}.")
    if (subject is None) is (channel is Channel.MAIL):
        return Fault(UNFIT, "A letter has a subject, a text message has none.")
    if len(text) > LONGEST[channel] or len(subject or "") > LONGEST_SUBJECT:
        longest = f"{LONGEST[channel]} characters at most, {LONGEST_SUBJECT} of a subject"
        return Fault(UNFIT, f"It is too long: {longest}.")
    return _fault_of_names(allowed, subject or "", text) or _fault_of_words(subject or "", text)


def _fault_of_names(allowed: frozenset[str], subject: str, text: str) -> Fault | None:
    listed = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    try:
        used = _names(text)
        in_subject = _names(subject)
    except ValueError:
        sentence = f"Braces are for {listed} alone: write each of them as it stands here."
        return Fault(UNKNOWN_NAME, sentence)
    if in_subject:
        return Fault(UNKNOWN_NAME, "Nothing is put into a subject: everybody can read it.")
    if used - allowed:
        return Fault(UNKNOWN_NAME, f"Only {listed} can be put in.")
    lacking = sorted((allowed & NEEDED) - used)
    if lacking:
        return Fault(LACKING_NAME, f"{{{lacking[0]}}} has to be in it.")
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


def _fault_of_words(subject: str, text: str) -> Fault | None:
    for word in WORD.findall(_without_accents(f"{subject} {text}")):
        if word.startswith(TELLING_PLAINLY) or word in WHOLE:
            sentence = "A word in it tells of health: others may read it. Leave that out."
            return Fault(TELLS, sentence)
    return None
