"""Who gets a data packet: routing of LiveKit's DataPacket between the peers of a room.

The bytes come from a client's `_reliable` or `_lossy` channel. The sender's names are ours to
write, never the client's (LiveKit: identity and sid of a packet are those of its transport).
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from google.protobuf.message import DecodeError
from livekit.protocol.models import DataPacket, UserPacket

from sfu.commands import AddPeer, MovePeer, SendData, UpdatePeer
from sfu.datatracks import DATA_TRACK
from sfu.events import CallAnswered

RELIABLE = "_reliable"
LOSSY = "_lossy"
LABELS = RELIABLE, LOSSY, DATA_TRACK  # LiveKit's; by all others come bare payloads

CALLS = 1000  # of our own that may wait for their answers
NONCES = 100  # a user packet with one of the latest nonces of its room is a repetition
WAITING_BYTES = 100_000  # kept for a peer whose reliable channel is not open yet

RELAYED = {
    "user", "sip_dtmf", "transcription", "chat_message", "rpc_request", "rpc_ack", "rpc_response",
    "stream_header", "stream_chunk", "stream_trailer", "encrypted_packet",
}  # fmt: skip
AGENTS_ONLY = {"transcription"}


class DataDrop(StrEnum):
    """Why a data packet went no further."""

    MALFORMED = "data_malformed"
    NOT_ALLOWED = "data_not_allowed"
    NOT_RELAYED = "data_not_relayed"
    REPEATED = "data_repeated"
    SLOW_READER = "data_slow_reader"


class Delivery(NamedTuple):
    peer: str
    reliable: bool
    payload: bytes
    is_bare: bool = False  # on the peer's own channel


@dataclass(slots=True)
class Member:
    room: str
    peer: str
    identity: str
    hidden: bool
    can_publish: bool
    is_agent: bool
    is_bare: bool
    sequence: int = 0  # of the last reliable packet that was accepted
    is_open: bool = False  # its channels can be written
    waiting: list[Delivery] = field(default_factory=list)
    waiting_bytes: int = 0


@dataclass(slots=True)
class RoomMembers:
    members: dict[str, Member] = field(default_factory=dict)
    nonces: OrderedDict[bytes, None] = field(default_factory=OrderedDict)


class DataRouter:
    """Feed it what clients send; deliver what it returns, and tell it when a channel opens."""

    def __init__(self) -> None:
        self.dropped: Counter[DataDrop] = Counter()
        self.answers: list[CallAnswered] = []  # to our own calls
        self._calls: OrderedDict[str, str] = OrderedDict()  # id -> peer that is asked
        self._members: dict[str, Member] = {}
        self._rooms: dict[str, RoomMembers] = {}

    def add(self, command: AddPeer) -> None:
        member = Member(
            command.room,
            command.peer,
            command.identity,
            command.hidden,
            command.can_publish_data,
            command.is_agent,
            command.is_bare,
        )
        self._members[command.peer] = member
        self._rooms.setdefault(command.room, RoomMembers()).members[command.peer] = member

    def update(self, command: UpdatePeer) -> None:
        if (member := self._members.get(command.peer)) is not None:
            member.hidden = command.hidden
            member.can_publish = command.can_publish_data
            member.is_agent = command.is_agent

    def move(self, command: MovePeer) -> None:
        """Its channels stay as they are."""
        if (member := self._members.get(command.peer)) is not None:
            self._leave_room(member)
            member.room = command.room
            self._rooms.setdefault(member.room, RoomMembers()).members[member.peer] = member

    def remove(self, peer: str) -> None:
        if (member := self._members.pop(peer, None)) is not None:
            self._leave_room(member)

    def sequence(self, peer: str) -> int:
        """Of the last reliable packet that was accepted; 0: none."""
        member = self._members.get(peer)
        return 0 if member is None else member.sequence

    def is_bare(self, peer: str) -> bool:
        member = self._members.get(peer)
        return member is not None and member.is_bare

    def opened(self, peer: str) -> list[Delivery]:
        """The peer's channels can be written: what waited for it since it joined."""
        member = self._members.get(peer)
        if member is None or member.is_open:
            return []
        member.is_open = True
        ready, member.waiting = member.waiting, []
        member.waiting_bytes = 0
        return ready

    def receive(self, peer: str, label: str, payload: bytes) -> list[Delivery]:
        """A packet from a client: the deliveries it asks for, or none (see `dropped`)."""
        sender = self._members.get(peer)
        if sender is None:
            return self._drop(DataDrop.NOT_RELAYED)
        if label not in LABELS:
            return self._receive_bare(sender, payload)
        packet = DataPacket()
        try:
            packet.ParseFromString(payload)
        except DecodeError:
            return self._drop(DataDrop.MALFORMED)
        reliable = label == RELIABLE
        reason = self._refusal(sender, packet, reliable)
        if reason is not None:
            return self._drop(reason)
        if self._answers_call(peer, packet):
            return []
        self._sign(sender, packet, reliable)
        return self._deliver(sender.room, packet, reliable, skip=sender.identity)

    def _receive_bare(self, sender: Member, payload: bytes) -> list[Delivery]:
        """For everybody, as a user packet (LiveKit)."""
        if not sender.can_publish:
            return self._drop(DataDrop.NOT_ALLOWED)
        packet = DataPacket(user=UserPacket(payload=payload))
        self._sign(sender, packet, reliable=True)
        return self._deliver(sender.room, packet, reliable=True, skip=sender.identity)

    def send(self, command: SendData) -> list[Delivery]:
        """A packet of our own, for some peers of a room or for all."""
        room = self._rooms.get(command.room)
        if room is None:
            return []
        chosen = set(command.peers)
        members = [m for m in room.members.values() if not chosen or m.peer in chosen]
        if command.call and len(members) == 1:
            self._calls[command.call] = members[0].peer
            if len(self._calls) > CALLS:
                self._calls.popitem(last=False)
        return self._to(members, command.payload, command.reliable)

    def _leave_room(self, member: Member) -> None:
        room = self._rooms[member.room]
        del room.members[member.peer]
        if not room.members:
            del self._rooms[member.room]

    def _refusal(self, sender: Member, packet: DataPacket, reliable: bool) -> DataDrop | None:
        value = packet.WhichOneof("value")
        if value not in RELAYED:
            return DataDrop.NOT_RELAYED
        if not sender.can_publish or (value in AGENTS_ONLY and not sender.is_agent):
            return DataDrop.NOT_ALLOWED
        if reliable and packet.sequence:
            # A client that resumed sends again what it is not sure of, with the same numbers.
            if packet.sequence <= sender.sequence:
                return DataDrop.REPEATED
            sender.sequence = packet.sequence
        nonce = packet.user.nonce if value == "user" else b""
        if len(nonce) == 16 and self._is_known(self._rooms[sender.room].nonces, nonce):
            return DataDrop.REPEATED
        return None

    def _answers_call(self, peer: str, packet: DataPacket) -> bool:
        """Only the peer that was asked can answer, and only once."""
        match packet.WhichOneof("value"):
            case "rpc_ack":
                call, response = packet.rpc_ack.request_id, b""
            case "rpc_response":
                call = packet.rpc_response.request_id
                response = packet.rpc_response.SerializeToString()
            case _:
                return False
        if self._calls.get(call) != peer:
            return False
        if response:
            del self._calls[call]
        self.answers.append(CallAnswered(peer, call, response))
        return True

    @staticmethod
    def _is_known(nonces: OrderedDict[bytes, None], nonce: bytes) -> bool:
        if nonce in nonces:
            return True
        nonces[nonce] = None
        if len(nonces) > NONCES:
            nonces.popitem(last=False)
        return False

    @staticmethod
    def _sign(sender: Member, packet: DataPacket, reliable: bool) -> None:
        """Write the sender's names; a hidden sender has none."""
        value = packet.WhichOneof("value")
        identity = "" if sender.hidden else sender.identity
        if not (sender.is_agent and _speaks_for_another(packet, sender.identity)):
            packet.participant_identity = identity
        packet.participant_sid = "" if sender.hidden else sender.peer
        packet.kind = DataPacket.RELIABLE if reliable else DataPacket.LOSSY
        if value == "user":
            packet.user.participant_identity = identity
            packet.user.participant_sid = packet.participant_sid
            _unify_destinations(packet)

    def _deliver(
        self, room: str, packet: DataPacket, reliable: bool, *, skip: str
    ) -> list[Delivery]:
        identities = set(packet.destination_identities)
        sids: set[str] = set()
        if packet.WhichOneof("value") == "user":
            identities.update(packet.user.destination_identities)
            sids.update(packet.user.destination_sids)
        members: Iterable[Member] = self._rooms[room].members.values()
        if identities or sids:
            members = [m for m in members if m.identity in identities or m.peer in sids]
        chosen = [m for m in members if m.identity != skip]
        return self._to(chosen, packet.SerializeToString(), reliable)

    def _to(self, members: Iterable[Member], payload: bytes, reliable: bool) -> list[Delivery]:
        ready = []
        for member in members:
            delivery = Delivery(member.peer, reliable, payload)
            if member.is_bare:
                bare = _bare(payload)
                if bare is None:
                    continue
                delivery = Delivery(member.peer, reliable, bare, is_bare=True)
            if member.is_open:
                ready.append(delivery)
            else:
                self._wait(member, delivery)
        return ready

    def _wait(self, member: Member, delivery: Delivery) -> None:
        """Others see the member already: what they send now, lossy or not, is meant for it too."""
        payload = delivery.payload
        if member.waiting_bytes + len(payload) > WAITING_BYTES:
            self.dropped[DataDrop.SLOW_READER] += 1
            return
        member.waiting.append(delivery)
        member.waiting_bytes += len(payload)

    def _drop(self, reason: DataDrop) -> list[Delivery]:
        self.dropped[reason] += 1
        return []


def _bare(payload: bytes) -> bytes | None:
    """What a user packet holds; None of others."""
    packet = DataPacket.FromString(payload)
    return packet.user.payload if packet.HasField("user") else None


def _speaks_for_another(packet: DataPacket, own: str) -> bool:
    """Agents may, in chat and text streams; the receivers see that it was not said (LiveKit)."""
    if packet.participant_identity in ("", own):
        return False
    value = packet.WhichOneof("value")
    if value == "chat_message":
        packet.chat_message.generated = True
    elif value == "stream_header" and packet.stream_header.HasField("text_header"):
        packet.stream_header.text_header.generated = True
    else:
        return False
    return True


def _unify_destinations(packet: DataPacket) -> None:
    """They exist twice; the outer ones count, and both are filled (LiveKit)."""
    if packet.destination_identities:
        del packet.user.destination_identities[:]
        packet.user.destination_identities.extend(packet.destination_identities)
    else:
        packet.destination_identities.extend(packet.user.destination_identities)
