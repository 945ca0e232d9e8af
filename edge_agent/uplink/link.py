"""The one collector as every loop of the uplink sees it: its time, whether it is lost, the wait until it is back."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from edge_agent.uplink.api import Answer, Downlinks, Subject, Transport
from edge_agent.uplink.errors import LinkError, NoAnswer, Refused
from edge_agent.uplink.reconnect import Reconnect
from edge_agent.uplink.session import Session
from edge_agent.uplink.waiting import pause, within
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.exchange import Hello
from wire.receipt import Receipts

EAGER_TRIES = 3
"""A path that failed so often in a row waits its own backoff even though the collector answers others."""

_DATE_WORDS = ("expired", "not_yet")

T = TypeVar("T")

_log = get_logger("uplink")


class Link:
    """One collector as one gateway reaches it. ``problems`` maps a path to the word of what is wrong there.

    A path is what a loop is for (``urgent``, ``history``, ``status``, ``commands``). When one fails in a way that
    could be the whole link's, the link is ``lost`` and everybody waits in ``back`` until the collector answers.
    """

    def __init__(self, transport: Transport, session: Session, clock: Clock, seed: int | None = None) -> None:
        self.session = session
        self.contact_at: float | None = None
        self.problems: dict[str, str] = {}
        self.news = asyncio.Event()
        """Set when the collector was found again; its one reader clears it."""
        self._transport, self._clock = transport, clock
        self._found = asyncio.Event()
        self._found.set()
        self._better = asyncio.Event()
        self._lost_at = 0.0
        self._asking = asyncio.Lock()
        self._reconnect = Reconnect(self.hello, self._found, clock, seed)
        self._ways: deque[float] = deque(maxlen=8)
        self._taught: set[str] = set()

    @property
    def lost(self) -> bool:
        """Whether nothing was heard since something failed."""
        return not self._found.is_set()

    @property
    def round_trip_s(self) -> float:
        """What the way there and back takes at its best lately, 0 when it is not known."""
        return min(self._ways, default=0.0)

    async def hello(self) -> None:
        """Learn the collector's time; the one exchange without a token. ``NoAnswer`` when another collector answers."""
        answer = await self._learning(self._transport.hello())
        if answer.value.collector != self.session.identity.collector:
            raise NoAnswer("other_collector")
        self._measured(answer.value.time, answer.sent_at)

    async def ask(
        self, subject: Subject, body: bytes, kind: type[T], patience_s: float | None = None
    ) -> tuple[T, float]:
        """Send ``body`` with a token of its own; return the ``kind`` that came back and how many seconds it took.

        Errors: ``NoAnswer`` (after ``patience_s``, or when the transport gives up), ``Refused``.
        """
        await self._know_time()
        work = self._learning(self._transport.ask(subject, body, kind, self.session.token))
        try:
            answer = await (work if patience_s is None else within(self._clock, patience_s, work))
        except TimeoutError as error:
            raise NoAnswer("timeout") from error
        if isinstance(answer.value, Hello | Receipts):
            self.session.measured(answer.value.time, answer.sent_at)
        took_s = self._clock.monotonic() - answer.sent_at
        if subject == "status":
            self._ways.append(took_s)
        return answer.value, took_s

    @asynccontextmanager
    async def downlinks(self) -> AsyncIterator[Downlinks]:
        """Listen for as long as the block lasts. Errors: ``NoAnswer``, ``Refused``."""
        await self._know_time()
        try:
            async with self._transport.downlinks(self.session.token) as downlinks:
                yield downlinks
        except Refused as error:
            self._learn(error)
            raise

    def well(self, path: str) -> None:
        """Note that ``path`` works."""
        self.contact_at = self._clock.monotonic()
        if not self._found.is_set():
            self._found.set()
            self.news.set()
        self._taught.discard(path)
        word = self.problems.pop(path, None)
        if word is None:
            return
        better, self._better = self._better, asyncio.Event()
        better.set()
        if not self.problems:
            _log.info("collector_back", after=word)

    def failed(self, path: str, error: LinkError) -> None:
        """Note that ``path`` does not work: one warning for an outage, however many tries and paths it fails on, and
        one more for each new word of the collector's own (a proxy in its place says now this, now that).

        A token refused for its date is no outage yet: the refusal told the time, and a collector that has just started
        refuses whatever is older than itself.
        """
        if error.word in _DATE_WORDS and path not in self._taught:
            self._taught.add(path)
            return
        before = self.problems.get(path)
        said_by_collector = isinstance(error, Refused) and error.time is not None
        if not self.problems or (said_by_collector and before != error.word):
            _log.warning("collector_lost", reason=error.word, path=path)
        self.problems[path] = error.word
        if not said_by_collector and self._found.is_set():
            self._found.clear()
            self._lost_at = self._clock.monotonic()
        if isinstance(error, Refused) and error.retry_after_s:
            self._reconnect.leave_alone(error.retry_after_s)

    async def back(self) -> None:
        """Return when the collector is not lost (any more); one of those who wait here asks for all of them."""
        if not self.lost:
            return
        async with self._asking:
            if self.lost:
                await self._reconnect.run(self._lost_at)
                self.news.set()

    async def rest(self, wait_s: float, tries: int) -> None:
        """Wait after the ``tries``-th failure of a path in a row: until the collector is back where it was lost, and
        ``wait_s``, or until another path is better, where it was not or where that did not help before.
        """
        end = self._clock.monotonic() + wait_s
        lost = self.lost
        await self.back()
        if not lost or tries >= EAGER_TRIES:
            await pause(self._clock, max(0.0, end - self._clock.monotonic()), self._better)

    async def _know_time(self) -> None:
        if self.session.collector_time() is not None:
            return
        async with self._asking:
            if self.session.collector_time() is None:
                await self.hello()

    async def _learning(self, work: Coroutine[Any, Any, Answer[T]]) -> Answer[T]:
        try:
            return await work
        except Refused as error:
            self._learn(error)
            raise

    def _learn(self, error: Refused) -> None:
        if error.time is not None:
            self.session.measured(error.time, error.sent_at)

    def _measured(self, collector_time: int, sent_at: float) -> None:
        self.session.measured(collector_time, sent_at)
        self._ways.append(self._clock.monotonic() - sent_at)
