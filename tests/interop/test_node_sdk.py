"""npm's livekit-server-sdk 2.19, unmodified, against a running server."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest
from livekit import rtc

from tests.harness.server import Server
from tests.interop.party import parties

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[1] / "node"


def call(server: Server, room: str) -> dict[str, object]:
    """What came of each call."""
    url = server.url.replace("ws", "http", 1)
    done = subprocess.run(
        ["node", "serverapi.mjs", url, server.key, server.secret, room],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines())


def failure(code: str, status: int, message: str) -> dict[str, object]:
    return {"code": code, "status": status, "message": f"twirp error unknown: {message}"}


async def test_the_server_api_from_node(server: Server, room: str) -> None:
    async with parties(server, room, "ann", single=True) as (ann,):
        told = await asyncio.to_thread(call, server, room)
        await ann.until(lambda: ann.ended, "is removed")

        assert told.pop("version") == "2.19.2"
        assert told == {
            "create": [room, 300, 0],  # it was there
            "list": [room],
            "metadata": "m",
            "participants": [["ann", 2]],
            "update": ["Ann", {"a": "1"}],
            "data": None,
            "dispatch": ["nobody", 2],
            "nobody": failure("not_found", 404, "participant does not exist"),
            "remove": None,
            "delete": None,
            "again": failure("not_found", 404, "requested room does not exist"),
            "egress": failure("internal", 500, "egress not connected (redis required)"),
        }
        assert ann.ended == [rtc.DisconnectReason.PARTICIPANT_REMOVED]
        assert [packet.data for packet in ann.heard] == [b"hello"]
