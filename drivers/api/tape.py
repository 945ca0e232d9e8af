"""The last minutes of a line, byte for byte, in a bounded piece of memory: what the flight recorder reads."""

import struct
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from drivers.api.records import Frame, Lang
from runtime.clock import Clock

KEPT_S = 300.0
"""How far back a line can be looked at, where the bytes allow it."""

SENT, RECEIVED, OPENED, CLOSED, GAVE_UP = 1, 2, 3, 4, 5

_HEAD = struct.Struct("<dBH")
_LONGEST = 0xFFFF
_ONE_FRAME_S = 0.05
"""Bytes that come within this time of the last ones are pieces of one frame."""

_CLOCK_WAS_SET_US = 100_000
"""The two clocks are never read at one instant: a smaller difference does not move what was told already."""

_MARKS = {
    OPENED: {"zh": "连接已建立", "en": "connected"},
    CLOSED: {"zh": "连接已断开", "en": "connection closed"},
    GAVE_UP: {"zh": "没有等到应答", "en": "no answer in time"},
}


class Piece(NamedTuple):
    """One entry: when (monotonic seconds), what happened, and the bytes, if there were any."""

    at: float
    kind: int
    data: bytes


class Meaning(Protocol):
    """What a protocol makes of the bytes on its line."""

    def __call__(self, data: bytes, asked: bytes, lang: Lang, *, sent: bool) -> str:
        """Return what ``data`` says; ``asked`` is what was sent before it, empty where nothing was. Never raises."""
        ...


class Tape:
    """Two halves, the older of which is dropped when the newer one is full or as old as may be kept.

    Each half holds ``limit`` bytes at most, with 11 for each entry beside its data. Writing costs less than a
    microsecond; reading may be done from another thread.
    """

    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock, self._limit = clock, limit
        self._older, self._newer = bytearray(), bytearray()
        self._until = clock.monotonic() + KEPT_S
        self._epoch_us = 0

    def add(self, kind: int, data: bytes = b"") -> None:
        """Note that ``data`` was sent or received, or what became of it or of the connection, just now."""
        now = self._clock.monotonic()
        if now > self._until or len(self._newer) + len(data) > self._limit:
            self._older, self._newer = self._newer, bytearray()
            self._until = now + KEPT_S
            data = data[-self._limit :]
        self._newer += _HEAD.pack(now, kind, len(data)) + data

    def frames(self, since_us: int, lang: Lang, meaning: Meaning) -> list[Frame]:
        """Return what went over the line from ``since_us`` on and in the last five minutes; see ``Records.frames``.

        A frame keeps the time that it was given until the clock is set.
        """
        now = self._clock.monotonic()
        epoch_us = self._clock.now() - round(now * 1_000_000)
        if abs(epoch_us - self._epoch_us) < _CLOCK_WAS_SET_US:
            epoch_us = self._epoch_us
        self._epoch_us = epoch_us
        since = max(now - KEPT_S, (since_us - epoch_us) / 1_000_000)
        frames, asked = [], b""
        for at, kind, data in _joined(bytes(self._older) + bytes(self._newer)):
            if at >= since:
                sent = kind == SENT
                note = _MARKS[kind][lang] if kind in _MARKS else meaning(data, asked, lang, sent=sent)
                frames.append(Frame(epoch_us + round(at * 1_000_000), sent, data, note))
            if kind == SENT:
                asked = data
        return frames


def _joined(tape: bytes) -> Iterator[Piece]:
    """Yield the entries with what was received in pieces put together."""
    last: Piece | None = None
    for piece in _pieces(tape):
        if last is None:
            last = piece
        elif last.kind == piece.kind == RECEIVED and piece.at - last.at < _ONE_FRAME_S:
            last = Piece(last.at, RECEIVED, last.data + piece.data)
        else:
            yield last
            last = piece
    if last is not None:
        yield last


def _pieces(tape: bytes) -> Iterator[Piece]:
    at = 0
    while at + _HEAD.size <= len(tape):
        when, kind, length = _HEAD.unpack_from(tape, at)
        at += _HEAD.size
        yield Piece(when, kind, tape[at : at + length])
        at += length
