"""What the account remembers over a restart, with the history it belongs to: what was due when, at the newest chunk."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from edge_agent.buffer.remembered import UP_TO
from runtime.logs import get_logger
from wire.chunk import ClockMark, ClockState
from wire.codec import decode, encode
from wire.errors import CodecError

PLAN: Final = "account_plan"
"""The note of what is due and how often; written when it changes."""

MARK: Final = "account_mark"
"""The note of the moment up to which all is accounted for; written with every chunk, so it is small."""

LONGEST_US: Final = 400 * 86_400_000_000
"""An absence that seems longer is somebody's wrong date; nobody asks for its readings."""

T = TypeVar("T")

_log = get_logger("account")


class Slots(Struct, array_like=True, frozen=True):
    """Points of one device that are due together: at ``due`` and every ``period`` after, µs of a monotonic clock."""

    device: str
    keys: tuple[str, ...]
    period: float
    due: int


class Absence(Struct, array_like=True, frozen=True):
    """Slots that passed before ``until`` because nothing ran. ``slots.due`` is by the monotonic clock of the boot of
    ``last``, the newest mark before; ``until`` by that of ``boot``.
    """

    slots: Slots
    last: ClockMark
    boot: str
    until: int

    def span(self, mark: ClockMark) -> tuple[int, int] | None:
        """Return when its first slot was due and when it ended, by the wall clock of ``mark``, which is of ``boot``;
        ``None`` as long as nobody knows: over a boot it takes the right time on both sides.
        """
        offset = mark.wall - mark.mono
        if self.last.boot == mark.boot:
            return self.slots.due + offset, self.until + offset
        if mark.state is ClockState.UNSYNCED:
            return None
        first, end = self.slots.due + self.last.wall - self.last.mono, self.until + offset
        return (first, end) if end - first <= LONGEST_US else (end, end)

    def after(self, told: int) -> "Absence":
        """Return what remains when its first ``told`` slots are told."""
        due = self.slots.due + round(told * self.slots.period)
        return replace(self, slots=replace(self.slots, due=due))


class _Plan(Struct, array_like=True, frozen=True):
    """``number`` ties a ``_Mark`` to it; ``absences`` are those that could not be told yet."""

    number: int
    slots: tuple[tuple[str, tuple[str, ...], float], ...]
    absences: tuple[Absence, ...]


class _Mark(Struct, array_like=True, frozen=True):
    """When the newest chunk was made, and how long after it (µs) each of the plan's slots was due."""

    plan: int
    clock: ClockMark
    after: tuple[int, ...]


class Notes:
    """Reads and makes the notes; ``absences`` are still to be told. ``boot`` names this boot."""

    def __init__(self, boot: str) -> None:
        self.absences: list[Absence] = []
        self._boot = boot
        self._past: list[tuple[Slots, ClockMark]] = []
        self._since: ClockMark | None = None
        self._number = 0
        self._stale = True
        self._begun = False

    async def read(self, note: Callable[[str], Awaitable[bytes | None]]) -> None:
        """Learn what the last run knew; what cannot be read claims nothing. Call it before ``begin``.

        Where the notes went with a damaged buffer, its witness still says when history was last handed over.
        """
        plan, mark = _decoded(await note(PLAN), _Plan), _decoded(await note(MARK), _Mark)
        if plan is None:
            self._since = _decoded(await note(UP_TO), ClockMark)
            return
        self._number = plan.number
        self.absences = [absence for absence in plan.absences if absence.boot == self._boot]
        if mark is None or mark.plan != plan.number or len(mark.after) != len(plan.slots):
            return
        self._past = [
            (Slots(device, keys, period, mark.clock.mono + after), mark.clock)
            for (device, keys, period), after in zip(plan.slots, mark.after, strict=True)
        ]

    def begin(self, wanted: Mapping[str, Collection[str]], now_due: Iterable[Slots], until: int) -> None:
        """Note that from ``until`` (monotonic µs) on the points ``wanted`` of each device are asked for, in
        ``now_due``; they were asked for before too where only the moment is known at which that ended.
        """
        if self._since is not None:
            mono = self._since.mono
            self._past = [(replace(each, due=mono + round(each.period)), self._since) for each in now_due]
            self._since = None
        for slots, last in self._past:
            keys = tuple(key for key in slots.keys if key in wanted.get(slots.device, ()))
            same_boot = last.boot == self._boot
            datable = same_boot or last.state is not ClockState.UNSYNCED
            if keys and datable and not (same_boot and slots.due >= until):
                self.absences.append(Absence(replace(slots, keys=keys), last, self._boot, until))
        self._past.clear()
        self._stale = self._begun = True

    def end(self, slots: Iterable[Slots], mark: ClockMark) -> None:
        """Note that from now on nothing is asked for; ``slots`` say what would have been due."""
        self._past = [(each, mark) for each in slots]

    def left(self, absences: list[Absence]) -> None:
        """Note which absences are still to be told."""
        self._stale |= absences != self.absences
        self.absences = absences

    def written(self, slots: Callable[[], list[Slots]], after: Sequence[int], clock: ClockMark) -> dict[str, bytes]:
        """Return the notes that go with a chunk made at ``clock``: each of ``slots`` is due ``after`` (µs) it."""
        if not self._begun:
            return {}
        notes: dict[str, bytes] = {}
        if self._past:
            after = [each.due - clock.mono for each, _ in self._past]
        if self._stale:
            self._number += 1
            present = [each for each, _ in self._past] or slots()
            what = tuple((each.device, each.keys, each.period) for each in present)
            notes[PLAN] = encode(_Plan(self._number, what, tuple(self.absences)))
            self._stale = False
        notes[MARK] = encode(_Mark(self._number, clock, tuple(after)))
        return notes


def _decoded(note: bytes | None, kind: type[T]) -> T | None:
    if note is None:
        return None
    try:
        return decode(note, kind)
    except CodecError as error:
        _log.warning("account_note_lost", error=str(error))
        return None
