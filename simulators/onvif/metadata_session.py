"""One client of a pretended metadata stream: its questions answered, documents cut into packets, every fault."""

import asyncio
from collections import deque
from typing import Protocol

from runtime.clock import Clock
from simulators.onvif.credentials import Credentials
from simulators.onvif.faults import Faults

LASTS_S = 60.0
"""A session about which nobody asks for so long ends (RFC 2326, 12.37)."""

HEARTBEAT_S = 10.0
TRACK = "track=4"
PIECE = 400
"""Bytes of a document in one packet: few, so that most take several."""

_LOOK_S = 0.05
_PAYLOAD, _SSRC = 107, b"LNLI"
_GOODBYE = b"\x81\xcb\x00\x01" + _SSRC
_NEEDS_SESSION = ("PLAY", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN")
_WORDS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 454: "Session Not Found", 501: "Not Implemented"}


class Offers(Protocol):
    """What a session needs of its server."""

    clock: Clock
    credentials: Credentials
    wrong: Faults
    marks: str
    asked: list[str]
    sessions: "list[Session]"
    opened: int
    sent: int

    def idle(self) -> bytes:
        """Return the document of nothing."""
        ...

    def described(self, address: str) -> str:
        """Return the SDP of an address."""
        ...


class Session:
    """A connection, and the session on it once it plays."""

    def __init__(self, server: Offers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer, self._clock = server, reader, writer, server.clock
        self._waiting: deque[bytes] = deque(maxlen=1000)
        self._fresh = asyncio.Event()
        self._sequence = 65_534  # so that it soon begins anew
        self._named = ""
        self._channel = 0
        self._asked_at = server.clock.monotonic()

    def tell(self, document: bytes) -> None:
        """Let it get a document."""
        self._waiting.append(document)
        self._fresh.set()

    async def serve(self) -> None:
        """Answer until the client goes, and send beside that once it plays."""
        sending: asyncio.Task[None] | None = None
        try:
            while True:
                head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                method, address, _ = head[0].split(" ")
                headers = dict(line.split(": ", 1) for line in head[1:] if line)
                await self._thaw()
                self._server.asked.append(method)
                self._asked_at = self._clock.monotonic()
                status = self._answered(method, address, headers)
                if status == 200 and method == "PLAY" and sending is None:
                    self._server.opened += 1
                    self._server.sessions.append(self)
                    sending = asyncio.create_task(self._send(), name="a connection to a pretend camera's documents")
                if status == 200 and method == "TEARDOWN":
                    return
        finally:
            if sending is not None:
                self._server.sessions.remove(self)
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    def _answered(self, method: str, address: str, headers: dict[str, str]) -> int:
        status, more, body = 200, list[str](), ""
        offered = headers.get("Authorization")
        if method == "OPTIONS":
            more.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN")
        elif not self._server.credentials.believes_digest(offered, method, address):
            status = 401
            more.append(f"WWW-Authenticate: {self._server.credentials.challenge()}")
        elif method in _NEEDS_SESSION and headers.get("Session") != self._named:
            status = 454
        elif method == "DESCRIBE":
            body = self._server.described(address)
            more += [f"Content-Base: {address}/", "Content-Type: application/sdp"]
        elif method == "SETUP":
            self._named = "4711"
            if address.endswith(TRACK):
                self._channel = int(headers["Transport"].rpartition("interleaved=")[2].partition("-")[0])
            more += [f"Session: {self._named};timeout={LASTS_S:g}", f"Transport: {headers['Transport']};ssrc=4C4E4C49"]
        elif method not in _NEEDS_SESSION:
            status = 501
        lines = [f"RTSP/1.0 {status} {_WORDS[status]}", f"CSeq: {headers['CSeq']}", *more]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self._writer.write("\r\n".join([*lines, "", body]).encode())
        return status

    async def _send(self) -> None:
        while True:
            if not self._waiting:
                await self._wait(_LOOK_S if self._floods else HEARTBEAT_S)
            await self._thaw()
            if self._clock.monotonic() - self._asked_at > LASTS_S:
                self.send(self._channel + 1, _GOODBYE)
                self._writer.close()
                return
            documents = list(self._waiting)
            self._waiting.clear()
            self._fresh.clear()
            wrong = self._server.wrong
            if self._floods:
                documents += [self._server.idle()] * int(wrong.flood_per_s * _LOOK_S)
            elif not documents and not (wrong.no_heartbeat and wrong.hits("streams")):
                documents.append(self._server.idle())
            for document in documents:
                self._document(document)
            await self._writer.drain()

    def _document(self, document: bytes) -> None:
        wrong = self._server.wrong if self._server.wrong.hits("streams") else Faults()
        if wrong.truncated or wrong.cut_parts:
            document = document[: len(document) // 2]
        pieces = [document[at : at + PIECE] for at in range(0, len(document), PIECE)]
        for number, piece in enumerate(pieces, 1):
            marked = self._server.marks == "all" or (self._server.marks == "last" and number == len(pieces))
            head = bytes((0x80, _PAYLOAD | marked << 7)) + self._sequence.to_bytes(2, "big")
            ticks = int(self._clock.monotonic() * 90_000) & 0xFFFFFFFF
            self.send(self._channel, head + ticks.to_bytes(4, "big") + _SSRC + piece)
            self._sequence = (self._sequence + 1) & 0xFFFF
        if wrong.cut_parts:
            wrong.cut_parts -= 1
            self._writer.close()
            raise ConnectionAbortedError
        self._server.sent += 1

    def send(self, channel: int, data: bytes) -> None:
        """Send one interleaved packet."""
        self._writer.write(b"$" + bytes((channel,)) + len(data).to_bytes(2, "big") + data)

    @property
    def _floods(self) -> bool:
        return self._server.wrong.hits("streams") and self._server.wrong.flood_per_s > 0

    async def _thaw(self) -> None:
        while self._server.wrong.frozen and self._server.wrong.hits("streams"):
            await self._clock.sleep(_LOOK_S)

    async def _wait(self, seconds: float) -> None:
        over = asyncio.create_task(self._clock.sleep(seconds), name="time for a sign of life")
        there = asyncio.create_task(self._fresh.wait(), name="something to tell")
        try:
            await asyncio.wait((over, there), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            there.cancel()
