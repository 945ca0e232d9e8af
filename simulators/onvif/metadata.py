"""A camera's metadata stream: RTSP over TCP with nothing in it but documents, as Dahua's plate cameras tell of cars."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from html import escape
from typing import Any

from runtime.clock import Clock
from simulators.onvif.credentials import Credentials
from simulators.onvif.events import Passage, timestamp
from simulators.onvif.faults import Faults
from simulators.onvif.metadata_session import TRACK, Session

WITH_METADATA = "Profile_2"
"""Metadata is part of a profile only where somebody configured it; the other one is video alone."""

_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=pretend camera\r\nt=0 0\r\na=control:*\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track=0\r\n"
)
_METADATA = f"m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:{TRACK}\r\n"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema">'
_WAYS = {"forward": "Approaching", "reverse": "Leaving"}


def seen(car: Passage | None, now_us: int) -> bytes:
    """Return the document of a car; without one what keeps the stream alive, a plate with nothing in it."""
    number, plate = (car.number, escape(car.plate)) if car else (0, "")
    shown = f"<tt:PlateNumber>{plate}</tt:PlateNumber>"
    rest = extra = ""
    if car is not None:
        shown += "<tt:CountryCode>CHN</tt:CountryCode><tt:Color>Blue</tt:Color>"
        rest = "<tt:VehicleInfo><tt:Type>Sedan</tt:Type><tt:Color>White</tt:Color></tt:VehicleInfo>"
        way = f'<Property name="Direction">{_WAYS.get(car.direction, "Unknown")}</Property>'
        lane = f'<Property name="Lane">{car.lane}</Property>'
        extra = f"<tt:Extension><Properties>{way}{lane}</Properties></tt:Extension>"
    looks = f"<tt:Appearance>{rest}<tt:LicensePlateInfo>{shown}</tt:LicensePlateInfo></tt:Appearance>"
    thing = f'<tt:Object ObjectId="{number}">{looks}{extra}</tt:Object>'
    frame = f'<tt:Frame UtcTime="{timestamp(now_us)}">{thing}</tt:Frame>'
    return f"{_HEAD}<tt:VideoAnalytics>{frame}</tt:VideoAnalytics></tt:MetadataStream>".encode()


class MetadataServer:
    """RTSP on ``host``:``port`` (0: a free one, kept from then on). ``idle`` makes the document of nothing.

    ``media`` is the type that it describes; ``marks`` says on which packets of a document RTP's marker is: ``last``,
    ``all`` or ``none``.
    """

    def __init__(
        self,
        host: str,
        port: int,
        clock: Clock,
        credentials: Credentials,
        wrong: Faults,
        idle: Callable[[], bytes],
    ) -> None:
        self.host, self.port, self.clock = host, port, clock
        self.credentials, self.wrong, self.idle = credentials, wrong, idle
        self.media = _METADATA
        self.marks = "last"
        self.sessions: list[Session] = []
        self.asked: list[str] = []
        self.opened = self.sent = 0
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def address(self, profile: str) -> str:
        """Return where the stream of a profile is."""
        return f"rtsp://{self.host}:{self.port}/{profile}"

    def described(self, address: str) -> str:
        """Return the SDP of an address, empty for none."""
        return _SDP + (self.media if WITH_METADATA in address else "")

    def tell(self, document: bytes) -> None:
        """Let everybody who plays it get a document."""
        for session in self.sessions:
            session.tell(document)

    def truth(self) -> dict[str, Any]:
        """Return who listens now, how many ever did, and how many documents left whole."""
        return {"open": len(self.sessions), "opened": self.opened, "sent": self.sent}

    async def start(self) -> None:
        """Listen; ``OSError`` when the port is taken."""
        if self._server is None:
            self._server = await asyncio.start_server(self._taken, self.host, self.port, reuse_address=True)
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut what is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._open)
        self.cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection that is open now."""
        for writer in self._open.values():
            writer.transport.abort()

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="a connection to a pretend camera's metadata")
        self._open[task] = writer
        task.add_done_callback(lambda done: self._open.pop(done, None))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        with suppress(OSError, EOFError, ValueError):
            await session.serve()
        writer.close()
