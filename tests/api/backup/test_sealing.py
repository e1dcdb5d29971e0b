"""What was sealed opens with its passphrase, as a whole and unchanged, or not at all."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.backup import sealing
from api.backup.errors import BackupError
from api.backup.sealing import CHUNK, MAGIC, Sealer, opened

PASSPHRASE = "four lamps beside one river"


@pytest.fixture(autouse=True, scope="module")
def cheap() -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(sealing, "COST", 16)


def seal(content: bytes, pieces: int = 7000) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, PASSPHRASE)
    for at in range(0, len(content), pieces):
        sealer.write(content[at : at + pieces])
    sealer.finish()
    return file.getvalue()


def unseal(sealed: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return opened(io.BytesIO(sealed), passphrase).read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_any_length_comes_back(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)

    assert unseal(seal(content[:size])) == content[:size]


def test_nothing_of_it_can_be_read_and_no_two_are_alike() -> None:
    first, second = seal(b"Pat Moss" * 100), seal(b"Pat Moss" * 100)

    assert b"Pat" not in first
    assert first.partition(b"\n")[2] != second.partition(b"\n")[2]


def test_another_passphrase_does_not_open_it() -> None:
    with pytest.raises(BackupError, match="does not open"):
        unseal(seal(b"x"), PASSPHRASE + ".")


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(BackupError, match="12 characters"):
        Sealer(io.BytesIO(), "elevenchars")


@given(st.data())
@settings(max_examples=60)
def test_any_change_and_any_cut_shows(data: st.DataObject) -> None:
    sealed = seal(b"a" * (2 * CHUNK + 5))
    at = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytes([sealed[at] ^ data.draw(st.integers(1, 255))])
    for changed in (sealed[:at], sealed[:at] + flipped + sealed[at + 1 :]):
        with pytest.raises(BackupError):
            unseal(changed)


def test_chunks_that_change_places_or_are_left_out_show() -> None:
    head, _, body = seal(b"a" * CHUNK + b"b" * CHUNK + b"c").partition(b"\n")
    size = CHUNK + 16
    first, second, last = body[:size], body[size : 2 * size], body[2 * size :]
    for chunks in ((second, first, last), (first, last), (first, second), (first, first, last)):
        with pytest.raises(BackupError):
            unseal(head + b"\n" + b"".join(chunks))


@pytest.mark.parametrize(
    "fields",
    [
        b'{"format": 2, "kdf": "scrypt", "n": 16, "salt": ""}',
        b'{"format": 1, "kdf": "scrypt", "n": 1099511627776, "salt": ""}',
        b'{"format": 1, "kdf": "scrypt", "n": 15, "salt": ""}',
        b'{"format": 1, "kdf": "scrypt", "n": "16", "salt": ""}',
        b"[]",
        b"",
    ],
)
def test_a_head_that_makes_no_sense_is_refused(fields: bytes) -> None:
    with pytest.raises(BackupError):
        unseal(MAGIC + fields + b"\n")
