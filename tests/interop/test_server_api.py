"""PyPI's livekit-api 1.2, unmodified, against a running server; people in the room are PyPI's
livekit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import pytest
from livekit import api, rtc
from livekit.api.twirp_client import TwirpError
from livekit.protocol.models import DataPacket, ParticipantPermission
from livekit.protocol.room import PerformRpcRequest, PerformRpcResponse

from tests.harness.server import Server
from tests.interop.party import PATIENCE, parties

pytestmark = pytest.mark.anyio

MISSING_ROOM = "twirp error unknown: requested room does not exist"
MISSING_PARTICIPANT = "twirp error unknown: participant does not exist"


def test_the_client_is_the_one_that_is_claimed() -> None:
    assert version("livekit-api").startswith("1.2.")
    assert version("livekit") == "1.2.0"


@asynccontextmanager
async def calling(server: Server) -> AsyncIterator[api.LiveKitAPI]:
    url = server.url.replace("ws", "http", 1)
    async with api.LiveKitAPI(url, server.key, server.secret) as client:
        yield client


async def test_a_room_from_beginning_to_end(server: Server, room: str) -> None:
    async with calling(server) as client:
        made = await client.room.create_room(
            api.CreateRoomRequest(name=room, empty_timeout=60, max_participants=2, metadata="m")
        )
        assert (made.name, made.empty_timeout, made.metadata) == (room, 60, "m")

        changed = await client.room.update_room_metadata(
            api.UpdateRoomMetadataRequest(room=room, metadata="n")
        )
        assert (changed.sid, changed.metadata) == (made.sid, "n")
        listed = await client.room.list_rooms(api.ListRoomsRequest(names=[room]))
        assert [(each.sid, each.metadata) for each in listed.rooms] == [(made.sid, "n")]

        await client.room.delete_room(api.DeleteRoomRequest(room=room))
        assert not (await client.room.list_rooms(api.ListRoomsRequest(names=[room]))).rooms


async def test_deleting_a_room_sends_its_people_away(
    server: Server, room: str, single: bool
) -> None:
    async with parties(server, room, "ann", single=single) as (ann,), calling(server) as client:
        await client.room.delete_room(api.DeleteRoomRequest(room=room))

        await ann.until(lambda: ann.ended, "is sent away")
        assert ann.ended == [rtc.DisconnectReason.ROOM_DELETED]


async def test_one_is_removed(server: Server, room: str, single: bool) -> None:
    async with (
        parties(server, room, "ann", "ben", single=single) as (ann, ben),
        calling(server) as client,
    ):
        who = api.RoomParticipantIdentity(room=room, identity="ann")
        assert (await client.room.get_participant(who)).identity == "ann"
        await client.room.remove_participant(who)

        await ann.until(lambda: ann.ended, "is removed")
        assert ann.ended == [rtc.DisconnectReason.PARTICIPANT_REMOVED]
        await ben.until(lambda: not ben.room.remote_participants, "is told")
        listed = await client.room.list_participants(api.ListParticipantsRequest(room=room))
        assert [p.identity for p in listed.participants] == ["ben"]


async def test_one_is_renamed_and_described(server: Server, room: str, single: bool) -> None:
    async with (
        parties(server, room, "ann", "ben", single=single) as (ann, ben),
        calling(server) as client,
    ):
        seen = await ann.until(lambda: ann.room.remote_participants.get("ben"), "is told of ben")
        await client.room.update_participant(
            api.UpdateParticipantRequest(
                room=room, identity="ben", name="Ben", metadata="m", attributes={"a": "1"}
            )
        )

        expected = ("Ben", "m", {"a": "1"})
        await ann.until(lambda: (seen.name, seen.metadata, seen.attributes) == expected, "sees it")
        me = ben.room.local_participant
        await ben.until(lambda: (me.name, me.metadata, me.attributes) == expected, "sees it too")


async def test_a_microphone_is_muted_from_afar(server: Server, room: str, single: bool) -> None:
    async with (
        parties(server, room, "ann", "ben", single=single) as (ann, ben),
        calling(server) as client,
    ):
        sid = (await ann.publish_tone(440)).sid
        tone = await ben.publication("ann", "tone")
        answer = await client.room.mute_published_track(
            api.MuteRoomTrackRequest(room=room, identity="ann", track_sid=sid, muted=True)
        )

        assert (answer.track.sid, answer.track.muted) == (sid, True)
        await ben.until(lambda: tone.muted, "is told that ann is muted")

        with pytest.raises(TwirpError) as refused:
            await client.room.mute_published_track(
                api.MuteRoomTrackRequest(room=room, identity="ann", track_sid=sid, muted=False)
            )
        assert refused.value.code == "failed_precondition"
        assert refused.value.message == "twirp error unknown: remote unmute not enabled"


async def test_rights_are_given_and_taken(server: Server, room: str, single: bool) -> None:
    listening = ParticipantPermission(can_subscribe=True)
    everything = ParticipantPermission(can_subscribe=True, can_publish=True, can_publish_data=True)

    async with (
        parties(server, room, "ann", single=single) as (ann,),
        parties(server, room, "ben", single=single, grants={"canSubscribe": False}) as (ben,),
        calling(server) as client,
    ):

        async def permit(identity: str, permission: ParticipantPermission) -> None:
            await client.room.update_participant(
                api.UpdateParticipantRequest(room=room, identity=identity, permission=permission)
            )

        await ann.publish_tone(440)
        assert (await ben.publication("ann", "tone")).track is None
        await permit("ben", everything)
        assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=4)

        await permit("ann", listening)
        await ben.until(lambda: not ben.publication_of("ann", "tone"), "sees ann publish no more")
        with pytest.raises(rtc.participant.PublishTrackError):
            await asyncio.wait_for(ann.publish_tone(440), 30)


async def test_subscriptions_are_made_for_others(server: Server, room: str, single: bool) -> None:
    async with (
        parties(server, room, "ann", single=single) as (ann,),
        parties(server, room, "ben", single=single, auto=False) as (ben,),
        calling(server) as client,
    ):
        sid = (await ann.publish_tone(440)).sid
        await ben.publication("ann", "tone")

        wish = api.UpdateSubscriptionsRequest(
            room=room, identity="ben", track_sids=[sid], subscribe=True
        )
        await client.room.update_subscriptions(wish)
        assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=4)


async def test_data_is_sent_to_some(server: Server, room: str, single: bool) -> None:
    async with (
        parties(server, room, "ann", "ben", single=single) as (ann, ben),
        calling(server) as client,
    ):
        for data, whom in ((b"to ben", ["ben"]), (b"to all", [])):
            await client.room.send_data(
                api.SendDataRequest(
                    room=room, data=data, kind=DataPacket.RELIABLE, topic="news",
                    destination_identities=whom,
                )
            )  # fmt: skip
        await ann.until(lambda: ann.heard, "hears")
        await ben.until(lambda: len(ben.heard) == 2, "hears both")

        assert [packet.data for packet in ann.heard] == [b"to all"]
        assert [packet.data for packet in ben.heard] == [b"to ben", b"to all"]
        assert (ben.heard[0].topic, ben.heard[0].participant) == ("news", None)


async def test_a_method_is_called(server: Server, room: str, single: bool) -> None:
    async with parties(server, room, "ann", single=single) as (ann,), calling(server) as client:

        async def greet(call: rtc.RpcInvocationData) -> str:
            if call.payload == "rude":
                raise rtc.RpcError(7, "no", "thanks")
            return f"hello {call.payload}"

        ann.room.local_participant.register_rpc_method("greet", greet)

        def request(method: str, payload: str) -> PerformRpcRequest:
            return PerformRpcRequest(
                room=room, destination_identity="ann", method=method, payload=payload
            )

        async def perform(request: PerformRpcRequest) -> str:
            """The SDK has no name for this method yet."""
            headers = client.room._auth_header(api.VideoGrants(room_admin=True, room=room))
            answer = await client.room._client.request(
                "RoomService", "PerformRpc", request, headers, PerformRpcResponse
            )
            return answer.payload

        assert await perform(request("greet", "ben")) == "hello ben"

        for method, payload, code, text in (
            ("greet", "rude", "internal", "RpcError 7: no: thanks"),
            ("dance", "", "invalid_argument", "RpcError 1400: Method not supported at destination"),
        ):
            with pytest.raises(TwirpError) as refused:
                await perform(request(method, payload))
            assert refused.value.code == code
            assert refused.value.message == f"twirp error unknown: {text}"


async def test_one_is_moved_to_another_room_and_goes_on_talking(
    server: Server, room: str, single: bool
) -> None:
    there = f"{room}-there"
    async with (
        parties(server, room, "ann", "ben", single=single) as (ann, ben),
        parties(server, there, "cat", single=single) as (cat,),
        calling(server) as client,
    ):
        moved: list[None] = []
        ann.room.on("moved", lambda *_: moved.append(None))
        await ann.publish_tone(440)
        await cat.publish_tone(700)
        assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=4)

        await client.room.move_participant(
            api.MoveParticipantRequest(room=room, identity="ann", destination_room=there)
        )
        assert await cat.hears_tone_of("ann") == pytest.approx(440, abs=4)
        assert await ann.hears_tone_of("cat") == pytest.approx(700, abs=4)
        await ben.until(lambda: not ben.room.remote_participants, "sees ann leave")
        assert list(ann.room.remote_participants) == ["cat"]
        assert (ann.room.name, len(moved), ann.ended) == (there, 1, [])
        await ann.room.local_participant.publish_data(b"hello")
        await cat.until(lambda: cat.heard, "hears ann's data")


async def test_one_is_forwarded_to_another_room(server: Server, room: str, single: bool) -> None:
    there = f"{room}-there"
    async with (
        parties(server, room, "ann", "ben", single=single) as (ann, ben),
        parties(server, there, "cat", single=single) as (cat,),
        calling(server) as client,
    ):
        await ann.publish_tone(440)
        await client.room.forward_participant(
            api.ForwardParticipantRequest(room=room, identity="ann", destination_room=there)
        )
        assert await cat.hears_tone_of("ann") == pytest.approx(440, abs=4)
        await ann.publish_pictures()
        await cat.sees_pictures_of("ann")
        assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=4)
        assert list(ann.room.remote_participants) == ["ben"]

        await client.room.remove_participant(
            api.RoomParticipantIdentity(room=there, identity="ann")
        )
        await cat.until(lambda: not cat.room.remote_participants, "sees ann no more")
        assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=4)


async def test_camera_and_microphone_can_be_one_stream(
    server: Server, room: str, single: bool
) -> None:
    async with calling(server) as client:
        await client.room.create_room(api.CreateRoomRequest(name=room, sync_streams=True))
        async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
            await ann.publish_tone(440)
            await ann.publish_pictures()

            # Sound is stretched a little until it is in step with the picture.
            assert await ben.hears_tone_of("ann") == pytest.approx(440, abs=12)
            await ben.sees_pictures_of("ann")


@pytest.mark.parametrize("codec", ["VP8", "VP9", "AV1"])
async def test_pictures_are_held_back_as_a_room_asks(
    server: Server, room: str, single: bool, codec: str
) -> None:
    async with calling(server) as client:
        asked = api.CreateRoomRequest(name=room, min_playout_delay=800, max_playout_delay=2000)
        await client.room.create_room(asked)
        async with parties(server, room, "ann", "ben", single=single) as (ann, ben):
            await ann.publish_pictures(codec=rtc.VideoCodec.Value(codec))
            await ben.sees_pictures_of("ann")
            track = await ben.track("ann", "picture")
            async with asyncio.timeout(PATIENCE):
                while await held_back(track) < 0.7:  # the client gets there step by step
                    await asyncio.sleep(0.2)


async def held_back(track: rtc.Track) -> float:
    """How long the client means to keep a picture, in seconds."""
    (own,) = [
        one.inbound_rtp.inbound for one in await track.get_stats() if one.HasField("inbound_rtp")
    ]
    return own.jitter_buffer_target_delay / (own.jitter_buffer_emitted_count or 1)


async def test_what_is_not_there(server: Server, room: str) -> None:
    async with calling(server) as client:
        with pytest.raises(TwirpError) as refused:
            await client.room.delete_room(api.DeleteRoomRequest(room=room))
        assert (refused.value.status, refused.value.code) == (404, "not_found")
        assert refused.value.message == MISSING_ROOM

        with pytest.raises(TwirpError) as refused:
            await client.room.get_participant(
                api.RoomParticipantIdentity(room=room, identity="ann")
            )
        assert (refused.value.status, refused.value.code) == (404, "not_found")
        assert refused.value.message == MISSING_PARTICIPANT


async def test_a_key_that_is_wrong(server: Server) -> None:
    url = server.url.replace("ws", "http", 1)
    async with api.LiveKitAPI(url, server.key, "x" * 40) as client:
        with pytest.raises(TwirpError) as refused:
            await client.room.list_rooms(api.ListRoomsRequest())
        assert refused.value.status == 401


async def test_what_has_no_service_here(server: Server) -> None:
    async with calling(server) as client:
        for call, what in (
            (client.egress.list_egress(api.ListEgressRequest()), "egress"),
            (client.ingress.list_ingress(api.ListIngressRequest()), "ingress"),
            (client.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest()), "sip"),
        ):
            with pytest.raises(TwirpError) as refused:
                await call
            assert refused.value.code == "internal"
            expected = f"twirp error unknown: {what} not connected (redis required)"
            assert refused.value.message == expected
