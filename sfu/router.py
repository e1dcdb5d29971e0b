"""Which subscriptions get a stream's packets: the lists that a packet's rows are made of."""

from sfu.formats import LAYERED, Format
from sfu.learning import Learner
from sfu.publication import Stream
from sfu.rewrite.splice import splice
from sfu.state import State
from sfu.subscription import Subscription
from sfu.tables import NEVER
from sfu.translation import OTHER_FORM, Translator, is_translatable
from simulcast.layers import NONE


class Router:
    """A subscription is attached to one stream at most, and may wait at some others."""

    def __init__(self, state: State, learner: Learner) -> None:
        self._state = state
        self._learner = learner

    def current(self, subscription: Subscription) -> Stream | None:
        row = self._state.subscription_table.stream[subscription.row]
        return None if row == NEVER else self._state.streams[row]

    def layer(self, subscription: Subscription) -> int:
        stream = self.current(subscription)
        return NONE if stream is None else stream.quality

    def feed(self, subscription: Subscription, stream: Stream) -> Stream | None:
        """The stream itself, or its translation, whichever the subscriber can play."""
        is_view = stream.viewed is not None
        if stream.payload is None or (stream.format in LAYERED and not is_view):
            return None
        other = OTHER_FORM.get(stream.format)
        has_own = subscription.payload_type(stream.format) >= 0
        has_other = other is not None and subscription.payload_type(other) >= 0
        # RED is what a subscriber prefers that negotiated it: it survives a loss.
        is_better = other is Format.RED or not has_own
        if other is not None and has_other and is_better and is_translatable(stream):
            return self._translation(stream)
        return stream if has_own else None

    def wait(self, subscription: Subscription, streams: list[Stream]) -> None:
        """Begin at the next chance in one of these streams, and nowhere else."""
        row = subscription.row
        for stream in self._all_streams(subscription):
            if row in stream.waiting:
                stream.waiting.remove(row)
        for stream in streams:
            stream.waiting.append(row)
            stream.await_start()
            if stream.publication.is_audio:
                stream.unsettle()

    def attach(self, subscription: Subscription, stream: Stream, slot: int, now: float) -> None:
        """From the packet in `slot` on, the subscription gets this stream."""
        self.detach(subscription)
        self._state.refresh(subscription.client)
        table, row = self._state.subscription_table, subscription.row
        splice(self._state, subscription, stream, slot, now)
        self._state.set_source(subscription, stream)
        table.stream[row] = stream.row
        self.take_payload_type(subscription, stream)
        stream.rows.append(row)

    def take_payload_type(self, subscription: Subscription, stream: Stream) -> None:
        table, row = self._state.subscription_table, subscription.row
        form = stream.format
        table.payload_type[row] = max(subscription.payload_type(form), 0)
        table.rtx_payload_type[row] = subscription.rtx_payload_type(form)
        is_red = form is Format.RED and not subscription.publication.is_encrypted
        self._state.fanout.forget(stream.row)
        table.inner[row] = max(subscription.payload_type(Format.OPUS), 0) if is_red else 0
        subscription.is_described = form in LAYERED and subscription.has_descriptors

    def detach(self, subscription: Subscription) -> None:
        """Pause: no more packets, until it is attached again."""
        stream = self.current(subscription)
        if stream is not None:
            row = subscription.row
            stream.rows.remove(row)
            self._state.fanout.forget(stream.row)
            if row in stream.recapping:
                stream.recapping.remove(row)
            self._state.subscription_table.stream[row] = NEVER

    def forget(self, stream: Stream, successor: Stream | None = None) -> None:
        """A stream ends: its subscriptions are detached, and its row is free.

        `successor`: a stream with the same timestamps, by which they may go on.
        """
        self.forget_translation(stream)
        self.forget_views(stream)
        for row in list(stream.rows):
            self.detach(self._state.subscription(row))
        for subscription in stream.publication.subscriptions:
            if subscription.source is stream:
                self._state.set_source(subscription, successor)
        stream.waiting.clear()
        self._learner.forget(stream)

    def forget_translation(self, stream: Stream) -> None:
        if stream.translator is not None:
            self.forget(stream.translator.output, stream)
            stream.translator = None

    @staticmethod
    def rows_of_views(stream: Stream) -> list[int]:
        splitter = stream.splitter
        views = splitter.streams.values() if splitter is not None else ()
        return [row for view in views for row in view.rows]

    def forget_views(self, stream: Stream) -> None:
        """Of a layered video: until its next key frame there is nothing to begin with."""
        if stream.splitter is not None:
            for view in stream.splitter.streams.values():
                self.forget(view, stream)
            stream.splitter = None

    def _translation(self, stream: Stream) -> Stream:
        if stream.translator is None:
            output = self._learner.add(stream.publication, stream.quality, stream.ssrc)
            stream.translator = Translator(self._state, stream, output)
            stream.unsettle()
        return stream.translator.output

    @staticmethod
    def _all_streams(subscription: Subscription) -> list[Stream]:
        publication = subscription.publication
        streams = list(publication.streams.values())
        others = [s.translator.output for s in streams if s.translator is not None]
        views = [s for s in publication.layers.values() if s.viewed is not None]
        return streams + others + views
