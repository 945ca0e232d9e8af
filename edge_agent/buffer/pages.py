"""Reads the pages of an SQLite file that SQLite itself refuses, from the file and its write-ahead log.

After the public description of the format, https://sqlite.org/fileformat2.html; nothing is ever written.
"""

import os
import struct
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from sys import byteorder
from typing import TypeAlias

PAGE_BYTES = 4096
"""The page size of every buffer; believed where the file's own header cannot be."""

Value: TypeAlias = int | float | str | bytes | None

_HEADER = b"SQLite format 3\0"
_WAL_MAGIC = 0x377F0682  # its last bit says which byte order the checksums are in
_WAL_HEAD, _FRAME_HEAD = 32, 24
_TABLE_LEAF, _INDEX_LEAF = 0x0D, 0x0A
_LARGEST_RECORD = 64 * 1024 * 1024


class Pages:
    """Images of pages, each at a position from 0 to ``len``; first the newest of the log, then the file, then what
    else the log still has.

    Of the log only frames count that were committed: their checksums follow on each other up to a commit.
    """

    def __init__(self, path: Path) -> None:
        self._main = _open(path)
        self._log = _open(path.with_name(f"{path.name}-wal"))
        self.page_bytes = _page_bytes(self._read(self._main, 0, 100))
        self._whole = _size(self._main) // self.page_bytes + bool(_size(self._main) % self.page_bytes)
        newest: dict[int, int] = {}
        older: list[tuple[int, int]] = []
        beyond: dict[int, int] = {}
        for number, offset, trusted in self._frames():
            if trusted:
                if number in newest:
                    older.append((number, newest[number]))
                newest[number] = offset
            else:
                older.append((number, offset))
                beyond[number] = offset
        self._positions = list(newest.items())
        self._older = older
        self._maps: tuple[Mapping[int, int], ...] = (newest, {}, newest | beyond)

    def __len__(self) -> int:
        return len(self._positions) + self._whole + len(self._older)

    def heads(self, pages: int) -> Iterator[int]:
        """Give the positions of all images in the log and of the first ``pages`` of the file, the newest first."""
        logged, all_whole = len(self._positions), len(self._positions) + self._whole
        yield from range(logged)
        yield from range(logged, min(logged + pages, all_whole))
        yield from reversed(range(all_whole, len(self)))

    def close(self) -> None:
        """Give the files back."""
        for file in (self._main, self._log):
            if file >= 0:
                os.close(file)
        self._main = self._log = -1

    def table_rows(self, position: int) -> Iterator[tuple[int, list[Value]]]:
        """Give the rows (rowid, columns) of the image at ``position``, if it is a leaf of a table; what does not add
        up is passed over. A row whose overflow pages exist in several images comes once for each.
        """
        page, start = self._image(position)
        for cell in _cells(page, start, _TABLE_LEAF):
            try:
                size, cell = _varint(page, cell)
                rowid, cell = _varint(page, cell)
            except IndexError:
                continue
            for record in self._payloads(page, cell, size, self._usable - 35):
                columns = _columns(record)
                if columns is not None:
                    yield rowid, columns

    def index_rows(self, position: int) -> Iterator[list[Value]]:
        """Give the rows of the image at ``position``, if it is a leaf of a table without rowid; see ``table_rows``."""
        page, start = self._image(position)
        for cell in _cells(page, start, _INDEX_LEAF):
            try:
                size, cell = _varint(page, cell)
            except IndexError:
                continue
            for record in self._payloads(page, cell, size, (self._usable - 12) * 64 // 255 - 23):
                columns = _columns(record)
                if columns is not None:
                    yield columns

    @property
    def _usable(self) -> int:
        return self.page_bytes

    def _image(self, position: int) -> tuple[bytes, int]:
        """Return one image and where its b-tree header begins; the first page has the file's header before it."""
        if position < len(self._positions):
            number, offset = self._positions[position]
            return self._read(self._log, offset, self.page_bytes), 100 if number == 1 else 0
        position -= len(self._positions)
        if position < self._whole:
            return self._read(self._main, position * self.page_bytes, self.page_bytes), 0 if position else 100
        number, offset = self._older[position - self._whole]
        return self._read(self._log, offset, self.page_bytes), 100 if number == 1 else 0

    def _payloads(self, page: bytes, at: int, size: int, most_local: int) -> Iterator[bytes]:
        """Give the payload of a cell: once if it is all on the page, else once for each set of images that differs."""
        if not 0 < size <= _LARGEST_RECORD:
            return
        if size <= most_local:
            if at + size <= len(page):
                yield page[at : at + size]
            return
        least = (self._usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (self._usable - 4)
        local = local if local <= most_local else least
        if at + local + 4 > len(page):
            return
        follows = int.from_bytes(page[at + local : at + local + 4], "big")
        seen: set[bytes] = set()
        for images in self._maps:
            payload = self._follow(page[at : at + local], follows, size, images)
            if payload is not None and payload not in seen:
                seen.add(payload)
                yield payload

    def _follow(self, local: bytes, follows: int, size: int, images: Mapping[int, int]) -> bytes | None:
        parts, missing = [local], size - len(local)
        while missing > 0:
            if follows <= 0:
                return None
            if follows in images:
                page = self._read(self._log, images[follows], self.page_bytes)
            else:
                page = self._read(self._main, (follows - 1) * self.page_bytes, self.page_bytes)
            if len(page) < 4 + min(missing, self._usable - 4):
                return None
            follows = int.from_bytes(page[:4], "big")
            parts.append(page[4 : 4 + min(missing, self._usable - 4)])
            missing -= len(parts[-1])
        return b"".join(parts)

    def _frames(self) -> Iterator[tuple[int, int, bool]]:
        """Give the committed frames of the log: page number, where its image is, whether SQLite would have read it.

        Behind a broken frame those are given too that begin a new chain of checksums, with the log's own salt, and
        reach a commit.
        """
        head = self._read(self._log, 0, _WAL_HEAD)
        if len(head) < _WAL_HEAD:
            return
        magic, _, size, _, salt, *stored = struct.unpack(">4I8s2I", head)
        big = bool(magic & 1)
        sound = magic & ~1 == _WAL_MAGIC and size == self.page_bytes and _sum(head[:24], big, (0, 0)) == tuple(stored)
        before = tuple(stored) if sound else None
        run: list[tuple[int, int]] = []
        for offset in range(_WAL_HEAD, _size(self._log), _FRAME_HEAD + self.page_bytes):
            frame = self._read(self._log, offset, _FRAME_HEAD + self.page_bytes)
            if len(frame) < _FRAME_HEAD + self.page_bytes:
                return
            number, commit, its_salt, *its_sum = struct.unpack(">2I8s2I", frame[:_FRAME_HEAD])
            if not sound and before is None:
                salt, big = its_salt, self._order(frame, offset)
            follows = its_salt == salt and (
                before is None or _sum(frame[_FRAME_HEAD:], big, _sum(frame[:8], big, before)) == tuple(its_sum)
            )
            if follows:
                run.append((number, offset + _FRAME_HEAD))
            else:
                sound = False
                run.clear()
            if follows and commit:
                yield from ((page, at, sound) for page, at in run)
                run.clear()
            before = tuple(its_sum)

    def _order(self, frame: bytes, offset: int) -> bool:
        """Tell in which byte order the frame after this one is summed, for a log whose header cannot be read."""
        following = self._read(self._log, offset + len(frame), len(frame))
        if len(following) < len(frame):
            return False
        *_, one, two = struct.unpack(">2I8s2I", frame[:_FRAME_HEAD])
        seed = _sum(following[:8], True, (one, two))
        return _sum(following[_FRAME_HEAD:], True, seed) == struct.unpack(">2I", following[16:24])

    def _read(self, file: int, offset: int, size: int) -> bytes:
        """Return what can be read there, nothing where the medium refuses."""
        if file < 0:
            return b""
        try:
            return os.pread(file, size, offset)
        except (OSError, OverflowError):
            return b""


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return -1


def _size(file: int) -> int:
    return os.fstat(file).st_size if file >= 0 else 0


def _page_bytes(header: bytes) -> int:
    if header[:16] != _HEADER:
        return PAGE_BYTES
    size = int.from_bytes(header[16:18], "big")
    size = 65536 if size == 1 else size
    return size if size >= 512 and size & (size - 1) == 0 else PAGE_BYTES


def _sum(data: bytes, big: bool, seed: tuple[int, ...]) -> tuple[int, int]:
    one, two = seed
    words = array("I", data)
    if big != (byteorder == "big"):
        words.byteswap()
    for index in range(0, len(words), 2):
        one = (one + words[index] + two) & 0xFFFFFFFF
        two = (two + words[index + 1] + one) & 0xFFFFFFFF
    return one, two


def _cells(page: bytes, start: int, kind: int) -> Iterator[int]:
    if len(page) < start + 8 or page[start] != kind:
        return
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    for at in range(start + 8, min(start + 8 + 2 * count, len(page) - 1), 2):
        yield int.from_bytes(page[at : at + 2], "big")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(8):
        byte = data[at + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64) if value >= 1 << 63 else value, at + 9


def _columns(record: bytes) -> list[Value] | None:
    """Return the columns of a record, ``None`` where it is none."""
    try:
        end, at = _varint(record, 0)
        body, columns = end, []
        while at < end:
            kind, at = _varint(record, at)
            value, body = _column(record, kind, body)
            columns.append(value)
    except (IndexError, ValueError):
        return None
    return columns if at == end and body == len(record) else None


def _column(record: bytes, kind: int, at: int) -> tuple[Value, int]:
    if kind < 0 or kind in (10, 11):
        raise ValueError("no such column")
    if kind >= 12:
        end = at + (kind - 12) // 2
        if end > len(record):
            raise ValueError("a column reaches beyond its record")
        return record[at:end] if kind % 2 == 0 else record[at:end].decode(), end
    if kind in (0, 8, 9):
        return None if kind == 0 else kind - 8, at
    width = (1, 2, 3, 4, 6, 8, 8)[kind - 1]
    raw = record[at : at + width]
    if len(raw) < width:
        raise ValueError("a column reaches beyond its record")
    return struct.unpack(">d", raw)[0] if kind == 7 else int.from_bytes(raw, "big", signed=True), at + width
