"""One RTSP session for a camera's metadata (RFC 2326 over TCP, interleaved): from its description to its farewell."""

import re
from collections import deque
from contextlib import suppress
from typing import Final

from drivers.api.errors import CorruptAnswer, DeviceRefused, DriverError, Misconfigured, NotSupported, Timeout
from drivers.onvif.metadata.connection import Connection
from drivers.onvif.metadata.described import Track, track
from drivers.onvif.metadata.digest import Digest
from drivers.onvif.metadata.framing import Answer, Message, Packet
from drivers.onvif.target import Target
from drivers.onvif.wire.addresses import video
from runtime.clock import Clock

EARLY: Final = 64
"""Packets that may come before the answer to PLAY."""

USUAL_S: Final = 60.0
"""How long a session lasts that does not say it (RFC 2326, 12.37)."""

_SESSION: Final = re.compile(r"([!-:<-~]{1,200})(?:\s*;\s*timeout\s*=\s*(\d{1,6}))?", re.IGNORECASE)
_CHANNEL: Final = re.compile(r"interleaved\s*=\s*(\d{1,3})", re.IGNORECASE)


class Session:
    """``describe`` until it gives a track, then ``play`` it; after that ``early`` has what came sooner, ``refresh``
    keeps it alive and ``heard`` judges its answers.
    """

    def __init__(self, target: Target, connection: Connection, port: int, clock: Clock, timeout_s: float) -> None:
        self._target, self._connection, self._port = target, connection, port
        self._clock, self._timeout_s = clock, timeout_s
        self._digest: Digest | None = None
        self._number = 0
        self._named, self._played = "", ""
        self._keeper = ""
        self._channel = 0
        self._again = False
        self.early: deque[Packet] = deque(maxlen=EARLY)
        self.lasts_s = USUAL_S

    async def describe(self, address: str) -> Track | None:
        """Return the metadata among the streams at ``address``, ``None`` where there is none."""
        if not self._keeper:
            self._keeper = "OPTIONS"
            with suppress(NotSupported, DeviceRefused):
                if "GET_PARAMETER" in (await self._ask("OPTIONS", address)).header("public").upper():
                    self._keeper = "GET_PARAMETER"
        answer = await self._ask("DESCRIBE", address, Accept="application/sdp")
        base = answer.header("content-base") or answer.header("content-location")
        if not base.lower().startswith("rtsp://"):
            base = address
        host = self._target.place.host
        return track(answer.body, video(base, host, self._port), host, self._port)

    async def play(self, chosen: Track) -> None:
        """Have its packets sent on this connection."""
        answer = await self._ask("SETUP", chosen.setup, Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        named = _SESSION.match(answer.header("session"))
        if named is None:
            raise CorruptAnswer("metadata: a session without a name")
        self._named, self.lasts_s = named[1], float(named[2] or USUAL_S) or USUAL_S
        if given := _CHANNEL.search(answer.header("transport")):
            self._channel = int(given[1])
        self._played = chosen.play
        await self._ask("PLAY", chosen.play, Range="npt=0.000-")

    def is_data(self, packet: Packet) -> bool:
        """Tell whether it is of the metadata; ``Timeout`` where RTCP says that the stream ends (RFC 3550, 6.6)."""
        if packet.channel == self._channel + 1 and _says_goodbye(packet.data):
            raise Timeout("metadata: it ended the stream")
        return packet.channel == self._channel

    def refresh(self) -> None:
        """Ask something, so that the session lives on and somebody has to answer."""
        self._send(self._keeper, self._played, {})

    def heard(self, answer: Answer) -> None:
        """Judge the answer to ``refresh``; a question that the camera asks by itself is a sign of life, no more."""
        if answer.status == 401 and not self._again:
            self._again = True
            self._challenged(answer)
            self.refresh()
        elif answer.status == 401:
            raise self._refused(answer, self._keeper)
        elif answer.status == 454:
            raise Timeout("metadata: it ended the session")
        elif answer.status >= 400:
            self._keeper = "OPTIONS"
        elif answer.status >= 200:
            self._again = False

    def farewell(self) -> bytes:
        """Return what ends the session, nothing where there is none."""
        return self._question("TEARDOWN", self._played, {}) if self._played else b""

    async def _ask(self, method: str, address: str, **headers: str) -> Answer:
        number = self._send(method, address, headers)
        answer = await self._answered(number)
        if answer.status == 401:
            self._challenged(answer)
            answer = await self._answered(self._send(method, address, headers))
        if answer.status != 200:
            raise self._refused(answer, method)
        return answer

    async def _answered(self, number: int) -> Answer:
        until = self._clock.monotonic() + self._timeout_s
        while (left := until - self._clock.monotonic()) > 0:
            found: Answer | None = None
            for message in await self._connection.next(left):
                found = found or self._is_answer(message, number)
            if found is not None:
                return found
        raise Timeout("metadata: no answer in time")

    def _is_answer(self, message: Message, number: int) -> Answer | None:
        if isinstance(message, Packet):
            self.early.append(message)
            return None
        same = message.header("cseq") in ("", str(number))
        return message if message.status >= 200 and same else None

    def _challenged(self, answer: Answer) -> None:
        if self._target.password is None:
            raise Misconfigured("metadata: it wants a password")
        self._digest = Digest(answer.all("www-authenticate"), self._target.user, self._target.password)

    def _send(self, method: str, address: str, headers: dict[str, str]) -> int:
        self._connection.send(self._question(method, address, headers))
        return self._number

    def _question(self, method: str, address: str, headers: dict[str, str]) -> bytes:
        self._number += 1
        lines = [f"{method} {address} RTSP/1.0", f"CSeq: {self._number}", "User-Agent: linli"]
        if self._digest is not None:
            lines.append(f"Authorization: {self._digest.answer(method, address)}")
        if self._named:
            lines.append(f"Session: {self._named}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()

    def _refused(self, answer: Answer, method: str) -> DriverError:
        if answer.status == 401:
            refusal = Misconfigured("metadata: it does not believe user and password")
            self._target.lockout.refused(self._clock.monotonic(), str(refusal))
            return refusal
        if answer.status == 403:
            return Misconfigured("metadata: it does not let this user see its streams")
        if answer.status in (404, 405, 461, 501, 551):
            return NotSupported(f"metadata: it answers {answer.status} to {method}")
        return DeviceRefused(f"metadata: it answers {answer.status} to {method}", answer.status)


def _says_goodbye(data: bytes) -> bool:
    at = 0
    while at + 4 <= len(data) and data[at] >> 6 == 2:
        if data[at + 1] == 203:
            return True
        at += 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
    return False
