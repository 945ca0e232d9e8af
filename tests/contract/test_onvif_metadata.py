"""The RTSP of the metadata stream against GStreamer's server, which has no metadata but judges how it is asked."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.hidden import Secret
from drivers.api import Misconfigured
from drivers.onvif.metadata.connection import Connection
from drivers.onvif.metadata.described import Track
from drivers.onvif.metadata.documents import Documents
from drivers.onvif.metadata.framing import Answer, Packet
from drivers.onvif.metadata.session import Session
from runtime.clock import SystemClock
from simulators.rtsp.clips import make_clip
from simulators.rtsp.drawing import street
from simulators.rtsp.server import VideoServer, can_play
from tests.unit.drivers.onvif.listening import pusher

pytestmark = pytest.mark.skipif(not can_play(), reason="gir1.2-gst-rtsp-server-1.0 is not installed")

PASSWORD = 'hunter:2/@ %秘"\\'
TIMEOUT_S = 5.0


@asynccontextmanager
async def session(server: VideoServer, password: str) -> AsyncIterator[tuple[Session, Connection]]:
    clock = SystemClock()
    target = dataclasses.replace(pusher(), password=Secret(password), rtsp_port=server.port)
    connection = await Connection.open("127.0.0.1", server.port, clock, TIMEOUT_S)
    asking = Session(target, connection, server.port, clock, TIMEOUT_S)
    try:
        yield asking, connection
    finally:
        await connection.close(asking.farewell())


async def test_a_server_that_we_did_not_write_understands_it(tmp_path: Path) -> None:
    make_clip(tmp_path / "street.clip", [street((320, 180))] * 10, keyframes=5)
    async with VideoServer({"/street": tmp_path / "street.clip"}, password=PASSWORD) as server:
        address = server.address("/street")
        async with session(server, "wrong") as (asking, _):
            with pytest.raises(Misconfigured, match="does not believe"):
                await asking.describe(address)
        async with session(server, PASSWORD) as (asking, connection):
            assert await asking.describe(address) is None  # described, and there is video alone
            await asking.play(Track(f"{address}/stream=0", address, 96))
            asking.refresh()
            packets, statuses = list(asking.early), list[int]()
            while not (statuses and len(packets) > 5):
                found = await connection.next(TIMEOUT_S)
                assert found, "it says nothing"
                packets += [one for one in found if isinstance(one, Packet)]
                statuses += [one.status for one in found if isinstance(one, Answer)]
            assert statuses == [200]
            documents = Documents(96)
            for packet in packets:
                if asking.is_data(packet):
                    documents.feed(packet.data)
            assert set(+documents.lost) == {"half"}  # good packets in a row, of which none begins a document
