"""One outgoing packet at a time: its head, extensions and payload in a scratch buffer; its seal."""

import struct

from sfu import extensions
from sfu.client import Client
from sfu.drop import Drop
from sfu.rtp import FIXED
from sfu.state import State
from sfu.subscription import Head
from sfu.tables import LOG

SHORT = struct.Struct("!H")


class Writer:
    """`write` a packet, change its payload in `data`, then `send` it."""

    def __init__(self, state: State) -> None:
        self.data = memoryview(bytearray(2048))
        self._state = state
        self._log_time = 0  # microseconds << 16
        self._abs_send_time = b""

    def set_time(self, now: float) -> None:
        """When the packets leave; once per batch is enough."""
        self._log_time = int(now * 1e6) << 16
        self._abs_send_time = extensions.abs_send_time(now).to_bytes(3, "big")

    def write(
        self, client: Client, head: Head, kind: int, sequence: int, timestamp: int, ssrc: int,
        payload: bytes | memoryview,
    ) -> int:  # fmt: skip
        """`kind`: marker and payload type. Returns where the payload begins."""
        data, start = self.data, head.size
        end = start + len(payload)
        data[:start] = head.data
        FIXED.pack_into(data, 0, head.flags, kind, sequence & 0xFFFF, timestamp, ssrc)
        if at := head.abs_send_time_at:
            data[at : at + 3] = self._abs_send_time
        if at := head.transport_cc_at:
            SHORT.pack_into(data, at, self._take_number(client.row, end))
        data[start:end] = payload
        return start

    def _take_number(self, row: int, size: int) -> int:
        """The client's next transport-wide number; what leaves under it is noted."""
        table = self._state.client_table
        number = table.twcc[row]
        table.twcc[row] = number + 1
        table.log[row * LOG + (number & LOG - 1)] = self._log_time | size
        return number & 0xFFFF

    def send(self, client: Client, end: int, *, is_audio: bool) -> bytes | None:
        """Seal what stands before `end` and let it leave; None: it could not."""
        state = self._state
        protection, path = client.endpoint.protection, client.endpoint.send_path
        if protection is None or path is None:
            state.drop(Drop.NO_PATH)
            return None
        sealed = protection.protect(bytes(self.data[:end]))
        if sealed is None:
            state.drop(Drop.UNPROTECTED)
            return None
        self.push(client, sealed, is_audio=is_audio)
        return sealed

    def push(self, client: Client, sealed: bytes, *, is_audio: bool) -> None:
        """A sealed packet leaves."""
        state, path = self._state, client.endpoint.send_path
        if path is None:
            return state.drop(Drop.NO_PATH)
        state.pacer.push(sealed, path, is_audio=is_audio)
        size = len(sealed)
        state.stats.packets_out += 1
        state.stats.bytes_out += size
        state.client_table.packets_out[client.row] += 1
        state.client_table.bytes_out[client.row] += size
        return None
