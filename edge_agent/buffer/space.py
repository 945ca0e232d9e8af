"""The room of one buffer: asks the disk, judges what may be stored, keeps the alarms' reserve, and minds the card."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from config.settings import BufferSettings
from edge_agent.buffer.ballast import STEP_BYTES, Ballast
from edge_agent.buffer.card import Card
from edge_agent.buffer.journal import Journal
from edge_agent.buffer.kept import TRIMMED, most_bytes
from edge_agent.buffer.quota import Limits, Room, Verdict, decide, free_bytes
from edge_agent.buffer.remembered import Sealed
from runtime.logs import get_logger
from wire.chunk import ClockMark

SCARCE_BYTES = 8 * STEP_BYTES
"""With less than this free on the disk the log is not let grow."""

CARD_NOTE = "card"
"""The note under which bytes and seconds of all runs are remembered."""

NOTE_S = 60.0
"""How often that is written down: every time would be a page of the card more for each commit."""

_log = get_logger("buffer")

_CHUNK_SHARE = 8  # of the room for history: no chunk that is made by thinning is larger

_ROOMY = 0.75  # of the room for history: below it the buffer is no longer called full

_SLACK = 16
"""By this part more than may be kept gathers before any of it goes."""

_REFUSED = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


class Space:
    """Used on the writer thread. ``free`` returns the disk's free bytes, ``written`` what this process wrote: lent."""

    def __init__(
        self,
        path: Path,
        settings: BufferSettings,
        monotonic: Callable[[], float],
        *,
        free: Callable[[], int | None] | None = None,
        written: Callable[[], int | None] | None = None,
    ) -> None:
        self._settings, self._monotonic, self._written = settings, monotonic, written
        self._free = free or (lambda: free_bytes(path))
        self._limits = Limits(settings.max_bytes, settings.keep_free_bytes, settings.alarm_reserve_bytes)
        self._ballast = Ballast(path, self._limits.reserve)
        self.free = self._free()
        """What the disk had free when last asked; ``None`` where it does not say."""
        self._trimming = False
        self.full = False
        """Whether old history is being dropped; it ends when there is room to spare again."""
        self.card = self._new_card((0, 0))
        self._note_again = monotonic()
        if self.free is not None and self.free < STEP_BYTES:
            self._ballast.release()  # a file cannot even be opened on a disk that is full to the brim

    def remember(self, note: bytes | None) -> None:
        """Take up what earlier runs wrote, from the note that ``noted`` left."""
        try:
            written, seconds = map(int, (note or b"0 0").split())
        except ValueError:
            return
        self.card = self._new_card((written, seconds))

    def noted(self) -> Sealed:
        """Measure, if it is time to, and return what belongs into the next transaction."""
        now = self._monotonic()
        if now < self._note_again:
            return Sealed(None)
        self._note_again = now + NOTE_S
        life = self.card.look()
        return Sealed(None, notes={CARD_NOTE: b"%d %d" % (life.written, life.seconds)})

    def judge(self, journal: Journal, waiting: int, *, patient: bool = True) -> Verdict:
        """Tell what ``journal`` may still take, ``waiting`` bytes to begin with; see ``decide``."""
        if not journal.durable:
            return Verdict(True, True)
        try:
            used, spare = journal.used_bytes()
        except sqlite3.Error:
            return Verdict(True, True)  # the disk will say itself what is wrong
        self.free = self._free()
        free = self.free
        if free is not None:
            if free < SCARCE_BYTES:
                journal.restart_log()  # what little is left is for the file, the log has its size
            self._ballast.refill(free, self._limits.keep_free_bytes)
            free += self._ballast.held  # the reserve is kept there already
        verdict = decide(self._limits, Room(used, spare, free, waiting), patient=patient)
        owed = used - journal.counters.kept_bytes
        self.full = self.full and owed + waiting > self._limits.for_history * _ROOMY
        return verdict

    @property
    def keeps(self) -> bool:
        """Whether what is delivered should be kept: not on a disk that is short of room, nor while more is written than
        the card can bear.
        """
        return self._settings.keep_s > 0 and not self._short and not self.card.life.over

    @property
    def _short(self) -> bool:
        return self.free is not None and self.free < self._settings.keep_free_bytes

    def shed(self, journal: Journal, verdict: Verdict, waiting: int, *, patient: bool = True) -> Verdict:
        """Have what is delivered and kept go, oldest first, while ``verdict`` presses; return what may be stored then.
        ``sqlite3.Error``.
        """
        while verdict.presses and journal.trim(before=0, down_to=0):
            verdict = self.judge(journal, waiting, patient=patient)
        return verdict

    def trim(self, journal: Journal, now: int) -> bool:
        """Let go, a slice at a time, of what was kept long enough or takes too much room at ``now`` (µs), and of all of
        it where the disk is short of room; tell whether there is more to go. ``sqlite3.Error``.

        It begins only when a good deal is to go, so that it costs the card next to nothing.
        """
        counters, most = journal.counters, most_bytes(self._settings.max_bytes)
        keep_us = round(self._settings.keep_s * 1_000_000)
        if not keep_us or self._short:
            return journal.trim(before=0, down_to=0) > 0
        too_old = 0 < journal.oldest_kept() < now - keep_us - keep_us // _SLACK
        if too_old or counters.kept_bytes > most + most // _SLACK:
            self._trimming = True
        self._trimming = self._trimming and journal.trim(before=now - keep_us, down_to=most) == TRIMMED
        return self._trimming

    def relieve(self, journal: Journal, mark: ClockMark, verdict: Verdict, waiting: int) -> Verdict:
        """Have old history give up what ``verdict`` asks for; return what may be stored then. ``sqlite3.Error``."""
        most = self._limits.for_history // _CHUNK_SHARE
        done = journal.relieve(mark, thin_bytes=verdict.thin, drop_bytes=verdict.drop, most_bytes=most)
        if done.dropped and not self.full:
            _log.warning("buffer_full", dropped=done.dropped)
        self.full = self.full or done.dropped > 0
        return self.judge(journal, waiting)

    def give_way(self, journal: Journal, error: sqlite3.Error) -> bool:
        """After the disk refused: have the log begin again, at the price of a part of the alarms' reserve if need be;
        ``False`` when all of that is used up or would not help.
        """
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _REFUSED or not journal.durable:
            return False
        if journal.restart_log():
            return True
        released = self._ballast.release()
        return journal.restart_log() or released  # what was let go is for the file first, else the log takes it all

    def _new_card(self, before: tuple[int, int]) -> Card:
        chosen = self._settings
        return Card(
            chosen.card_endurance_bytes,
            chosen.card_years,
            chosen.flush_s,
            monotonic=self._monotonic,
            written=self._written,
            before=before,
        )
