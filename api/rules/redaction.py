"""Take out of a log line what it must not say: tokens, links, passwords, addresses, numbers, and
what somebody else has put into words.

Patterns find what has a form. Names and free text have none: of lines that other programs compose
only their own words are kept, and of exceptions their kind and where they came from.
"""

import re

from api.rules.bearers import Purpose

TOKEN, SECRET, MAIL, NUMBER, LINK = "<token>", "<secret>", "<mail>", "<number>", "<link>"
HIDDEN = "…"

ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")  # IPv4, no telephone
DAY = re.compile(r"\d{4}-\d\d-\d\d")
DIGITS, DIGITS_ALONE = 8, 9  # of a telephone number with something between them, and without
DIALLED = re.compile(r"(?<![\w.:/-])\+?\(?\d(?:[ ()/.-]{0,3}+\d){5,}+(?![\w-])")

SECRETS = (
    "access_token|token|password|passphrase|passwd|pwd|secret|authorization|api_?key|cookie"
    "|credential|signature"
)
PATTERNS = (
    (re.compile(rf"\b(?:{'|'.join(Purpose)})[\w-]{{8,}}"), TOKEN),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.?[\w-]*"), TOKEN),  # JWT
    (re.compile(r"#[a-z]=\S+"), f"#{LINK}"),  # ours, see api/rules/links.py
    (re.compile(r"(?<=://)[^\s/@]*:[^\s/@]*@"), f"{SECRET}@"),
    (re.compile(r"\?[\w.~%-]+=\S*"), f"?{HIDDEN}"),  # queries
    (
        re.compile(
            rf"(?i)(?<![a-z])({SECRETS})(['\"]?\s*[=:]\s*)(?!<)((?:bearer|basic)\s+)?"
            r"(?:\"[^\"]*\"?|'[^']*'?|[^\s&,;)}\]]+)"
        ),
        rf"\1\2\3{SECRET}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {SECRET}"),
    (re.compile(r"(?<![^\s<>@\"'(),;:=])[^\s<>@\"'(),;:=]++@[^\s<>@\"'(),;:]+"), MAIL),
)
# In lines of others: what is quoted, shown as an object, or given to a call.
PUT_IN = re.compile(r"'[^']*'?|\"[^\"]*\"?|<[^>]*>?|\([^)]*\)?|\[[^\]]*\]?|{[^}]*}?")


def redact(text: str) -> str:
    """Without what can be told by its form."""
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return DIALLED.sub(_number, text)


def _number(found: re.Match[str]) -> str:
    text = found[0]
    if ADDRESS.fullmatch(text) or DAY.match(text):
        return text
    count = sum(c.isdigit() for c in text)
    needed = DIGITS_ALONE if text.isdigit() else DIGITS
    return NUMBER if count >= needed or text.startswith("+") else text


def own_words(line: str) -> str:
    """Of a line that another program has composed, what it says of its own."""
    return PUT_IN.sub(HIDDEN, line.partition("\n")[0]).rstrip()
