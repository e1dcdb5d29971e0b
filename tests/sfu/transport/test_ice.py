from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.media import IceCredentials
from sfu.path import Path
from sfu.transport.events import PathForgotten, PathValidated, UfragRetired
from sfu.transport.ice import MOST_PATHS, IceLite, IceState
from sfu.transport.reject import Reject
from turn.stun import (
    Attribute,
    Class,
    Message,
    Method,
    unpack_error,
    unpack_unknown,
    unpack_xor_address,
)

OURS = IceCredentials("ours", "our-password")
THEIRS = IceCredentials("thrs", "their-password")
NEW_OURS = IceCredentials("new1", "our-new-password")
NEW_THEIRS = IceCredentials("new2", "their-new-password")
A: Path = (0, ("192.0.2.1", 1000))
B: Path = (0, ("192.0.2.1", 2000))
C: Path = (1, ("2001:db8::1", 3000, 0, 0))
TRANSACTION = bytes(range(12))
USE_CANDIDATE = (int(Attribute.USE_CANDIDATE), b"")
CONTROLLING = (int(Attribute.ICE_CONTROLLING), bytes(8))
CONTROLLED = (int(Attribute.ICE_CONTROLLED), bytes(8))


class Agent:
    """An agent with what its tests ask of it."""

    def __init__(self, is_described: bool = True) -> None:
        self.dropped: Counter[Reject] = Counter()
        self.ice = IceLite(OURS, self.dropped)
        if is_described:
            self.ice.connect(OURS, THEIRS, now=0.0)

    def receive(self, data: bytes, path: Path = A, now: float = 0.0) -> None:
        self.ice.receive(Message.parse(data), data, path, now)

    def check(
        self,
        path: Path = A,
        now: float = 0.0,
        *extra: tuple[int, bytes],
        local: IceCredentials = OURS,
        remote: IceCredentials = THEIRS,
    ) -> None:
        self.receive(request(f"{local.ufrag}:{remote.ufrag}", local.password, *extra), path, now)

    def state(self) -> IceState:
        return self.ice.state

    def answer(self) -> Message:
        transmit = self.ice.answers.pop()
        return Message.parse(transmit.data)

    def error(self) -> int:
        value = self.answer().get(Attribute.ERROR_CODE)
        assert value is not None
        return unpack_error(value).code


def request(username: str, password: str | None, *extra: tuple[int, bytes]) -> bytes:
    attributes = [(int(Attribute.USERNAME), username.encode()), CONTROLLING, *extra]
    message = Message(Method.BINDING, Class.REQUEST, TRANSACTION, attributes)
    return message.sealed(None if password is None else password.encode())


@pytest.mark.parametrize("path", [A, C])
def test_a_check_is_answered_with_the_address_it_came_from(path: Path) -> None:
    agent = Agent()
    data = request("ours:thrs", OURS.password)
    agent.receive(data, path)
    (transmit,) = agent.ice.answers
    answer = Message.parse(transmit.data)
    mapped = answer.get(Attribute.XOR_MAPPED_ADDRESS)

    assert transmit.to == path
    assert answer.kind is Class.SUCCESS
    assert answer.transaction == TRANSACTION
    assert answer.is_authentic(transmit.data, OURS.password.encode())
    assert mapped is not None
    assert unpack_xor_address(mapped, TRANSACTION) == path[1][:2]
    assert len(transmit.data) <= len(data)
    assert agent.ice.events == [PathValidated(path)]


def test_a_check_on_a_tcp_connection_is_answered_with_its_address() -> None:
    agent = Agent()
    agent.check((-1, ("192.0.2.7", 4000, 17)))

    answer = agent.answer()
    mapped = answer.get(Attribute.XOR_MAPPED_ADDRESS)
    assert answer.kind is Class.SUCCESS
    assert mapped is not None
    assert unpack_xor_address(mapped, answer.transaction) == ("192.0.2.7", 4000)


def test_a_check_may_come_before_the_clients_description() -> None:
    agent = Agent(is_described=False)
    agent.check()

    assert agent.answer().kind is Class.SUCCESS
    assert agent.ice.send_path == A
    agent.ice.connect(OURS, THEIRS, now=1.0)
    assert agent.state() is IceState.CONNECTED


def test_a_check_without_name_or_integrity_is_a_bad_request() -> None:
    agent = Agent()
    agent.receive(request("ours:thrs", None))
    assert agent.error() == 400

    software = [(int(Attribute.SOFTWARE), bytes(20))]
    agent.receive(Message(Method.BINDING, Class.REQUEST, TRANSACTION, software).sealed(b"k"))
    assert agent.error() == 400
    assert agent.ice.events == []
    assert agent.dropped == {Reject.UNAUTHENTIC_CHECK: 2}


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("ours:thrs", "guess"),
        ("ours:other", OURS.password),
        ("other:thrs", OURS.password),
        ("ours", OURS.password),
        ("ours:thrs", THEIRS.password),
    ],
)
def test_a_wrong_name_or_password_is_refused(username: str, password: str) -> None:
    agent = Agent()
    agent.receive(request(username, password))
    assert agent.error() == 401
    assert agent.ice.events == []
    assert agent.ice.send_path is None


def test_a_refusal_is_never_longer_than_what_it_refuses() -> None:
    agent = Agent()
    agent.receive(Message(Method.BINDING, Class.REQUEST, TRANSACTION).sealed(None))
    assert agent.ice.answers == []
    assert agent.dropped[Reject.OVERSIZED_ANSWER] == 1


def test_attributes_that_must_be_understood_are_named_in_the_refusal() -> None:
    agent = Agent()
    agent.check(A, 0.0, (0x7001, b"what?"), (0xC057, b"fine"))
    answer = agent.answer()
    error, unknown = (answer.get(Attribute.ERROR_CODE), answer.get(Attribute.UNKNOWN_ATTRIBUTES))

    assert error is not None
    assert unknown is not None
    assert unpack_error(error).code == 420
    assert unpack_unknown(unknown) == [0x7001]
    assert agent.ice.send_path is None


def test_who_wants_to_be_controlled_meets_a_role_conflict() -> None:
    agent = Agent()
    agent.check(A, 0.0, CONTROLLED)
    assert agent.error() == 487
    assert agent.ice.send_path is None


@pytest.mark.parametrize("kind", [Class.INDICATION, Class.SUCCESS, Class.ERROR])
def test_only_requests_count(kind: Class) -> None:
    agent = Agent()
    attributes = [(int(Attribute.USERNAME), b"ours:thrs")]
    message = Message(Method.BINDING, kind, TRANSACTION, attributes)
    agent.receive(message.sealed(OURS.password.encode()))

    assert agent.ice.answers == []
    assert agent.ice.send_path is None
    assert agent.dropped == {Reject.NOT_A_REQUEST: 1}


def test_we_send_to_the_first_valid_path_and_then_to_the_nominated_one() -> None:
    agent = Agent()
    agent.check(A)
    agent.check(B, 0.01)
    assert agent.ice.send_path == A

    agent.check(B, 0.05, USE_CANDIDATE)
    agent.check(A, 0.06)
    assert agent.ice.send_path == B
    assert list(agent.ice.heard) == [A, B]


def test_a_client_that_moves_without_nominating_is_followed() -> None:
    """Firefox behind a NAT that gives it another port: its consent checks have no flag."""
    agent = Agent()
    agent.check(A, 0.0, USE_CANDIDATE)
    agent.check(A, 5.0)
    agent.check(B, 10.0)
    assert agent.ice.send_path == B


def test_a_backup_pair_stays_a_backup() -> None:
    agent = Agent()
    for step in range(20):
        agent.check(A, step * 2.5, USE_CANDIDATE)
        agent.check(B, step * 2.5 + 2.4)
    assert agent.ice.send_path == A


def test_paths_are_bounded_and_the_longest_unheard_is_forgotten() -> None:
    agent = Agent()
    agent.check(A, 0.0, USE_CANDIDATE)
    others: list[Path] = [(0, ("192.0.2.9", port)) for port in range(1, MOST_PATHS + 1)]
    for number, path in enumerate(others):
        agent.check(path, 0.1 + number / 100)

    assert len(agent.ice.heard) == MOST_PATHS
    assert agent.ice.events[-1] == PathForgotten(others[0])
    assert A in agent.ice.heard


def test_when_a_path_breaks_the_one_heard_last_takes_over() -> None:
    agent = Agent()
    agent.check(B, 0.0)
    agent.check(A, 1.0, USE_CANDIDATE)
    agent.check(C, 2.0)
    agent.ice.forget(A)
    assert agent.ice.send_path == C

    agent.ice.forget(A)
    agent.ice.forget(C)
    agent.ice.forget(B)
    assert agent.ice.send_path is None
    assert agent.ice.events[-3:] == [PathForgotten(A), PathForgotten(C), PathForgotten(B)]


def test_a_client_that_falls_silent_is_disconnected_and_then_lost() -> None:
    agent = Agent()
    agent.check(A, 1.0)
    assert agent.ice.next_timeout() == 11.0

    agent.ice.handle_timeout(10.9)
    assert agent.state() is IceState.CONNECTED
    agent.ice.handle_timeout(11.0)
    assert agent.state() is IceState.DISCONNECTED
    assert agent.ice.send_path == A
    assert agent.ice.next_timeout() == 16.0
    agent.ice.handle_timeout(16.0)
    assert agent.state() is IceState.FAILED
    assert agent.ice.send_path is None
    assert agent.ice.next_timeout() is None


def test_other_signs_of_life_count_where_checks_are_lost() -> None:
    agent = Agent()
    agent.check(A, 1.0)
    agent.ice.note_life(9.0)
    agent.ice.handle_timeout(11.0)
    assert agent.state() is IceState.CONNECTED
    assert agent.ice.next_timeout() == 19.0

    agent.ice.handle_timeout(19.0)
    assert agent.state() is IceState.DISCONNECTED
    agent.ice.note_life(22.0)
    agent.ice.handle_timeout(24.0)
    assert agent.state() is IceState.CONNECTED
    assert agent.ice.send_path == A

    agent.ice.note_life(3.0)  # that is old
    agent.ice.handle_timeout(37.0)
    assert agent.state() is IceState.FAILED
    agent.ice.note_life(37.5)
    agent.ice.handle_timeout(38.0)
    assert agent.state() is IceState.FAILED  # only a check tells where to send


def test_signs_of_life_open_no_connection() -> None:
    agent = Agent()
    agent.ice.note_life(29.0)
    agent.ice.handle_timeout(30.0)
    assert agent.state() is IceState.ABSENT


def test_a_check_revives_the_connection() -> None:
    agent = Agent()
    agent.check(A, 1.0)
    agent.ice.handle_timeout(11.0)
    agent.check(A, 12.0)
    assert agent.state() is IceState.CONNECTED

    agent.ice.handle_timeout(27.0)
    assert agent.state() is IceState.FAILED
    agent.check(B, 30.0)
    assert agent.state() is IceState.CONNECTED
    assert agent.ice.send_path == B


def test_a_client_that_never_comes_is_absent() -> None:
    agent = Agent(is_described=False)
    assert agent.ice.next_timeout() is None
    agent.ice.connect(OURS, THEIRS, now=100.0)
    assert agent.ice.next_timeout() == 130.0
    agent.ice.handle_timeout(130.0)
    assert agent.state() is IceState.ABSENT


def test_after_a_restart_old_credentials_last_until_the_new_ones_are_used() -> None:
    agent = Agent()
    agent.check(A, 0.0, USE_CANDIDATE)
    agent.ice.connect(NEW_OURS, NEW_THEIRS, now=1.0)
    agent.check(A, 1.1)
    assert agent.answer().kind is Class.SUCCESS

    agent.check(B, 1.2, local=NEW_OURS, remote=NEW_THEIRS)
    assert agent.answer().kind is Class.SUCCESS
    assert agent.ice.events == [PathValidated(A), UfragRetired("ours"), PathValidated(B)]
    assert agent.ice.send_path == B  # before it is nominated: the old network may be gone

    agent.check(A, 1.3)
    assert agent.error() == 401
    assert list(agent.ice.heard) == [A, B]  # what is on its way from there still counts


def test_after_a_restart_a_nomination_still_decides() -> None:
    agent = Agent()
    agent.check(A, 0.0, USE_CANDIDATE)
    agent.ice.connect(NEW_OURS, NEW_THEIRS, now=1.0)
    agent.check(B, 1.2, local=NEW_OURS, remote=NEW_THEIRS)
    agent.check(C, 1.3, local=NEW_OURS, remote=NEW_THEIRS)
    assert agent.ice.send_path == B
    agent.check(C, 1.4, USE_CANDIDATE, local=NEW_OURS, remote=NEW_THEIRS)
    assert agent.ice.send_path == C


def test_two_restarts_in_a_row_retire_both_names() -> None:
    agent = Agent()
    agent.ice.connect(NEW_OURS, NEW_THEIRS, now=1.0)
    third = IceCredentials("3rd", "password-3")
    agent.ice.connect(third, NEW_THEIRS, now=2.0)
    agent.check(A, 3.0, local=third, remote=NEW_THEIRS)
    assert agent.ice.events[:2] == [UfragRetired("ours"), UfragRetired("new1")]


def test_the_same_description_again_changes_nothing() -> None:
    agent = Agent()
    agent.check(A, 0.0, USE_CANDIDATE)
    agent.ice.connect(
        IceCredentials(OURS.ufrag, OURS.password),
        IceCredentials(THEIRS.ufrag, THEIRS.password),
        now=5.0,
    )
    agent.check(A, 5.1)
    agent.check(B, 5.2)
    assert agent.ice.send_path == A
    assert agent.ice.events == [PathValidated(A), PathValidated(B)]


ATTRIBUTE_VALUES = st.tuples(st.sampled_from(Attribute).map(int), st.binary(max_size=12))


@given(
    st.lists(ATTRIBUTE_VALUES, max_size=6),
    st.sampled_from(Class),
    st.sampled_from([*Method, 0x777]),
)
def test_no_message_without_the_password_changes_anything(
    attributes: list[tuple[int, bytes]], kind: Class, method: int
) -> None:
    agent = Agent()
    agent.check(A, 0.0, USE_CANDIDATE)
    agent.ice.answers.clear()
    names = [(int(Attribute.USERNAME), b"ours:thrs"), *attributes]
    data = Message(method, kind, TRANSACTION, names).sealed(b"guess")
    try:
        message = Message.parse(data)
    except ValueError:
        return
    agent.ice.receive(message, data, B, 1.0)

    assert agent.ice.send_path == A
    assert list(agent.ice.heard) == [A]
    assert all(len(transmit.data) <= len(data) for transmit in agent.ice.answers)
