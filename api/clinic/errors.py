"""Why something is not done, in words for whoever asked."""


class Refusal(Exception):
    """`kind` is a word for programs, the message a sentence for people that says what to do."""

    status = 400

    def __init__(self, kind: str, sentence: str, wait: float | None = None) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.wait = wait  # seconds until it may be tried again


class Unknown(Refusal):
    """Whoever asks has not said who they are, or not rightly."""

    status = 401


class Forbidden(Refusal):
    status = 403


class Missing(Refusal):
    """There is no such thing in this workspace."""

    status = 404


class InTheWay(Refusal):
    """It would contradict what is there."""

    status = 409


class Changed(Refusal):
    """Somebody else was faster."""

    status = 412


class Gone(Refusal):
    """It was there once."""

    status = 410


class TooLarge(Refusal):
    status = 413


class WrongType(Refusal):
    status = 415


class Unfit(Refusal):
    """It can be read, and is not what is wanted."""

    status = 422


class Full(Refusal):
    """There is no room for it."""

    status = 507


class TooMany(Refusal):
    status = 429


def missing(what: str) -> Missing:
    return Missing("not_found", f"There is no such {what}.")
