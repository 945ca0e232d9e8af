"""Where the console's wish to see a picture comes in: it is looked for, and sent while somebody waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from edge_agent.heed import Heeded
from edge_agent.pictures.album import Found, NoSuchPicture
from edge_agent.telling import Told
from edge_agent.uplink.errors import LinkError, NoAnswer, Refused
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.command import Command
from wire.outcome import OutcomeState
from wire.picture import BUSY, LOOK, TOO_LARGE, PictureAnswer, device_of

AT_ONCE: Final = 16
"""So many wishes wait at most; a picture is sent while no other is, so that the line is not shared."""

PATIENCE_S: Final = 15.0
"""Nobody looks at a picture that comes later."""

Show = Callable[[PictureAnswer, float], Awaitable[None]]
"""Takes an answer to the collector within so many seconds; ``LinkError`` where that cannot be done."""

_log = get_logger("pictures")


class Finds(Protocol):
    """What the desk needs of the album."""

    async def find(self, reference: str, *, whole: bool) -> Found:
        """Return a picture, masked unless ``whole``; ``NoSuchPicture``."""
        ...


class PictureDesk:
    """Answers ``LOOK``, a command to the gateway itself. ``show`` is the way to the collector at that moment."""

    def __init__(self, album: Finds, show: Show, clock: Clock) -> None:
        self._album, self._show, self._clock = album, show, clock
        self._wishes: asyncio.Queue[tuple[Command, float]] = asyncio.Queue(AT_ONCE)

    def told(self, command: Command) -> tuple[Told, Heeded]:
        """Take a wish; it is executed in that the gateway looks for the picture. What came of it the answer says."""
        if not device_of(str(command.args.get("reference", ""))):
            return Told(OutcomeState.REFUSED, "bad_argument", "reference"), Heeded()
        if self._wishes.full():
            return Told(OutcomeState.REFUSED, BUSY), Heeded()
        wish = (command, self._clock.monotonic() + PATIENCE_S)
        return Told(OutcomeState.EXECUTED), Heeded(begin=lambda: self._wishes.put_nowait(wish))

    async def run(self) -> None:
        """Answer one wish after the other, until cancelled."""
        while True:
            command, until = await self._wishes.get()
            if self._clock.monotonic() < until:
                await self._answer(command, until)

    async def _answer(self, command: Command, until: float) -> None:
        reference, whole = str(command.args["reference"]), command.args.get("whole") is True
        try:
            found = await self._album.find(reference, whole=whole)
            answer = PictureAnswer(command.id, found.data, "", found.at, found.masked)
        except NoSuchPicture as error:
            answer = PictureAnswer(command.id, b"", error.word)
        try:
            await self._sent(answer, until)
        except LinkError as error:
            _log.warning("picture_not_sent", reference=reference, reason=error.word, asked_by=command.by)
        else:
            _log.info("picture_shown", reference=reference, word=answer.word, whole=whole, asked_by=command.by)

    async def _sent(self, answer: PictureAnswer, until: float) -> None:
        try:
            await self._show(answer, self._left_s(until))
        except Refused as error:
            if error.status != 413 or not answer.data:
                raise
            await self._show(PictureAnswer(answer.command, b"", TOO_LARGE), self._left_s(until))

    def _left_s(self, until: float) -> float:
        left_s = until - self._clock.monotonic()
        if left_s <= 0:
            raise NoAnswer("timeout")
        return left_s


def is_wish(command: Command) -> bool:
    """Tell whether a command to the gateway itself is for the ``PictureDesk``."""
    return command.name == LOOK
