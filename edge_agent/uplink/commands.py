"""The one long-lived stream that commands come down on; silence on it means that the link is dead."""

from edge_agent.uplink.api import OnCommand
from edge_agent.uplink.exchange import LinkError, NoAnswer, Refused
from edge_agent.uplink.link import Link, Pieces
from edge_agent.uplink.waiting import within
from runtime.backoff import Backoff
from runtime.clock import Clock
from wire.codec import decode
from wire.errors import CodecError
from wire.exchange import Downlink

PATH = "/gateway/v1/commands"

SILENCE_S = 15.0
"""The collector gives a sign of life every 5 s; so much silence is a dead link."""

FRAME_LIMIT = 64 * 1024
"""Most bytes of one frame."""

_LENGTH_BYTES = 4


class Frames:
    """Cuts a stream of bytes into frames: a 4-byte big-endian length, then so many bytes of msgpack ``Downlink``."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._data += piece

    def take(self) -> Downlink | None:
        """Return the next whole frame, ``None`` until it is there; ``CodecError`` for one that cannot be right."""
        if len(self._data) < _LENGTH_BYTES:
            return None
        end = _LENGTH_BYTES + int.from_bytes(self._data[:_LENGTH_BYTES], "big")
        if end > FRAME_LIMIT:
            raise CodecError(f"a frame of {end} bytes")
        if len(self._data) < end:
            return None
        frame = bytes(self._data[_LENGTH_BYTES:end])
        del self._data[:end]
        return decode(frame, Downlink)


class CommandStream:
    """Listens, and hands every command to ``on_command`` as it came: verifying is not the uplink's."""

    def __init__(self, link: Link, on_command: OnCommand, clock: Clock) -> None:
        self.listening = False
        self._link, self._on_command, self._clock = link, on_command, clock
        self._backoff = Backoff(initial_s=1.0, ceiling_s=15.0)

    async def run(self) -> None:
        """Listen; listen again after a backoff whenever the stream ends; endless."""
        while True:
            retry_after_s = None
            try:
                await self._listen()
            except LinkError as error:
                self._link.failed(PATH, error)
                retry_after_s = error.retry_after_s if isinstance(error, Refused) else None
            finally:
                self.listening = False
            await self._clock.sleep(self._backoff.next(retry_after_s))

    async def _listen(self) -> None:
        async with self._link.stream(PATH) as pieces:
            frames = Frames()
            while True:
                try:
                    frame = await within(self._clock, SILENCE_S, _next(frames, pieces))
                except TimeoutError as error:
                    raise NoAnswer("silence") from error
                except CodecError as error:
                    raise NoAnswer("garbage") from error
                self._heard(frame)
                if frame.command is not None:
                    await self._on_command(frame.command)

    def _heard(self, frame: Downlink) -> None:
        self._link.session.heard(frame.time)
        self._link.well(PATH)
        self._backoff.reset()
        self.listening = True


async def _next(frames: Frames, pieces: Pieces) -> Downlink:
    while (frame := frames.take()) is None:
        frames.feed(await pieces.next())
    return frame
