"""The agent's one notion of time: the machine's clock while NTP disciplines it, else the collector's, else as it is."""

import ctypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from runtime.clock import Clock
from runtime.logs import get_logger
from wire.chunk import ClockFix, ClockMark, ClockState

Source: TypeAlias = Literal["ntp", "collector", ""]

STEP_US: Final = 500_000
"""A correction larger than this is made at once; a smaller one so slowly that time never goes back."""

SILENCE_S: Final = 3600.0
"""A collector that was not heard for so long no longer tells the time."""

DISAGREE_US: Final = 2_000_000
"""NTP and collector may differ by so much before somebody should look."""

PATIENCE_S: Final = 15.0
"""History waits no longer than this for a clock fix to arrive before it."""

_SHORT_S = 0.1
_SLEW = 0.05  # of the time that passes, while a small correction is being made
_AGEING = 0.0002  # a measurement's width grows by this share of its age: two cheap oscillators apart
_LOOK_S = 1.0
_NTP_WIDTH_US = 50_000
_SENSIBLE_US = range(1_700_000_000_000_000, 7_000_000_000_000_000)  # a collector outside 2023..2191 has no clock either

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_ROOM = 512  # larger than struct timex on every Linux

_log = get_logger("clock")


@cache
def boot_id() -> str:
    """Return the kernel's id of this boot, or ``unknown`` where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def kernel_synced() -> bool:
    """Tell whether the kernel says that its clock is disciplined (adjtimex(2)); that is NTP, PTP or a GPS receiver."""
    # modes = 0 only reads; the return value is the kernel's own verdict.
    verdict: int = _libc().adjtimex(ctypes.create_string_buffer(_TIMEX_ROOM))
    return 0 <= verdict < _TIME_ERROR


@dataclass(frozen=True, slots=True)
class _Course:
    """How ``now`` is reckoned: ``offset`` + monotonic, ``None`` for the machine's wall clock; ``rest`` is the small
    correction still to be made when the monotonic clock stood at ``since``. Everything in µs but ``since`` (s).
    """

    offset: int | None
    rest: int = 0
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class _Heard:
    """The collector's time less the monotonic clock, to within ``width`` (µs), as measured at ``mono`` (s)."""

    offset: int
    width: int
    mono: float

    def width_at(self, mono: float) -> int:
        return self.width + round((mono - self.mono) * _AGEING * 1_000_000)


#   kernel says synchronised          synced/ntp           now is the machine's wall clock
#   else collector heard within 1 h   synced/collector     now is monotonic + measured offset
#   else either was so before         holdover/that one    as before, coasting
#   else                              unsynced             the wall clock as it is: a date set by hand is taken


class Timekeeper:
    """A ``Clock`` over the ``system`` clock that knows how good it is. ``now`` and ``monotonic`` may be called from any
    thread, everything else from one.

    ``synced`` is asked whether the kernel's clock is disciplined; ``boot`` names this boot.
    """

    def __init__(self, system: Clock, *, synced: Callable[[], bool] = kernel_synced, boot: str | None = None) -> None:
        self.now: Callable[[], int] = system.now
        """Returns the best known time (µs since the epoch, UTC): it steps by ``STEP_US`` or more or never goes back."""
        self.monotonic = system.monotonic
        """See ``Clock.monotonic``."""
        self.sleep = system.sleep
        """See ``Clock.sleep``."""
        self.boot = boot_id() if boot is None else boot
        self.state = ClockState.UNSYNCED
        self.source: Source = ""
        self._system, self._synced = system, synced
        self._course = _Course(None)
        self._best: _Heard | None = None
        self._heard_mono = 0.0
        self._since_mono = self._looked_mono = system.monotonic()
        self._told: int | None = None
        self._complained = False
        self.look()

    @property
    def unset(self) -> bool:
        """Whether nobody tells the time and the machine's date cannot be right."""
        return self.state is ClockState.UNSYNCED and self.now() not in _SENSIBLE_US

    def mark(self) -> ClockMark:
        """Return both clocks at this instant and how good the wall clock is."""
        mono = self._system.monotonic()
        if mono - self._looked_mono >= _LOOK_S:
            self.look()
        return ClockMark(self.boot, self.state, self.now(), round(mono * 1_000_000))

    def heard(self, collector_us: int, sent_at: float, received_at: float) -> None:
        """Take an answer's time into account: the collector's clock stood at ``collector_us`` somewhere between
        ``sent_at`` and ``received_at`` (monotonic seconds). A tighter measurement stands over a newer one.
        """
        if received_at < sent_at or collector_us not in _SENSIBLE_US:
            return
        width = round((received_at - sent_at) * 500_000) + 1
        heard = _Heard(collector_us - round((sent_at + received_at) * 500_000), width, received_at)
        best, self._heard_mono = self._best, received_at
        if best is not None:
            apart = abs(heard.offset - best.offset) > heard.width + best.width_at(received_at)
            if not apart and heard.width > best.width_at(received_at):
                heard = best
        self._best = heard
        self.look()

    def look(self) -> None:
        """Ask the kernel and see who tells the time now; ``run`` and ``mark`` do this often enough."""
        mono = self._looked_mono = self._system.monotonic()
        best = self._best
        if self._synced():
            self._become(ClockState.SYNCED, "ntp", None)
        elif best is not None and mono - self._heard_mono <= SILENCE_S:
            self._become(ClockState.SYNCED, "collector", best.offset)
        elif self.source:
            self._become(ClockState.HOLDOVER, self.source, self._course.offset)
        self._compare()

    def fix_owed(self) -> ClockFix | None:
        """Return what the collector has not been told yet about this boot's right time, ``None`` where it has all.

        History must not leave before it: what was taken under another clock is corrected by it on arrival.
        """
        if self.state is not ClockState.SYNCED:
            return None
        offset, width = self._right()
        if self._told is not None and abs(offset - self._told) <= STEP_US:
            return None
        return ClockFix(self.boot, offset, width, round(self._system.monotonic() * 1_000_000), self.source)

    async def run(self, put_fix: Callable[[ClockFix], Awaitable[object]]) -> None:
        """Keep looking, and have each fix stored as soon as it is owed; endless."""
        while True:
            self.look()
            fix = self.fix_owed()
            if fix is not None:
                await put_fix(fix)
                self._told = fix.offset
            await self._system.sleep(_LOOK_S)

    async def fix_delivered(self, nothing_urgent: Callable[[], bool]) -> None:
        """Return when the collector knows what it needs to date the history, or after ``PATIENCE_S``: no fix is owed,
        and ``nothing_urgent`` waits to be sent any more.
        """
        end = self.monotonic() + PATIENCE_S
        while self.monotonic() < end and (self.fix_owed() is not None or not nothing_urgent()):
            await self.sleep(_SHORT_S)

    def describe(self) -> dict[str, Any]:
        """Return how the clock is, for people: ``state``, ``source``, ``since`` when (µs), ``system_off_s``: how far
        the machine's clock is ahead of the right time, ``collector_off_s``: how far the collector's is (``None``:
        unknown).
        """
        now, mono = self.now(), self._system.monotonic()
        known = self.state is not ClockState.UNSYNCED
        best = self._best
        return {
            "state": self.state.value,
            "source": self.source,
            "since": now - round((mono - self._since_mono) * 1_000_000),
            "system_off_s": round((self._system.now() - now) / 1_000_000, 3) if known else None,
            "collector_off_s": None if best is None else round(self._ahead(best, mono) / 1_000_000, 3),
        }

    def _become(self, state: ClockState, source: Source, offset: int | None) -> None:
        if (state, source) != (self.state, self.source):
            _log.info("clock", state=state.value, source=source, was=self.state.value)
            self.state, self.source = state, source
            self._since_mono = self._looked_mono
        if offset == self._course.offset:
            return
        before, mono = self.now(), self._system.monotonic()
        ahead = before - (self._system.now() if offset is None else offset + round(mono * 1_000_000))
        self._course = _Course(offset) if abs(ahead) > STEP_US else _Course(offset, ahead, mono)
        self.now = self._system.now if self._course == _Course(None) else self._reckoned

    def _reckoned(self) -> int:
        course, mono = self._course, self._system.monotonic()
        base = self._system.now() if course.offset is None else course.offset + round(mono * 1_000_000)
        return base + self._left(course, mono)

    def _right(self) -> tuple[int, int]:
        """Return the right time less the monotonic clock, and its width (µs)."""
        mono = self._system.monotonic()
        if self.source == "collector" and self._best is not None:
            return self._best.offset, self._best.width_at(mono)
        return self._system.now() - round(mono * 1_000_000), _NTP_WIDTH_US

    def _compare(self) -> None:
        """Say once that NTP and the collector do not agree, and once that they do again."""
        best = self._best
        if self.source != "ntp" or best is None:
            return
        ahead = self._ahead(best, self._system.monotonic())
        apart = abs(ahead) > DISAGREE_US + best.width
        if apart and not self._complained:
            _log.warning("clocks_disagree", believed="ntp", collector_ahead_s=round(ahead / 1_000_000, 1))
        elif self._complained and not apart:
            _log.info("clocks_agree_again")
        self._complained = apart

    def _ahead(self, best: _Heard, mono: float) -> int:
        return best.offset + round(mono * 1_000_000) - self.now()

    @staticmethod
    def _left(course: _Course, mono: float) -> int:
        if not course.rest:
            return 0
        left = max(0, abs(course.rest) - round((mono - course.since) * _SLEW * 1_000_000))
        return left if course.rest > 0 else -left
