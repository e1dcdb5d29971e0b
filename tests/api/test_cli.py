"""The command line, called in this process: what it refuses and what it prints."""

import logging
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from api.cli import main
from signaling.tokens import verify

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def housecall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Call it in a folder of its own; gives exit status, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.root, "handlers", [])  # `up` puts its own there
    monkeypatch.setattr(logging.root, "level", logging.root.level)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["housecall", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return call


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["up", "--config", "none.yaml"], "none.yaml cannot be read"),
        (["up", "--tls-cert", "a.pem"], "--tls-cert and --tls-key go together"),
        (["up", "--tls-cert", "a.pem", "--tls-key", "a.pem"], "cannot be used"),
        (["up", "--bind", "192.0.2.99"], "192.0.2.99 is not an address of this machine"),
        (["up", "--bind", "a b"], "'a b' is no address to listen on"),
        (["up", "--udp-port", "7885-7882"], "the lower port comes first"),
        (["up", "--workers", "3"], "3 media processes need 3 UDP ports"),
        (["up", "--gather", "1s"], "media.gather: Value error, 1s is longer than 20ms"),
        (["up", "--node-ip", "here"], "rtc.node_ip: value is not a valid IPv4 or IPv6 address"),
        (["link", "a.b"], "cannot be in a link"),
        (["token", "--room", "a", "--identity", "b", "--valid-for", "long"], "is not a duration"),
    ],
)
def test_a_mistake_is_one_sentence(housecall: Call, arguments: list[str], sentence: str) -> None:
    status, said, told = housecall(*arguments)

    assert (status, said) == (1, "")
    assert sentence in told
    assert len(told.splitlines()) == 1


def test_nothing_printed_is_taken_for_a_picture(
    housecall: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `:AB:` in a fingerprint, `:1:` in an address: Rich would print 🆎 for it
    monkeypatch.setattr("api.cli.welcome", lambda *_: ["4D:AB:4C:83"])
    monkeypatch.setattr("api.run.run", lambda _plan, _ahead, announce: announce(7880, None))

    status, said, _ = housecall("up")

    assert (status, said) == (0, "4D:AB:4C:83\n")


def test_a_file_without_keys_is_refused_as_livekit_does(housecall: Call) -> None:
    Path("livekit.yaml").write_text("port: 1")

    assert "neither keys nor key_file" in housecall("up", "--config", "livekit.yaml")[2]


def test_the_version(housecall: Call) -> None:
    assert re.fullmatch(r"housecall \d+\.\d+\.\d+\n", housecall("--version")[1])


LAST_LOOK = """
import atexit, gc
from api.cli import main
atexit.register(lambda: print(gc.get_freeze_count() > len(gc.get_objects())))
main()
"""


def test_its_end_does_not_look_for_cycles() -> None:
    line = [sys.executable, "-c", LAST_LOOK, "--version"]
    said = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said.splitlines()[-1] == "True"


def test_without_a_command_it_tells_what_there_is(housecall: Call) -> None:
    said = housecall()[1]

    assert all(command in said for command in ("up", "token", "link"))
    assert "│ serve" not in said  # an alias


def test_a_token_says_what_was_asked_for(housecall: Call) -> None:
    status, said, _ = housecall(
        *("token", "--room", "ward", "--identity", "ann", "--name", "Ann Lee", "--hidden"),
        *("--source", "camera", "--no-subscribe", "--valid-for", "90s"),
    )
    keys = yaml.safe_load(Path("housecall-data/keys.yaml").read_text())
    claims = verify(said.strip(), keys, time.time())
    grant = claims.video

    assert status == 0
    assert (claims.identity, claims.name) == ("ann", "Ann Lee")
    assert grant is not None
    assert (grant.room, grant.hidden, grant.can_publish_sources) == ("ward", True, ("camera",))
    assert (grant.may_publish, grant.may_subscribe) == (True, False)
    assert claims.expires - time.time() <= 91


def test_a_link_names_the_address_of_the_page(housecall: Call) -> None:
    assert housecall("link", "ward")[1].startswith("http://127.0.0.1:7880/#r=ward.")
    assert housecall("link", "ward", "--url", "https://visit.example/")[1].startswith(
        "https://visit.example/#r=ward."
    )


def test_a_pair_of_keys(housecall: Call) -> None:
    status, said, _ = housecall("keys")
    lines = said.splitlines()

    assert status == 0
    assert re.fullmatch(r"API Key:  API[0-9a-f]{12}", lines[0])
    assert re.fullmatch(r"API Secret:  [\w-]{43}", lines[1])
    assert housecall("generate-keys")[1] != said


def test_keys_can_be_kept_in_a_file(housecall: Call, tmp_path: Path) -> None:
    for _ in range(2):
        status, said, _ = housecall("keys", "--file", "keys.yaml")
        assert status == 0
        assert "keys.yaml" in said
    pairs = yaml.safe_load((tmp_path / "keys.yaml").read_text())

    assert len(pairs) == 2
    assert (tmp_path / "keys.yaml").stat().st_mode & 0o777 == 0o600
    (tmp_path / "keys.yaml").chmod(0o604)
    assert "open to others" in housecall("keys", "--file", "keys.yaml")[2]
