"""A camera's metadata stream, heard for ever: it may say nothing for days, and still a dead line is noticed at once."""

from collections import Counter
from typing import Final
from urllib.parse import urlsplit

from drivers.api.errors import CorruptAnswer, DeviceRefused, DriverError, NotSupported, Timeout
from drivers.onvif.calls import Calls
from drivers.onvif.metadata.connection import Connection
from drivers.onvif.metadata.described import Track
from drivers.onvif.metadata.documents import Documents
from drivers.onvif.metadata.framing import Answer, Packet
from drivers.onvif.metadata.inline import picture
from drivers.onvif.metadata.session import Session
from drivers.onvif.target import Target
from drivers.onvif.voice import Voice
from drivers.onvif.wire.addresses import video
from runtime.backoff import Backoff
from runtime.clock import Clock
from runtime.logs import get_logger

FIRST_S: Final = 1.0
LONGEST_S: Final = 30.0
"""Waits between tries grow from the first to the longest, and begin anew after a stream that lived so long."""

QUIET_S: Final = 4.0
SILENCE_S: Final = 8.0
"""After so much quiet the camera is asked something; after so much without anything whole the connection is dead."""

MOST: Final = 8
"""Profiles whose streams are looked at for metadata."""

OF_ONE: Final = (NotSupported, DeviceRefused)
"""What is wrong with one profile and says nothing of the others."""

FLOOD: Final = 20_000
FLOOD_S: Final = 10.0
"""A camera that sends so many messages in this time is not listened to for a while."""

_log = get_logger("camera")


class MetadataStream:
    """Asks where the camera's streams are, takes the first with metadata and tells each document, until cancelled."""

    def __init__(self, target: Target, calls: Calls, voice: Voice, clock: Clock, timeout_s: float) -> None:
        self._target, self._calls, self._voice = target, calls, voice
        self._clock, self._timeout_s = clock, timeout_s
        self._profile = ""
        self._heard = 0
        self._broken = ""
        self._mute = False
        """The last stream brought nothing at all: whoever agrees to everything and says nothing is not there."""
        self.lost: Counter[str] = Counter()

    async def run(self) -> None:
        """Listen until cancelled; nothing is left behind then."""
        backoff = Backoff(FIRST_S, LONGEST_S)
        self._heard = self._clock.now()
        while True:
            began = self._clock.monotonic()
            try:
                await self._listen()
            except DriverError as error:
                if self._clock.monotonic() - began >= LONGEST_S:
                    backoff.reset()
                self._broken = self._broken or str(error)
                self._voice.gone(error)
            await self._clock.sleep(backoff.next())

    async def _listen(self) -> None:
        self._target.lockout.check(self._clock.monotonic())
        addresses = await self._addresses()
        port = urlsplit(next(iter(addresses.values()))).port or self._target.rtsp_port
        connection = await Connection.open(self._target.place.host, port, self._clock, self._timeout_s)
        session = Session(self._target, connection, port, self._clock, self._timeout_s)
        try:
            chosen = await self._chosen(session, addresses)
            await session.play(chosen)
            if not self._mute:
                await self._back()
            self._mute = True
            await self._take(session, connection, Documents(chosen.payload))
        finally:
            await connection.close(session.farewell())

    async def _addresses(self) -> dict[str, str]:
        """Return where the streams of its profiles are, the one that had metadata first; all on one port."""
        tokens = [profile.token for profile in (await self._calls.profiles())[:MOST]]
        tokens.sort(key=lambda token: token != self._profile)
        host, port = self._target.place.host, self._target.rtsp_port
        found: dict[str, str] = {}
        failed: DriverError = NotSupported("metadata: the camera has no profile")
        for token in tokens:
            try:
                found[token] = video(await self._calls.stream_address(token), host, port)
            except OF_ONE as error:
                failed = error
            if self._profile in found:
                break
        if not found:
            raise failed
        return found

    async def _chosen(self, session: Session, addresses: dict[str, str]) -> Track:
        self._profile = ""
        failed: DriverError = NotSupported("metadata: none of its streams has any; turn it on in the camera")
        for token, address in addresses.items():
            try:
                chosen = await session.describe(address)
            except OF_ONE as error:
                failed = error
                continue
            if chosen is not None:
                self._profile = token
                return chosen
        raise failed

    async def _take(self, session: Session, connection: Connection, documents: Documents) -> None:
        """Tell every document; raises when the stream ends, whyever."""
        heard = asked = kept = counted = self._clock.monotonic()
        taken = 0
        await self._packets(session, list(session.early), documents)
        session.early.clear()
        while True:
            messages = await connection.next(QUIET_S / 2)
            now = self._clock.monotonic()
            taken, counted = (len(messages), now) if now - counted > FLOOD_S else (taken + len(messages), counted)
            if taken > FLOOD:
                raise CorruptAnswer("metadata: it sends more than anybody could read")
            if messages:
                self._mute = False
                await self._back()
                await self._packets(session, [one for one in messages if isinstance(one, Packet)], documents)
                for answer in messages:
                    if isinstance(answer, Answer):
                        session.heard(answer)
                self._heard, heard = self._clock.now(), self._clock.monotonic()
            elif now - heard >= SILENCE_S:
                raise Timeout(f"metadata: nothing was heard for {SILENCE_S:g} s")
            if now - max(heard, asked) >= QUIET_S or now - kept >= max(QUIET_S, session.lasts_s / 2):
                session.refresh()
                asked = kept = now

    async def _packets(self, session: Session, packets: list[Packet], documents: Documents) -> None:
        for packet in packets:
            if session.is_data(packet):
                for document in documents.feed(packet.data):
                    await self._voice.body(document)
                    if jpeg := picture(document):
                        await self._voice.picture(jpeg)
        for kind, count in documents.lost.items():
            if count and not self.lost[kind]:
                _log.warning("camera_part_dropped", device=self._target.device, way="metadata", what=kind)
            self.lost[kind] += count
        documents.lost.clear()

    async def _back(self) -> None:
        self._voice.there()
        if self._broken:
            await self._voice.missed(self._heard, self._broken)
            self._broken = ""
