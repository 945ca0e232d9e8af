"""Pictures for a camera without a lens: a baseline JPEG (ITU T.81) in greys, one tone for each block of 8 x 8."""

import struct
from collections.abc import Callable
from functools import lru_cache

WIDTH, HEIGHT = 640, 360
_QUANTUM = 8
_LENGTHS = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
"""How many codes of 1..16 bits: the luminance DC table of annex K.3.1. The only AC code is 'the rest is nothing'."""
_CODES = {0: "00", 1: "010", 2: "011", 3: "100", 4: "101", 5: "110", 6: "1110", 7: "11110", 8: "111110"}
_CODES |= {9: "1111110", 10: "11111110", 11: "111111110"}


def _place(x: int, y: int) -> int:
    """Return the tone of a patchwork: a place whose corners stay where they are."""
    return ((x // 13) * 67 + (y // 9) * 113 + (x // 13) * (y // 9) * 29) % 170 + 40


def _unsharp(x: int, y: int) -> int:
    around = [_place(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return sum(around) // len(around)


def _noise(x: int, y: int, moment: int) -> int:
    return (((x * 73_856_093) ^ (y * 19_349_663) ^ (moment * 83_492_791)) >> 5) % 3


SCENES: dict[str, Callable[[int, int, int], int]] = {
    "normal": lambda x, y, moment: _place(x, y) + _noise(x, y, moment),
    "dark": lambda x, y, moment: 4 + _noise(x, y, moment),
    "covered": lambda x, y, moment: 90 + _noise(x, y, moment),
    "blurred": lambda x, y, moment: _unsharp(x, y) + _noise(x, y, moment),
    "moved": lambda x, y, moment: _place(x + 12, y + 4) + _noise(x, y, moment),
}
"""The tone (0..255) of the block at column x, row y, at a moment that counts up."""


@lru_cache(maxsize=8)
def jpeg(scene: str, moment: int) -> bytes:
    """Return the picture of ``scene`` (a key of ``SCENES``) at ``moment``."""
    tone = SCENES[scene]
    bits: list[str] = []
    before = 0
    for y in range(HEIGHT // 8):
        for x in range(WIDTH // 8):
            level = (tone(x, y, moment) - 128) * 8 // _QUANTUM
            bits.append(_difference(level - before) + "0")
            before = level
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    return b"".join((_head(), data, b"\xff\xd9"))


def _difference(value: int) -> str:
    size = abs(value).bit_length()
    if not size:
        return _CODES[0]
    return _CODES[size] + format(value if value > 0 else value + (1 << size) - 1, f"0{size}b")


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _head() -> bytes:
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            _segment(0xDB, b"\x00" + bytes([_QUANTUM] * 64)),
            _segment(0xC0, struct.pack(">BHHB", 8, HEIGHT, WIDTH, 1) + b"\x01\x11\x00"),
            _segment(0xC4, b"\x00" + _LENGTHS + bytes(range(12))),
            _segment(0xC4, b"\x10" + b"\x01" + bytes(15) + b"\x00"),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
        )
    )
