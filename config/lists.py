"""Lists that a site keeps in CSV files beside its gateway file: a key in each row, perhaps from when until when."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Final, Literal

from config.document import Mapping, Scalar
from config.masks import Masks
from config.problems import Place, Problem, located, problem
from config.settings import ListSettings
from wire.plates import is_plate, plate_text

_MOST: Final = 100_000
_MISTAKES: Final = 20
_LARGEST: Final = 16_000_000
_FROM: Final = ("from", "起", "开始", "生效")
_TO: Final = ("to", "until", "止", "结束", "失效")
_NOTES: Final = ("note", "备注", "说明")
_KEYS: Final = ("key", "plate", "tag", "card", "id", "车牌", "车牌号", "卡号", "标签", "编号")
_KINDS: Final[dict[str, Literal["white", "visitor", "black"]]] = {
    "white": "white", "visitor": "visitor", "black": "black",
}  # fmt: skip
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")


def read_lists(tree: Mapping, home: Path, zone: tzinfo) -> tuple[dict[str, ListSettings], list[Problem]]:
    """Return the lists that ``tree`` names, read from below ``home``, and what is wrong with them.

    A mistake within a CSV file names that file and its line. Files are UTF-8, or GB 18030 as spreadsheets write it.
    """
    section = tree.mapping("lists")
    lists: dict[str, ListSettings] = {}
    found: list[Problem] = []
    for name, node in section.entries.items():
        kind = node.text("kind") if isinstance(node, Mapping) else None
        file = node.get("file") if isinstance(node, Mapping) else node
        if not isinstance(file, Scalar) or not isinstance(file.value, str):
            continue
        text = _text(home, file.value)
        if text is None:
            found.append(problem("E137", file.place, given=file.value))
            continue
        read = parse_list(file.value, text, zone, plates=kind is not None)
        lists[name] = ListSettings(file=file.value, kind=_KINDS.get(kind or ""), entries=read.entries)
        found += read.problems
    return lists, found


@dataclass(frozen=True, slots=True)
class ListText:
    """What a CSV text says: the good rows, by key their notes and lines, and what is wrong with it."""

    entries: dict[str, tuple[int | None, int | None]]
    notes: dict[str, str]
    lines: dict[str, int]
    problems: list[Problem]


def parse_list(name: str, text: str, zone: tzinfo, *, plates: bool = False) -> ListText:
    """Return what ``text`` says, its days those of ``zone``; ``plates``: its keys are number plates.

    A mistake names the file ``name`` and its line.
    """
    reader = _Reader(name, text, zone, plates=plates)
    entries = reader.entries()
    return ListText(entries, reader.notes, reader.lines, reader.problems)


def _text(home: Path, name: str) -> str | None:
    path = home / name
    try:
        if Path(name).is_absolute() or ".." in Path(name).parts or path.stat().st_size > _LARGEST:
            return None
        data = path.read_bytes()
    except (OSError, ValueError):
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


class _Reader:
    """One file. Columns are found by the names in its first row where that names any; else key, from, to."""

    def __init__(self, name: str, text: str, zone: tzinfo, *, plates: bool = False) -> None:
        self.problems: list[Problem] = []
        self.notes: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self._name = name
        self._text = text
        self._zone = zone
        self._plates = plates
        self._columns = (0, 1, 2)
        self._note: int | None = None

    def entries(self) -> dict[str, tuple[int | None, int | None]]:
        """Return the good rows."""
        found: dict[str, tuple[int | None, int | None]] = {}
        for line, row in self._rows():
            if len(self.problems) >= _MISTAKES:
                break
            key = plate_text(row[0]) if self._plates else row[0].strip()
            start, end = (row[at].strip() if at < len(row) else "" for at in self._columns[1:])
            since, until = self._day(start, line), self._day(end, line)
            if not key:
                self._wrong(line, "第一列是空的", "the first column is empty")
            elif self._plates and not is_plate(key):
                self._wrong(line, f"“{row[0].strip()}” 不是车牌", f"“{row[0].strip()}” is no number plate", "E240")
            elif key in found:
                self._wrong(line, f"“{key}”写了两次", f"“{key}” is there twice")
            elif since and until and until < since:
                self._wrong(line, f"{end} 早于 {start}", f"{end} is before {start}")
            elif len(found) == _MOST:
                self._wrong(line, f"超过 {_MOST} 行", f"more than {_MOST} rows")
                break
            else:
                found[key] = (self._moment(since), self._moment(until and until + timedelta(days=1)))
                self.lines[key] = line
                if self._note is not None and self._note < len(row) and row[self._note].strip():
                    self.notes[key] = row[self._note].strip()
        return found

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        rows = csv.reader(StringIO(self._text))
        first = True
        while True:
            try:
                row = next(rows, None)
            except csv.Error as error:
                self._wrong(rows.line_num, str(error), str(error))
                return
            if row is None:
                return
            if not any(cell.strip() for cell in row) or row[0].startswith("#"):
                continue
            if not (first and self._is_heading(row)):
                yield rows.line_num, row
            first = False

    def _is_heading(self, row: list[str]) -> bool:
        names = [cell.strip().lower() for cell in row]
        if not any(name in (*_FROM, *_TO) for name in names) and names[0] not in _KEYS:
            return False
        nowhere = len(row) + 10
        since, until = (next((at for at, name in enumerate(names) if name in words), nowhere) for words in (_FROM, _TO))
        self._columns = (0, since, until)
        self._note = next((at for at, name in enumerate(names) if name in _NOTES), None)
        return True

    def _day(self, text: str, line: int) -> date | None:
        if not text:
            return None
        match = _DATE.fullmatch(text)
        try:
            if match is not None:
                return date(*map(int, match.groups()))
        except ValueError:
            pass
        self._wrong(line, f"“{text}”不是日期, 写成 2026-10-01", f"“{text}” is no date; write it like 2026-10-01")
        return None

    def _moment(self, day: date | None) -> int | None:
        if day is None:
            return None
        return round(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp()) * 1_000_000

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.splitlines()

    @cached_property
    def _masks(self) -> Masks:
        return Masks(self._lines, None)

    def _wrong(self, line: int, zh: str, en: str, code: str = "E138") -> None:
        if len(self.problems) >= _MISTAKES:
            return
        length = len(self._lines[line - 1]) if 0 < line <= len(self._lines) else 1
        found = problem(code, Place(line, 1, max(1, length)), zh=zh, en=en)
        self.problems.append(located(self._masks.apply(found), self._name))
