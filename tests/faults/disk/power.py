"""Cuts the power at any moment of a record: what a disk may hold then, as bytes for each name."""

import random
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
"""A disk writes so many bytes whole or not at all; of a longer write any sectors may arrive."""

_HEAD = struct.Struct("<IIqq")
_WITH_PAYLOAD = frozenset("OWRUM")


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the shim's log: ``kind`` O opened (``offset`` 1: made), W written, T cut to ``size``, S synced,
    D folder synced, R renamed, U unlinked, M a word of the process itself.
    """

    kind: str
    file: int
    offset: int
    size: int
    data: bytes = b""


def read_log(path: Path) -> list[Record]:
    """Return all records; one that was cut short by the process's end is left out."""
    text, at, found = path.read_bytes(), 0, []
    while at + _HEAD.size <= len(text):
        number, file, offset, size = _HEAD.unpack_from(text, at)
        at += _HEAD.size
        kind = chr(number)
        length = size if kind in _WITH_PAYLOAD else 0
        if at + length > len(text):
            break
        found.append(Record(kind, file, offset, size, text[at : at + length]))
        at += length
    return found


def marks(records: Sequence[Record], until: int) -> list[list[str]]:
    """Return the process's own words before record ``until``, split."""
    return [record.data.decode().split() for record in records[:until] if record.kind == "M"]


@dataclass(slots=True)
class _File:
    """``durable`` is what the last sync made certain, ``later`` what came since."""

    durable: bytearray = field(default_factory=bytearray)
    later: list[Record] = field(default_factory=list)
    born: int = -1  # which change of names made it

    def sync(self) -> None:
        for record in self.later:
            _apply(self.durable, record)
        self.later.clear()

    def survived(self, dice: random.Random) -> bytes:
        """Return what may be there after the cut: later writes lost, a prefix of them, any of them, or torn ones."""
        content = bytearray(self.durable)
        way = dice.choice(("nothing", "all", "prefix", "any", "torn"))
        kept = self.later
        if way == "nothing":
            kept = []
        elif way == "prefix":
            kept = kept[: dice.randint(0, len(kept))]
        elif way in ("any", "torn"):
            kept = [record for record in kept if dice.random() < 0.5]
        for record in kept:
            _apply(content, record, dice if way == "torn" else None)
        return bytes(content)


Change = tuple[str, str, _File | None]
"""A name, the name it was before (empty: none), and the file it leads to from now on (``None``: none)."""


class Platter:
    """A disk that remembers what is certain. Names are a journal's: after a cut any prefix of their changes that holds
    all that a sync made certain is there.
    """

    def __init__(self, before: Mapping[str, bytes]) -> None:
        self._names = {name: _File(bytearray(data)) for name, data in before.items()}  # as the process sees them
        self._certain = dict(self._names)
        self._changes: list[Change] = []
        self._numbers: dict[int, _File] = {}

    def take(self, record: Record) -> None:
        """Do what the process did."""
        match record.kind:
            case "O":
                self._open(record)
            case "W" | "T":
                self._numbers[record.file].later.append(record)
            case "S":
                file = self._numbers[record.file]
                file.sync()
                self._settle(file.born + 1)
            case "D":
                self._settle(len(self._changes))
            case "R":
                old, new = record.data.decode().split("\0")
                self._change(new, old, self._names.pop(old, None))
            case "U":
                self._change(record.data.decode(), "", None)

    def cut(self, dice: random.Random) -> dict[str, bytes]:
        """Return the files as they may be found when the power is back; the platter itself goes on."""
        names = dict(self._certain)
        for change in self._changes[: dice.randint(0, len(self._changes))]:
            _rename(names, change)
        contents: dict[int, bytes] = {}
        for file in names.values():
            if id(file) not in contents:
                contents[id(file)] = file.survived(dice)
        return {name: contents[id(file)] for name, file in names.items()}

    def _open(self, record: Record) -> None:
        name, made = record.data.decode(), bool(record.offset)
        file = None if made else self._names.get(name)
        if file is None:
            file = _File(born=len(self._changes))
            self._change(name, "", file)
        self._numbers[record.file] = file

    def _change(self, name: str, old: str, file: _File | None) -> None:
        self._changes.append((name, old, file))
        _rename(self._names, (name, old, file))

    def _settle(self, count: int) -> None:
        """Make the first ``count`` changes of names certain."""
        if count <= 0:
            return
        for change in self._changes[:count]:
            _rename(self._certain, change)
        del self._changes[:count]
        for file in self._numbers.values():
            file.born -= count


def _rename(names: dict[str, _File], change: Change) -> None:
    name, old, file = change
    names.pop(old, None)
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _apply(content: bytearray, record: Record, dice: random.Random | None = None) -> None:
    if record.kind == "T":
        if record.size <= len(content):
            del content[record.size :]
        else:
            content.extend(bytes(record.size - len(content)))
        return
    pieces = [(record.offset, record.data)]
    if dice is not None:
        pieces = [piece for piece in _sectors(record) if dice.random() < 0.5]
    for start, piece in pieces:
        if start > len(content):
            content.extend(bytes(start - len(content)))
        content[start : start + len(piece)] = piece


def _sectors(record: Record) -> Iterator[tuple[int, bytes]]:
    """Yield a write as the sectors that it touches."""
    at, end = record.offset, record.offset + len(record.data)
    while at < end:
        stop = min(end, at - at % SECTOR + SECTOR)
        yield at, record.data[at - record.offset : stop - record.offset]
        at = stop


def cuts(
    records: Sequence[Record], before: Mapping[str, bytes], moments: Sequence[int], dice: random.Random
) -> Iterator[tuple[int, dict[str, bytes]]]:
    """Yield for each of ``moments`` (indices of ``records``, sorted) it and what the disk may hold just before it."""
    platter, done = Platter(before), 0
    for moment in moments:
        for record in records[done:moment]:
            platter.take(record)
        done = moment
        yield moment, platter.cut(dice)
