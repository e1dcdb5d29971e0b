"""Everything that the parts of the media plane share: tables, and the objects of their rows."""

from collections.abc import Callable
from typing import TypeVar

from sfu import heads
from sfu.arena import CONTROL_MAX
from sfu.client import Client
from sfu.config import PlaneConfig
from sfu.deadlines import Deadlines
from sfu.described import Descriptors
from sfu.drop import Drop
from sfu.events import Event
from sfu.fanout import Fanout
from sfu.feedback.acks import Acks
from sfu.feedback.arrivals import Arrivals
from sfu.feedback.nack import Nacks
from sfu.history import History, Repeats
from sfu.layout import Layouts
from sfu.loops.voices import Voices
from sfu.outbox import Outbox
from sfu.pacer import Pacer
from sfu.path import Path, key
from sfu.publication import Publication, Stream
from sfu.ring import Ring
from sfu.rtcp import Packet, compound
from sfu.sealing import Sealer
from sfu.sources import Sources, code
from sfu.stats import Stats
from sfu.subscription import Subscription
from sfu.tables import ADDRESS, NEVER, NO_SOCKET, Clients, Packets, Streams, Subscriptions
from sfu.tally import GROWTHS, make_tally, settle

T = TypeVar("T")

# Rows of the tables at the start: memory that is not written costs nothing, growing costs a copy of
# everything, tens of milliseconds in a full process.
CLIENTS, STREAMS, SUBSCRIPTIONS, REMEMBERED = 1 << 8, 1 << 11, 1 << 14, 1 << 21
Key = tuple[str, int | str]  # what is due, and for which row, number or room


class State:
    """Rows of `clients`, `streams` and `subscriptions` are indices into the lists beside them."""

    def __init__(
        self, ring: Ring, sealer: Sealer, randbytes: Callable[[int], bytes], config: PlaneConfig
    ) -> None:
        self.ring = ring
        self.sealer = sealer
        self.randbytes = randbytes
        self.config = config
        self.packets = Packets(ring.slots)
        self.descriptors = Descriptors(ring)
        self.client_table = Clients(CLIENTS)
        self.stream_table = Streams(STREAMS)
        self.subscription_table = Subscriptions(SUBSCRIPTIONS)
        self.fanout = Fanout(self.stream_table, self.subscription_table)
        self.layouts = Layouts(self.stream_table)
        self.history = History(REMEMBERED)
        self.repeats = Repeats(REMEMBERED // 4)
        self.clients: list[Client | None] = []
        self.streams: list[Stream | None] = []
        self.subscriptions: list[Subscription | None] = []
        self.by_name: dict[str, Client] = {}  # transport -> client
        self.outbox: Outbox
        self.sources = Sources(self.note_growth)
        self.controls = Sources(self.note_growth)  # SSRCs that clients send RTCP with
        self.targets = Sources(self.note_growth)  # subscriptions, by client and SSRC
        self.tally = make_tally()
        self._counted: memoryview[int] = self.tally.data
        self.by_number: dict[int, Publication] = {}
        self.by_track: dict[str, Publication] = {}
        self.by_key: dict[tuple[str, str], Subscription] = {}  # (peer, track)
        self.nacks = Nacks()
        self.acks = Acks(self.client_table)
        self.voices = Voices(STREAMS >> 3)
        self.arrivals = Arrivals(self.client_table, self.tally, self.note_growth)
        self.deadlines: Deadlines[Key] = Deadlines()
        self.pacer = Pacer()
        self.events: list[Event] = []
        self.stats = Stats()  # without what is in the tally: see `counted`
        for table in (
            self.packets, self.client_table, self.stream_table, self.subscription_table,
            self.fanout.listed, self.history, self.repeats, self.voices,
        ):  # fmt: skip
            table.on_grow.append(self.note_growth)

    def counted(self) -> Stats:
        """All of it, as it stands now."""
        settle(self.tally, self.stats, self.stats.dropped)
        return self.stats

    @property
    def growths(self) -> int:
        """How often an array that loops work on was replaced by another."""
        return self._counted[GROWTHS]

    def note_growth(self) -> None:
        self._counted[GROWTHS] += 1

    def drop(self, reason: Drop, count: int = 1) -> None:
        self.stats.dropped[reason] += count

    def random(self, bits: int) -> int:
        return int.from_bytes(self.randbytes(4), "big") >> 32 - bits

    def client(self, row: int) -> Client:
        client = self.clients[row]
        assert client is not None
        return client

    def stream(self, row: int) -> Stream:
        stream = self.streams[row]
        assert stream is not None
        return stream

    def subscription(self, row: int) -> Subscription:
        subscription = self.subscriptions[row]
        assert subscription is not None
        return subscription

    def acknowledge(self, subscription: Subscription) -> None:
        """The subscriber has packets of this SSRC: it knows the m-line now."""
        if not subscription.is_acknowledged:
            subscription.acknowledge()
            self.take_head(subscription)

    def set_source(self, subscription: Subscription, stream: Stream | None) -> None:
        """Where its last packets came from."""
        subscription.source = stream
        row = NEVER if stream is None else stream.row
        self.subscription_table.source[subscription.row] = row

    def take_head(self, subscription: Subscription) -> None:
        """Its packets have another head from now on."""
        heads.store(self.subscription_table, subscription)
        self.fanout.forget(self.subscription_table.stream[subscription.row])

    def refresh(self, client: Client) -> None:
        """Its keys or its path may have changed."""
        endpoint = client.endpoint
        if (protection := endpoint.protection) is not client.keys:
            client.keys = protection
            self.sealer.set_keys(client.row, protection)
            self.note_growth()  # there may be more contexts
            self.client_table.has_keys[client.row] = protection is not None
            self.forget_controls(client)
        if (path := endpoint.send_path) != client.route:
            client.route = path
            self._set_address(client.row, path)

    def note_control(self, client: Client, ssrc: int) -> None:
        """Authentic RTCP has come with this SSRC: further RTCP with it is read by the loops."""
        if ssrc not in client.controls:
            self.controls.set(code(client.row, ssrc), 0)
            client.controls.add(ssrc)

    def forget_controls(self, client: Client) -> None:
        for ssrc in client.controls:
            self.controls.remove(code(client.row, ssrc))
        client.controls.clear()

    def _set_address(self, row: int, path: Path | None) -> None:
        table = self.client_table
        address = b"" if path is None else key(path)
        table.socket[row] = NO_SOCKET if path is None else path[0]
        table.address_size[row] = len(address)
        table.address[row * ADDRESS : row * ADDRESS + len(address)] = address

    def send_control(self, client: Client, packets: list[Packet]) -> bool:
        """RTCP to a client. False: it cannot be reached."""
        return self.send_compound(client, compound(packets))

    def send_compound(self, client: Client, data: bytes) -> bool:
        """The same as bytes."""
        if not client.is_ready or len(data) > CONTROL_MAX:
            return False
        self.refresh(client)
        self.outbox.add_control(client.row, data)
        self.stats.control_out += 1
        return True


def place(items: list[T | None], row: int, item: T | None) -> None:
    """Put an object where its row is, extending the list if need be."""
    while len(items) <= row:
        items.append(None)
    items[row] = item
