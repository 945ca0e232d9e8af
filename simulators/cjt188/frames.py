"""How CJ/T 188 looks on a wire, by hand.

Source: CJ/T 188-2004, the data link layer, and frames that makers have published.
"""

from dataclasses import dataclass

_SHORTEST = 13


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a frame says: meter type, the address as printed (fourteen digits, highest first), control code, data."""

    kind: int
    address: str
    control: int
    data: bytes


def cut(buffer: bytearray) -> list[bytes]:
    """Take the whole frames out of ``buffer``, dropping what stands before each."""
    frames = []
    at = 0
    while at + _SHORTEST <= len(buffer):
        size = _SHORTEST + buffer[at + 10]
        frame = bytes(buffer[at : at + size])
        if buffer[at] == 0x68 and len(frame) == size and frame[-1] == 0x16 and sum(frame[:-2]) % 256 == frame[-2]:
            frames.append(frame)
            del buffer[: at + size]
            at = 0
        else:
            at += 1
    return frames


def spoken(frame: bytes) -> Spoken:
    """Return what a whole frame says."""
    address = "".join(f"{byte:02X}" for byte in reversed(frame[2:9]))
    return Spoken(frame[1], address, frame[9], frame[11 : 11 + frame[10]])


def written(said: Spoken) -> bytes:
    """Return the frame that says this."""
    body = [0x68, said.kind, *reversed(bytes.fromhex(said.address)), said.control, len(said.data), *said.data]
    return bytes([*body, sum(body) % 256, 0x16])


def digits(number: int, size: int) -> bytes:
    """Return ``number`` as ``size`` bytes of two digits each, lowest first."""
    text = f"{number:0{2 * size}d}"[-2 * size :]
    return bytes(int(text[at : at + 2], 16) for at in range(2 * size - 2, -1, -2))
