"""The frame that DL/T 645 and CJ/T 188 have in common, from 68 to 16 with a sum before the end, found in any bytes."""

from typing import Final

START: Final = 0x68
END: Final = 0x16
PREAMBLE: Final = b"\xfe\xfe\xfe\xfe"
"""What wakes a meter's receiver. It belongs to no frame: meters answer with any number of FE, or none."""

_LONGEST: Final = 11 + 255 + 2


def sealed(body: bytes) -> bytes:
    """Return ``body`` (68 to the last byte of data) as a whole frame: its sum modulo 256 and the end."""
    return body + bytes((sum(body) & 0xFF, END))


class FrameReader:
    """Cuts a stream of bytes into frames; what belongs to none is passed over, however it looks.

    ``length_at`` is where in the frame the number of data bytes stands, ``starts`` are the places besides the first
    that must hold 68.
    """

    def __init__(self, length_at: int, starts: tuple[int, ...] = ()) -> None:
        self._length_at = length_at
        self._starts = starts
        self._buffer = bytearray()
        self._passed_over = False

    @property
    def noise(self) -> bool:
        """Whether something came since the last ``clear`` that is neither a frame nor a preamble."""
        return self._passed_over or bool(self._buffer.strip(b"\xfe"))

    def clear(self) -> None:
        """Forget what came."""
        self._buffer.clear()
        self._passed_over = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that ``data`` completes, in order, each from 68 to 16 and with a right sum."""
        buffer = self._buffer
        buffer += data
        frames = []
        start = 0
        while (start := buffer.find(START, start)) >= 0:
            end = self._end(start)
            if end:
                frames.append(bytes(buffer[start:end]))
                self._drop(start)
                del buffer[: end - start]
                start = 0
            else:
                start += 1
        self._drop(len(buffer) - _LONGEST)
        return frames

    def _drop(self, count: int) -> None:
        if count > 0:
            self._passed_over = self._passed_over or bool(self._buffer[:count].strip(b"\xfe"))
            del self._buffer[:count]

    def _end(self, start: int) -> int:
        """Return where the frame that begins at ``start`` ends, 0 where none does (yet)."""
        buffer = self._buffer
        if len(buffer) <= start + self._length_at:
            return 0
        end = start + self._length_at + buffer[start + self._length_at] + 3
        if len(buffer) < end or buffer[end - 1] != END or any(buffer[start + at] != START for at in self._starts):
            return 0
        return end if sum(memoryview(buffer)[start : end - 2]) & 0xFF == buffer[end - 2] else 0
