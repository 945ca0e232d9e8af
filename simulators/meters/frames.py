"""What the frames of both meter protocols have in common, by hand: 68 to 16 with a sum before the end, and digits.

Sources: DL/T 645-2007 §5.2 and annex A, CJ/T 188-2004, the data link layer.
"""

from collections.abc import Callable

Cut = Callable[[bytearray], list[bytes]]


def cutter(length_at: int, *, second_start: int = 0) -> Cut:
    """Return what takes the whole frames out of a buffer, dropping what stands before each.

    ``length_at`` is where the number of data bytes stands, ``second_start`` where another 68 must.
    """
    shortest = length_at + 3

    def cut(buffer: bytearray) -> list[bytes]:
        frames = []
        at = 0
        while at + shortest <= len(buffer):
            size = shortest + buffer[at + length_at]
            frame = bytes(buffer[at : at + size])
            if buffer[at] == buffer[at + second_start] == 0x68 and len(frame) == size and _is_whole(frame):
                frames.append(frame)
                del buffer[: at + size]
                at = 0
            else:
                at += 1
        return frames

    return cut


def sealed(body: bytes) -> bytes:
    """Return the frame whose bytes up to its data are ``body``."""
    return bytes([*body, sum(body) % 256, 0x16])


def printed(address: bytes) -> str:
    """Return an address of the wire as its plate has it: the highest pair first."""
    return "".join(f"{byte:02X}" for byte in reversed(address))


def fits(called: str, number: str) -> bool:
    """Tell whether a printed address means a meter's number, pair by pair; AA fits any."""
    pairs = range(0, len(number), 2)
    return len(called) == len(number) and all(called[at : at + 2] in ("AA", number[at : at + 2]) for at in pairs)


def digits(number: int, size: int, *, negative: bool = False) -> bytes:
    """Return ``number`` as ``size`` bytes of two digits each, lowest first, the highest bit set where negative."""
    text = f"{number:0{2 * size}d}"[-2 * size :]
    pairs = [int(text[at : at + 2], 16) for at in range(0, 2 * size, 2)][::-1]
    if negative:
        pairs[-1] |= 0x80
    return bytes(pairs)


def _is_whole(frame: bytes) -> bool:
    return frame[-1] == 0x16 and sum(frame[:-2]) % 256 == frame[-2]
