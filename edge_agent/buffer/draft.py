"""What was handed over and is not yet encoded; history gathers here until its clock, its size or its time says stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from runtime.clock import Clock
from wire.alert import AlertChange
from wire.chunk import ClockFix, ClockMark, Content, Lane, Missed
from wire.codec import encode
from wire.errors import CodecError
from wire.event import Event
from wire.inventory import Inventory
from wire.outcome import Outcome
from wire.reading import Batch

CLOCK_STEP_US = 500_000
"""A wall clock that moved by more than this against the monotonic one was set: one mark is no longer true for both."""

_STATE_ASKED_S = 1.0
_LATE_S = 60.0


Accounted: TypeAlias = tuple[tuple[Missed, ...], dict[str, bytes]]
"""Lines of the completeness account, and notes by name that are to be remembered in the same transaction."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was handed over, not yet encoded; ``mark`` is true for all of it, and from when the first of it came."""

    lane: Lane
    mark: ClockMark
    batches: tuple[Batch, ...] = ()
    events: tuple[Event, ...] = ()
    alerts: tuple[AlertChange, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    inventory: Inventory | None = None
    rules_state: bytes | None = None
    missed: tuple[Missed, ...] = ()
    fixes: tuple[ClockFix, ...] = ()
    notes: Mapping[str, bytes] = field(default_factory=dict)

    def moment(self, mono_s: float) -> ClockMark:
        """Return its mark at ``mono_s`` (monotonic), by the same clock."""
        mono = round(mono_s * 1_000_000)
        return ClockMark(self.mark.boot, self.mark.state, self.mark.wall - self.mark.mono + mono, mono)

    def content(self) -> Content:
        """Return what its chunk will hold."""
        return Content(
            clock=self.mark,
            batches=self.batches,
            events=self.events,
            alerts=self.alerts,
            outcomes=self.outcomes,
            inventory=self.inventory,
            missed=self.missed,
            fixes=self.fixes,
        )


class OpenHistory:
    """The history that no chunk holds yet. ``readings`` counts them, and events; ``close`` ends the draft and begins
    the next.
    """

    def __init__(self, clock: Clock, take_mark: Callable[[], ClockMark]) -> None:
        self._clock, self._take_mark = clock, take_mark
        self.readings = 0
        self._batches: list[Batch] = []
        self._events: list[Event] = []
        self._earlier: ClockMark | None = None  # of the clock before it was last set, while batches of it may come
        self._earlier_offset, self._earlier_until = 0, 0.0
        self._mark, self._offset = take_mark(), self._moved(0)
        self._ask_again = 0.0

    def __bool__(self) -> bool:
        return bool(self._batches or self._events)

    def add(self, item: Batch | Event) -> None:
        """Take one batch or event; ``turned`` must have been asked before."""
        if isinstance(item, Batch):
            self._batches.append(item)
            self.readings += len(item.points)
        else:
            self._events.append(item)
            self.readings += 1

    def turned(self) -> int | None:
        """Return by how much the clock was set since the open mark (µs), 0 when only its state changed, else ``None``.

        What is open must then be closed; ``begin`` takes the new mark. ``None`` with nothing open takes one too.
        """
        mono = self._clock.monotonic()
        moved = self._clock.now() - int(mono * 1_000_000) - self._offset
        if not -CLOCK_STEP_US <= moved <= CLOCK_STEP_US:
            return moved
        if not self:
            self.begin()
            return None
        if mono < self._ask_again:
            return None
        self._ask_again = mono + _STATE_ASKED_S
        return None if self._take_mark().state is self._mark.state else 0

    def close(self, account: Callable[[ClockMark], Accounted]) -> Draft:
        """Return what is open as a draft, with the ``account`` of what was missed; nothing is open then."""
        mark = self._mark if self else self._take_mark()
        missed, notes = account(mark)
        batches, events = tuple(self._batches), tuple(self._events)
        draft = Draft(Lane.HISTORY, mark, batches=batches, events=events, missed=missed, notes=notes)
        self._batches.clear()
        self._events.clear()
        self.readings = 0
        return draft

    def begin(self, *, stepped: bool = False) -> None:
        """Take a new mark for what comes now; ``stepped``: the clock was set since the last one."""
        mono = self._clock.monotonic()
        if stepped:
            self._earlier, self._earlier_offset, self._earlier_until = self._mark, self._offset, mono + _LATE_S
        self._mark, self._offset = self._take_mark(), self._moved(0)
        self._ask_again = mono + _STATE_ASKED_S

    def dated_before_the_step(self, item: Batch | Event) -> Draft | None:
        """Return ``item`` as a draft of its own when the clock was set between its time and now, else ``None``."""
        if self._earlier is None:
            return None
        if self._clock.monotonic() > self._earlier_until:
            self._earlier = None
            return None
        now = self._clock.now()
        by_earlier = now - self._moved(self._earlier_offset)
        if abs(item.at - by_earlier) >= abs(item.at - now):
            return None
        if isinstance(item, Batch):
            return Draft(Lane.HISTORY, self._earlier, batches=(item,))
        return Draft(Lane.HISTORY, self._earlier, events=(item,))

    def _moved(self, offset_us: int) -> int:
        """Return the wall clock's offset against the monotonic one, beyond ``offset_us`` (µs)."""
        return self._clock.now() - int(self._clock.monotonic() * 1_000_000) - offset_us


def encodable(content: Content) -> Content:
    """Return what of ``content`` that cannot be encoded whole can be: its account, and each batch and event alone."""
    batches, events = tuple(filter(_encodes, content.batches)), tuple(filter(_encodes, content.events))
    return Content(content.clock, batches=batches, events=events, missed=content.missed)


def _encodes(item: Batch | Event) -> bool:
    try:
        encode(item)
    except CodecError:
        return False
    return True
