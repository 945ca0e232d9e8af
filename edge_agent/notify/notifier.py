"""Keeps telling people: one sender to a channel, so that a dead one holds up nobody and nothing waits for any."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from config.channels import ChannelSettings, CommandSettings
from edge_agent.alarms.book import AlarmBook
from edge_agent.heed import Heed, Heeded
from edge_agent.notify.channel import Channel, MakeChannel, NotSent
from edge_agent.notify.notice import Fate, Notice
from edge_agent.notify.outbox import Outbox
from edge_agent.notify.planner import Planner
from edge_agent.notify.routes import Routes
from edge_agent.notify.wording import wording
from runtime.backoff import Backoff
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.alert import AlertChange, Level
from wire.outcome import Outcome

GIVE_UP_S: Final = 24 * 3600.0
DEED_GIVE_UP_S: Final = 600.0
"""A message is worth something for a day; a siren that sounds ten minutes late is not."""

FAILING_S: Final = 300.0
"""So long every channel for red alarms has to fail before that is an alert itself."""

LOOK_S: Final = 30.0
"""How often it looks what is to be told again; no sender waits longer before it looks into the outbox."""

_RETRY_S, _LONGEST_RETRY_S = 5.0, 300.0
_PHASES = 4
"""A channel's timeout is for one step; so many of them are for a whole message, however slowly the other side drips."""

_CLOCK_WENT_BACK_US: Final = 60_000_000


class Memory(Protocol):
    """What notifications need of the buffer."""

    async def put_now(self, *, outcomes: Sequence[Outcome] = (), notes: Mapping[str, bytes] | None = None) -> bool:
        """Store outcomes and remember notes, in one transaction."""
        ...


class _Line:
    """One channel of the present configuration, and how it is doing. ``failing_since`` is monotonic (s)."""

    def __init__(self, settings: ChannelSettings, channel: Channel) -> None:
        self.settings, self.channel = settings, channel
        self.failing_since: float | None = None
        self.problem = ""
        self.sent_at = 0
        self.news = asyncio.Event()


class Notifier:
    """Tells people of alarms as the present routes say. ``heed`` belongs behind the book's in what is heeded together.

    A kill between the sending and the note of it sends once more after the start, under the same id.
    """

    def __init__(self, book: AlarmBook, memory: Memory, clock: Clock) -> None:
        self._memory, self._clock = memory, clock
        self.outbox = Outbox(clock)
        self._planner = Planner(book, self.outbox, clock)
        self._routes = Routes()
        self._lines: dict[str, _Line] = {}
        self._closing: list[Channel] = []
        self._renewed = asyncio.Event()
        self._log = get_logger("notify")

    def under(self, routes: Routes, make: MakeChannel) -> Heed:
        """Return what heeds changes under a configuration, whose channels are in use from now on."""
        self._closing += [line.channel for line in self._lines.values()]
        before, self._routes = self._lines, routes
        self._lines = {name: _Line(settings, make(settings)) for name, settings in routes.channels.items()}
        for name, line in self._lines.items():
            if name in before:
                line.failing_since, line.problem = before[name].failing_since, before[name].problem
                line.sent_at = before[name].sent_at
        self.outbox.leave(routes.channels.keys(), self._clock.now())
        self._renewed.set()
        plan = self._planner.under(routes)

        def heed(changes: Sequence[AlertChange]) -> Heeded:
            return plan(changes)._replace(begin=self._wake)

        return heed

    async def remember(self, note: Callable[[str], Any]) -> None:
        """Take up what a stop cut short; call once at start, when the book knows what stands."""
        await self.outbox.read(note)
        self.outbox.leave(self._routes.channels.keys(), self._clock.now())
        self._planner.resume(self._routes)

    async def run(self) -> None:
        """Send, endlessly, over the channels of whatever configuration is in force."""
        while True:
            self._renewed.clear()
            await self._close_old()
            tasks = [asyncio.create_task(self._serve(line), name=name) for name, line in self._lines.items()]
            tasks.append(asyncio.create_task(self._tell_again(), name="tell again"))
            try:
                await self._renewed.wait()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                if not self._renewed.is_set():
                    self._closing += [line.channel for line in self._lines.values()]
                    await self._close_old()

    def failing(self) -> bool:
        """Tell whether red alarms have channels, and for five minutes none of them has taken what it was given."""
        reds = [line for name, line in self._lines.items() if name in self._routes.reds()]
        mono = self._clock.monotonic()
        return bool(reds) and all(
            line.failing_since is not None and mono - line.failing_since >= FAILING_S for line in reds
        )

    def told(self, alert: str) -> list[dict[str, Any]]:
        """Return to whom an alert was told, oldest first, as JSON-able data."""
        return [
            {
                "channel": one.channel,
                "kind": one.kind.value,
                "state": one.fate.value,
                "at": one.done_at or one.made_at,
                "reason": one.reason,
            }
            for one in self.outbox.of(alert)
        ]

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Return how each channel is doing, as JSON-able data."""
        counts = self.outbox.counts
        return {
            name: {
                "pending": len(self.outbox.pending(name)),
                "sent": counts[name, Fate.SENT],
                "failed": counts[name, Fate.FAILED],
                "given_up": counts[name, Fate.GIVEN_UP],
                "sent_at": line.sent_at,
                "problem": line.problem,
            }
            for name, line in self._lines.items()
        }

    def _wake(self) -> None:
        for line in self._lines.values():
            line.news.set()

    async def _close_old(self) -> None:
        closing, self._closing = self._closing, []
        for channel in closing:
            await channel.close()

    async def _tell_again(self) -> None:
        while True:
            await self._clock.sleep(LOOK_S)
            self._planner.tell_again(self._routes)
            if notes := self.outbox.notes():
                storing = self._memory.put_now(notes=notes)
                self._wake()
                await storing

    async def _serve(self, line: _Line) -> None:
        """Send what is due on one channel, the most severe first; wait longer after each failure."""
        backoff = Backoff(_RETRY_S, _LONGEST_RETRY_S)
        while True:
            line.news.clear()
            notice, wait_s = await self._next(line)
            if notice is None:
                await self._wait(line.news, wait_s)
                continue
            try:
                async with asyncio.timeout(_PHASES * line.settings.timeout_s):
                    outcome = await line.channel.send(notice, wording(notice, self._routes))
            except TimeoutError:
                await self._not_sent(line, notice, NotSent("timeout"), backoff)
            except NotSent as error:
                await self._not_sent(line, notice, error, backoff)
            except Exception as error:  # noqa: BLE001 - one bad message must not silence its channel for good
                self._log.exception("notice_bug", channel=notice.channel)
                bug = NotSent(f"bug_{type(error).__name__}", final=True)
                await self._not_sent(line, notice, bug, backoff)
            else:
                backoff.reset()
                line.failing_since, line.problem, line.sent_at = None, "", self._clock.now()
                await self._settle(notice, Fate.SENT, "", () if outcome is None else (outcome,))

    async def _next(self, line: _Line) -> tuple[Notice | None, float]:
        """Return what to send now, or how long to wait (s); what is not worth sending any more is settled."""
        now, wait_s = self._clock.now(), LOOK_S
        worth_s = DEED_GIVE_UP_S if isinstance(line.settings, CommandSettings) else GIVE_UP_S
        for notice in self.outbox.pending(line.settings.name):
            if notice.not_before > now and notice.made_at <= now + _CLOCK_WENT_BACK_US:
                wait_s = min(wait_s, (notice.not_before - now) / 1_000_000)
            elif self.outbox.age_s(notice) > worth_s:
                await self._settle(notice, Fate.GIVEN_UP, "too_old")
            elif not self._planner.is_needed(notice, self._routes):
                await self._settle(notice, Fate.GIVEN_UP, "not_needed")
            else:
                return notice, 0.0
        return None, wait_s

    async def _not_sent(self, line: _Line, notice: Notice, error: NotSent, backoff: Backoff) -> None:
        if line.failing_since is None:
            line.failing_since = self._clock.monotonic()
        if line.problem != error.word:
            self._log.warning("notice_not_sent", channel=notice.channel, notice=notice.id, reason=error.word)
        line.problem = error.word
        if error.final:
            await self._settle(notice, Fate.FAILED, error.word)
            return
        self.outbox.explain(notice, error.word)
        end = self._clock.monotonic() + backoff.next(error.retry_after_s)
        while (rest_s := end - self._clock.monotonic()) > 0 and not self._has_news_of_red(line):
            line.news.clear()
            await self._wait(line.news, rest_s)

    def _has_news_of_red(self, line: _Line) -> bool:
        """Tell whether a red alarm waits that nobody has tried to tell: it does not wait for an earlier one's turn."""
        return any(one.level is Level.RED and not one.reason for one in self.outbox.pending(line.settings.name))

    async def _settle(self, notice: Notice, fate: Fate, reason: str, outcomes: Sequence[Outcome] = ()) -> None:
        self.outbox.settle(notice, fate, reason, self._clock.now())
        await self._memory.put_now(outcomes=outcomes, notes=self.outbox.notes())

    async def _wait(self, news: asyncio.Event, seconds: float) -> None:
        """Return when there is news, or after ``seconds``."""
        waiting = [asyncio.ensure_future(news.wait()), asyncio.ensure_future(self._clock.sleep(seconds))]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*waiting, return_exceptions=True)
