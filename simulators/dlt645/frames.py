"""How DL/T 645 looks on a wire, by hand: frames, the 33H on every data byte, digits.

Source: DL/T 645-2007 §5.2 (frame format), §5.3 (transmission), annex A; DL/T 645-1997 §4.2.
"""

from dataclasses import dataclass

_SHORTEST = 12


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a frame says: the address as printed (twelve digits, highest first), control code, data in the clear."""

    address: str
    control: int
    data: bytes


def cut(buffer: bytearray) -> list[bytes]:
    """Take the whole frames out of ``buffer``, dropping what stands before each."""
    frames = []
    at = 0
    while at + _SHORTEST <= len(buffer):
        size = _SHORTEST + buffer[at + 9]
        frame = bytes(buffer[at : at + size])
        if buffer[at] == buffer[at + 7] == 0x68 and len(frame) == size and _is_whole(frame):
            frames.append(frame)
            del buffer[: at + size]
            at = 0
        else:
            at += 1
    return frames


def spoken(frame: bytes) -> Spoken:
    """Return what a whole frame says."""
    address = "".join(f"{byte:02X}" for byte in reversed(frame[1:7]))
    return Spoken(address, frame[8], bytes((byte - 0x33) % 256 for byte in frame[10 : 10 + frame[9]]))


def written(said: Spoken) -> bytes:
    """Return the frame that says this."""
    body = [0x68, *reversed(bytes.fromhex(said.address)), 0x68, said.control, len(said.data)]
    body += [(byte + 0x33) % 256 for byte in said.data]
    return bytes([*body, sum(body) % 256, 0x16])


def digits(number: int, size: int, *, negative: bool = False) -> bytes:
    """Return ``number`` as ``size`` bytes of two digits each, lowest first, the highest bit set where negative."""
    text = f"{number:0{2 * size}d}"[-2 * size :]
    pairs = [int(text[at : at + 2], 16) for at in range(0, 2 * size, 2)][::-1]
    if negative:
        pairs[-1] |= 0x80
    return bytes(pairs)


def _is_whole(frame: bytes) -> bool:
    return frame[-1] == 0x16 and sum(frame[:-2]) % 256 == frame[-2]
