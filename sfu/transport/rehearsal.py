"""A whole connection with ourselves, before there is a client.

OpenSSL and others load and build much at their first use: 10 ms for the first handshake, which the
media of those who are already there would wait for (measured).
"""

from collections import Counter
from functools import cache

from sfu.commands import ConnectTransport
from sfu.media import IceCredentials, Setup
from sfu.mux import PacketClass, classify
from sfu.path import Path
from sfu.transport.certificate import Certificate
from sfu.transport.connection import Transport
from turn.stun import Attribute, Class, Message, Method

PATH: Path = (0, ("192.0.2.1", 9))  # for documentation (RFC 5737): nothing is sent
ENDS = IceCredentials("left", "a" * 22), IceCredentials("right", "b" * 22)
ROUNDS = 20  # more than a handshake, SCTP and DCEP take
TRANSACTION = bytes(12)


@cache
def rehearse() -> bool:
    """Once in a process; 20 ms. True: both ends got their data channels. Nothing of it is kept."""
    certificate = Certificate()
    left, right = (
        Transport("", ends, certificate, opens_channels=is_opener, randbytes=bytes)
        for ends, is_opener in zip(ENDS, (True, False), strict=True)
    )
    connect(left, ENDS, Setup.ACTIVE, certificate)
    connect(right, (ENDS[1], ENDS[0]), Setup.PASSIVE, certificate)
    opened = Counter[str]()
    for _ in range(ROUNDS):
        for sender, receiver in ((left, right), (right, left)):
            opened.update(type(event).__name__ for event in sender.take_events())
            for data, _ in sender.take_transmits():
                if classify(data) is PacketClass.DTLS:
                    receiver.receive_dtls(data, PATH, 0.0)
    for end in (left, right):
        end.close(0.0)
    return opened["Connected"] == 2 and opened["ChannelOpened"] > 2


def connect(
    end: Transport,
    names: tuple[IceCredentials, IceCredentials],
    setup: Setup,
    certificate: Certificate,
) -> None:
    """Describe the other end, and let a check of its come in."""
    local, remote = names
    end.connect(ConnectTransport("", local, remote, certificate.fingerprint, setup), 0.0)
    attributes = [
        (int(Attribute.USERNAME), f"{local.ufrag}:{remote.ufrag}".encode()),
        (int(Attribute.ICE_CONTROLLING), bytes(8)),
        (int(Attribute.USE_CANDIDATE), b""),
    ]
    check = Message(Method.BINDING, Class.REQUEST, TRANSACTION, attributes)
    data = check.sealed(local.password.encode())
    end.receive_stun(Message.parse(data), data, PATH, 0.0)
