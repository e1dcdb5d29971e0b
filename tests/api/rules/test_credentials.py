import pytest

from api.rules.credentials import (
    authenticator_uri,
    code_at,
    guessing_problem,
    matching_step,
    password_problem,
)

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("unix", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(unix: int, code: str) -> None:
    assert code_at(SECRET, unix // 30) == code  # appendix B, its last six digits


def test_clocks_may_differ_by_a_step() -> None:
    for unix, expected in ((59, 1), (89, 1), (29, 1), (90, None), (119, None)):
        assert matching_step(SECRET, "287082", unix, None) == expected


def test_a_code_serves_once() -> None:
    assert matching_step(SECRET, "287082", 59, 0) == 1
    assert matching_step(SECRET, "287082", 59, 1) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "٢٨٧٠٨٢", "28708a", " 28708"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert matching_step(SECRET, code, 59, None) is None


def test_an_authenticator_reads_the_secret() -> None:
    uri = authenticator_uri(SECRET, "a@clinic.example", "North Clinic")

    assert uri.startswith("otpauth://totp/North%20Clinic:a%40clinic.example?")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in uri


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("correct horse battery", True),
        ("Tr0ub4dor&3", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("x" * 200 + "abcdefgh" * 8, False),
        ("my name is gertrude", False),
    ],
)
def test_length_makes_a_password_good(password: str, is_good: bool) -> None:
    problem = password_problem(password, email="Gertrude@clinic.example")

    assert (problem is None) == is_good
    assert problem is None or problem.endswith(".")


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "P@ssw0rd1234", "qwertyuiop12", "letmeinletmein", "iloveyouforever",
        "123456789012", "1q2w3e4r5t6y", "gertrude1234", "NorthClinic2027",
        "monkeymonkeymonkey", "abcdefghijkl1",
    ],
)  # fmt: skip
def test_what_many_have_or_a_name_gives_is_soon_guessed(password: str) -> None:
    problem = guessing_problem(password, ["gertrude@north.example", "North Clinic"])

    assert problem is not None
    assert problem.endswith(".")


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "a horse, a staple and a battery", "grüne Äpfel fallen leise",
     "7vY#pQ2!mZ9x", "x" * 60 + " but more words come after"],
)  # fmt: skip
def test_a_few_words_are_not(password: str) -> None:
    assert guessing_problem(password, ["gertrude@north.example"]) is None
