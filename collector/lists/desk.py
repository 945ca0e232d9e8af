"""Where plate lists are changed: checked, capped, audited, and given out to the gateway whose community's they are."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.lists.csv_text import read_text
from collector.store import plates
from collector.store.api import Store
from collector.store.records import AuditRow, PlateRow
from config.problems import Problem
from runtime.clock import Clock
from wire.identity import sign_part
from wire.plates import PART, ListKind, SignedPart, is_plate, plate_text

ZONE: Final = ZoneInfo("Asia/Shanghai")
"""By whose clock the days of a list begin and end."""

NOTE: Final = 40
"""So many characters a note has at most: a flat, a reason, and no story about anybody."""

LATEST: Final = 4_102_444_800_000_000
"""No entry counts from or until later than this (the year 2100)."""

_BREAKS = re.compile(r"[\x00-\x1f\x7f]")


class ListRefused(Exception):
    """The change was not made; ``word`` is one of ``no_such_gateway``, ``bad_plate``, ``bad_span``,
    ``visit_without_end``, ``too_many``, ``not_listed``.
    """

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(detail)
        self.word, self.detail = word, detail


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does it, and from where."""

    who: str
    address: str


class ListDesk:
    """Keeps the lists of all communities; ``key`` signs what goes down."""

    def __init__(self, store: Store, clock: Clock, key: Ed25519PrivateKey) -> None:
        self._store, self._clock, self._key = store, clock, key

    async def put(
        self, gateway: str, kind: ListKind, plate: str, span: tuple[int | None, int | None], note: str, deed: Deed
    ) -> PlateRow:
        """Put one plate on a list, or change its entry; ``ListRefused`` otherwise."""
        row = PlateRow(gateway, kind, plate_text(plate), *span, _note(note), deed.who, self._clock.now())
        _check(row)
        await self._put(gateway, kind, [row], self._line(gateway, kind, "list_put", deed, row.plate))
        return row

    async def remove(self, gateway: str, kind: ListKind, plate: str, deed: Deed) -> None:
        """Take one plate off a list; ``ListRefused`` where it is not on it."""
        written = plate_text(plate)
        line = self._line(gateway, kind, "list_remove", deed, written)
        if not await self._store.write(plates.remove, kind, [written], line):
            raise ListRefused("not_listed", f"{written} is not on this list")

    async def take(
        self, gateway: str, kind: ListKind, text: str, deed: Deed, *, replace: bool
    ) -> tuple[int, Sequence[Problem]]:
        """Take a CSV text over, beside what is there or in its place: all of it, or nothing where anything is wrong.

        Return how many entries it has, and the mistakes by line; ``ListRefused`` for what is no mistake of a line.
        """
        read = await asyncio.to_thread(read_text, text, ZONE, visits=kind is ListKind.visitor)
        if read.problems:
            return 0, read.problems
        now = self._clock.now()
        rows = [
            PlateRow(gateway, kind, plate, *span, _note(read.notes.get(plate, "")), deed.who, now)
            for plate, span in read.entries.items()
        ]
        what = "list_replace" if replace else "list_import"
        await self._put(gateway, kind, rows, self._line(gateway, kind, what, deed, f"{len(rows)}"), alone=replace)
        return len(rows), ()

    async def export(self, gateway: str, kind: ListKind, deed: Deed) -> str:
        """Return a list as CSV that ``take`` reads, and note who has it now."""
        rows = await self._store.read(plates.listed, gateway, kind, "", "", 1_000_000)
        line = self._line(gateway, kind, "list_export", deed, f"{len(rows)}")
        await self._store.write(plates.note_export, line)
        return "".join(_csv_lines(rows))

    async def part(self, gateway: str, start: int) -> SignedPart:
        """Return the part of a gateway's lists from entry ``start`` on, signed."""
        return sign_part(await self._store.read(plates.part, gateway, max(0, start), PART), self._key)

    async def _put(
        self, gateway: str, kind: ListKind, rows: Sequence[PlateRow], line: AuditRow, *, alone: bool = False
    ) -> None:
        try:
            if not await self._store.write(plates.put, rows, line, alone=alone):
                raise ListRefused("no_such_gateway", f"there is no gateway {gateway}")
        except plates.TooMany as error:
            raise ListRefused("too_many", "a community's lists have 100,000 entries at most") from error

    def _line(self, gateway: str, kind: ListKind, what: str, deed: Deed, detail: str) -> AuditRow:
        return AuditRow(self._clock.now(), deed.who, what, f"{gateway}/{kind}", "ok", detail, deed.address)


def _check(row: PlateRow) -> None:
    if not is_plate(row.plate):
        raise ListRefused("bad_plate", "this is no number plate")
    if any(each is not None and not 0 <= each <= LATEST for each in (row.since, row.until)):
        raise ListRefused("bad_span", "from and to are times of this century")
    if row.since is not None and row.until is not None and row.until <= row.since:
        raise ListRefused("bad_span", "it ends before it begins")
    if row.kind == ListKind.visitor and row.until is None:
        raise ListRefused("visit_without_end", "a visit has an end")


def _note(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()[:NOTE]


def _csv_lines(rows: Iterable[PlateRow]) -> Iterable[str]:
    yield "车牌,起,止,备注\r\n"
    for row in rows:
        note = row.note.lstrip("=+-@\t ").replace('"', '""')  # a spreadsheet would take it for a formula, quoted or not
        quoted = f'"{note}"' if set(note) & set(',"') else note
        yield f"{row.plate},{_day(row.since)},{_day(row.until, last=True)},{quoted}\r\n"


def _day(at: int | None, *, last: bool = False) -> str:
    """Return the day of a moment as a list writes it; ``last``: the last day before it."""
    if at is None:
        return ""
    return datetime.fromtimestamp(at / 1e6 - (1 if last else 0), UTC).astimezone(ZONE).strftime("%Y-%m-%d")
