"""What follows from the settings: where to listen, which keys, what to warn of."""

from pathlib import Path
from typing import Any

import pytest

from api.datafolder import DataFolder, DataFolderError
from api.listen import EVERYWHERE, LOOPBACK, ListenError, listen
from api.plan import (
    DEV_KEYS,
    check_webhooks,
    default_binds,
    find_keys,
    is_loopback,
    media_addresses,
    read_turn_secrets,
    warnings,
)
from api.rules.addresses import MachineAddress
from api.settings import Settings, SettingsError
from tests.api.planning import make

MACHINE = [MachineAddress("lo", "127.0.0.1"), MachineAddress("eth0", "192.0.2.5")]


def settings(**values: Any) -> Settings:
    return Settings.model_validate(values)


def test_only_with_tls_or_a_file_is_it_for_others() -> None:
    assert default_binds(settings(), False) == LOOPBACK
    assert default_binds(settings(tls={"self_signed": True}), False) == EVERYWHERE
    assert default_binds(settings(), True) == EVERYWHERE
    assert default_binds(settings(dev=True), True) == LOOPBACK


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_loopback(bind: str) -> None:
    assert is_loopback(bind)


@pytest.mark.parametrize("bind", ["", "0.0.0.0", "::", "192.0.2.1", "visit.example"])
def test_what_is_not_loopback(bind: str) -> None:
    assert not is_loopback(bind)


def test_keys_come_from_the_operator_first(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    (tmp_path / "keys").write_text("file: secret")
    (tmp_path / "keys").chmod(0o600)
    named = settings(key_file=str(tmp_path / "keys"))

    assert find_keys(settings(keys={"a": "b"}, dev=True), folder, has_file=True) == {"a": "b"}
    assert find_keys(named, folder, has_file=True) == {"file": "secret"}
    assert find_keys(settings(dev=True), folder, has_file=True) == DEV_KEYS
    assert find_keys(settings(), folder, has_file=False) == folder.api_keys()
    with pytest.raises(SettingsError, match="neither keys nor key_file"):
        find_keys(settings(), folder, has_file=True)
    with pytest.raises(DataFolderError, match="cannot be read"):
        find_keys(settings(key_file="none"), folder, has_file=True)


def test_a_key_file_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("file: secret")
    path.chmod(0o644)

    with pytest.raises(DataFolderError, match="open to others"):
        find_keys(settings(key_file=str(path)), DataFolder(tmp_path), has_file=True)


def test_the_secret_of_another_s_relay_may_have_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("hush\n")
    path.chmod(0o600)
    servers = [
        {"host": "a.example", "secret_file": str(path)},
        {"host": "b.example", "secret_file": str(path), "secret": "word"},
    ]
    given = settings(rtc={"turn_servers": servers})

    read_turn_secrets(given)

    assert [server.secret for server in given.rtc.turn_servers] == ["hush", "word"]
    assert "hush" not in repr(given)


@pytest.mark.parametrize(
    ("text", "mode", "says"), [(" \n", 0o600, "no secret"), ("hush", 0o644, "open to others")]
)
def test_a_file_without_a_secret_or_open_to_others_is_told(
    tmp_path: Path, text: str, mode: int, says: str
) -> None:
    path = tmp_path / "secret"
    path.write_text(text)
    path.chmod(mode)
    server = {"host": "a.example", "secret_file": str(path)}
    with pytest.raises((SettingsError, DataFolderError), match=says):
        read_turn_secrets(settings(rtc={"turn_servers": [server]}))


def test_a_page_for_this_machine_alone_makes_loopback_a_candidate() -> None:
    assert media_addresses(settings(), MACHINE, local=True).bound == ["192.0.2.5", "127.0.0.1"]
    assert media_addresses(settings(), MACHINE, local=False).bound == ["192.0.2.5"]


def test_a_filter_that_leaves_nothing_is_told() -> None:
    with pytest.raises(SettingsError, match="no address of this machine"):
        media_addresses(settings(rtc={"interfaces": {"includes": ["wg0"]}}), MACHINE, local=True)


def test_nothing_to_warn_of() -> None:
    assert list(warnings(make())) == []


def test_each_warning_is_given_once() -> None:
    plan = make({"rtc": {"use_external_ip": True}, "x": 1}, keys={"a": "b"}, binds=["0.0.0.0"])

    assert [sentence.split(":")[0] for sentence in warnings(plan)] == [
        "the setting x is not known and has no effect",
        "the setting rtc.use_external_ip is not supported yet and has no effect",
        "an API secret is shorter than 32 characters and could be guessed",
        "without TLS browsers refuse camera and microphone to everybody but this machine",
    ]


def test_several_addresses_listen_on_one_port() -> None:
    sockets = listen(["127.0.0.1", "::1"], 0, optional=True)
    try:
        assert len({sock.getsockname()[1] for sock in sockets}) == 1
    finally:
        for sock in sockets:
            sock.close()


def test_addresses_of_others_are_left_out_only_when_nobody_asked_for_them() -> None:
    (sock,) = listen(["127.0.0.1", "192.0.2.99"], 0, optional=True)
    sock.close()
    with pytest.raises(ListenError, match=r"192\.0\.2\.99 is not an address of this machine"):
        listen(["127.0.0.1", "192.0.2.99"], 0)


def test_webhooks_need_an_address_and_a_key_of_ours() -> None:
    def check(**webhook: Any) -> None:
        check_webhooks(settings(webhook=webhook), {"APIkey": "s"})

    check()
    check(urls=["https://a.example/hook"], api_key="APIkey")
    with pytest.raises(SettingsError, match="one of the API keys"):
        check(urls=["https://a.example/hook"], api_key="other")
    with pytest.raises(SettingsError, match="not an http or https address"):
        check(urls=["a.example/hook"], api_key="APIkey")
