"""Data packets, text and byte streams, calls: byte for byte."""

import asyncio
import hashlib
import random

import pytest
from livekit import rtc

from tests.harness.server import Server
from tests.interop.party import parties

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("reliable", [True, False], ids=["reliable", "lossy"])
async def test_packets_arrive_byte_for_byte(
    server: Server, room: str, single: bool, reliable: bool
) -> None:
    payload = random.Random(1).randbytes(1000)
    async with parties(server, room, "ann", "ben", "cat", single=single) as (ann, ben, cat):
        await ann.room.local_participant.publish_data(payload, reliable=reliable, topic="letter")

        for one in (ben, cat):
            await one.until(lambda one=one: one.heard, "hears the packet")  # type: ignore[misc]
            (packet,) = one.heard
            assert packet.data == payload
            assert packet.topic == "letter"
            assert packet.participant is not None
            assert packet.participant.identity == "ann"
        assert ann.heard == []


async def test_five_hundred_reliable_packets_keep_their_order(
    server: Server, room: str, single: bool
) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        for number in range(500):
            await ann.room.local_participant.publish_data(number.to_bytes(400, "big"))

        await ben.until(lambda: len(ben.heard) == 500, "hears all", timeout=20)
        assert [int.from_bytes(packet.data, "big") for packet in ben.heard] == list(range(500))


async def test_a_packet_with_a_destination_reaches_only_that_person(
    server: Server, room: str, single: bool
) -> None:
    async with parties(server, room, "ann", "ben", "cat", single=single) as (ann, ben, cat):
        me = ann.room.local_participant
        await me.publish_data(b"for ben", destination_identities=["ben"])
        await me.publish_data(b"for all")

        await cat.until(lambda: cat.heard, "hears something")
        await ben.until(lambda: len(ben.heard) == 2, "hears both")
        assert [packet.data for packet in cat.heard] == [b"for all"]
        assert [packet.data for packet in ben.heard] == [b"for ben", b"for all"]


async def test_a_large_packet_arrives_whole(server: Server, room: str, single: bool) -> None:
    payload = random.Random(2).randbytes(60_000)
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        await ann.room.local_participant.publish_data(payload)

        await ben.until(lambda: ben.heard, "hears the packet")
        assert ben.heard[0].data == payload


async def test_a_text_stream_arrives(server: Server, room: str, single: bool) -> None:
    text = "Grüße aus dem Wartezimmer. " * 2000
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        opened: asyncio.Queue[rtc.TextStreamReader] = asyncio.Queue()
        ben.room.register_text_stream_handler("chat", lambda reader, _: opened.put_nowait(reader))

        await ann.room.local_participant.send_text(text, topic="chat")

        async with asyncio.timeout(10):
            assert await (await opened.get()).read_all() == text


async def test_a_byte_stream_arrives(server: Server, room: str, single: bool) -> None:
    payload = random.Random(3).randbytes(10_000_000)
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        opened: asyncio.Queue[rtc.ByteStreamReader] = asyncio.Queue()
        ben.room.register_byte_stream_handler("scan", lambda reader, _: opened.put_nowait(reader))

        writer = await ann.room.local_participant.stream_bytes("x-ray.png", topic="scan")
        await writer.write(payload)
        await writer.aclose()

        digest = hashlib.sha256()
        async with asyncio.timeout(60):
            async for chunk in await opened.get():
                digest.update(chunk)
        assert digest.digest() == hashlib.sha256(payload).digest()


async def test_a_remote_call_is_answered(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):

        async def pulse(call: rtc.RpcInvocationData) -> str:
            return f"{call.caller_identity} asked {call.payload}"

        ben.room.local_participant.register_rpc_method("pulse", pulse)

        answer = await ann.room.local_participant.perform_rpc(
            destination_identity="ben", method="pulse", payload="now"
        )

        assert answer == "ann asked now"


async def test_nobody_hears_one_who_may_not_send_data(
    server: Server, room: str, single: bool
) -> None:
    silent = {"canPublishData": False}
    async with (
        parties(server, room, "ann", single=single, grants=silent) as (ann,),
        parties(server, room, "ben", "cat", single=single) as (ben, cat),
    ):
        await ann.room.local_participant.publish_data(b"not allowed")
        await cat.room.local_participant.publish_data(b"allowed")

        await ben.until(lambda: ben.heard, "hears something")
        assert [packet.data for packet in ben.heard] == [b"allowed"]


async def test_a_long_answer_arrives(server: Server, room: str, single: bool) -> None:
    """Calls of the second version go through text streams: 15 kB are no limit any more."""
    question, reply = "?" * 40_000, "!" * 50_000
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):

        async def answer(call: rtc.RpcInvocationData) -> str:
            return reply if call.payload == question else "something was lost"

        ben.room.local_participant.register_rpc_method("ask", answer)

        told = await ann.room.local_participant.perform_rpc(
            destination_identity="ben", method="ask", payload=question
        )

        assert told == reply


async def test_a_call_that_fails_says_how(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):

        async def refuse(call: rtc.RpcInvocationData) -> str:
            raise rtc.RpcError(1042, "not today", "tomorrow")

        ben.room.local_participant.register_rpc_method("ask", refuse)
        me = ann.room.local_participant

        with pytest.raises(rtc.RpcError) as told:
            await me.perform_rpc(destination_identity="ben", method="ask", payload="")
        assert (told.value.code, told.value.message, told.value.data) == (
            1042, "not today", "tomorrow",
        )  # fmt: skip
        with pytest.raises(rtc.RpcError) as unknown:
            await me.perform_rpc(destination_identity="ben", method="none", payload="")
        assert unknown.value.code == rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD


async def test_telephone_keys_arrive(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
        pressed: asyncio.Queue[rtc.SipDTMF] = asyncio.Queue()
        ben.room.on("sip_dtmf_received", pressed.put_nowait)

        await ann.room.local_participant.publish_dtmf(code=11, digit="#")

        async with asyncio.timeout(10):
            key = await pressed.get()
        assert (key.code, key.digit) == (11, "#")
        assert key.participant is not None
        assert key.participant.identity == "ann"


async def test_a_transcription_by_an_agent_arrives(server: Server, room: str, single: bool) -> None:
    async with (
        parties(server, room, "ben", single=single) as (ben,),
        parties(server, room, "scribe", single=single, kind="agent") as (scribe,),
    ):
        tone = await ben.publish_tone(440)
        written: asyncio.Queue[list[rtc.TranscriptionSegment]] = asyncio.Queue()
        ben.room.on("transcription_received", lambda segments, *_: written.put_nowait(segments))
        segment = rtc.TranscriptionSegment(
            id="1", text="Guten Tag", start_time=0, end_time=1, final=True, language="de"
        )
        transcription = rtc.Transcription(
            participant_identity="ben", track_sid=tone.sid, segments=[segment]
        )

        await scribe.room.local_participant.publish_transcription(transcription)

        async with asyncio.timeout(10):
            (got,) = await written.get()
        assert got.text == "Guten Tag"
