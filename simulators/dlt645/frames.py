"""How DL/T 645 looks on a wire, by hand: two starts around the address, and the 33H on every data byte.

Source: DL/T 645-2007 §5.2 (frame format), §5.3 (transmission), annex A; DL/T 645-1997 §4.2.
"""

from dataclasses import dataclass

from simulators.meters.frames import cutter, printed, sealed

cut = cutter(9, second_start=7)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a frame says: the address as printed (twelve digits, highest first), control code, data in the clear."""

    address: str
    control: int
    data: bytes


def spoken(frame: bytes) -> Spoken:
    """Return what a whole frame says."""
    return Spoken(printed(frame[1:7]), frame[8], bytes((byte - 0x33) % 256 for byte in frame[10 : 10 + frame[9]]))


def written(said: Spoken) -> bytes:
    """Return the frame that says this."""
    data = [(byte + 0x33) % 256 for byte in said.data]
    return sealed(bytes([0x68, *reversed(bytes.fromhex(said.address)), 0x68, said.control, len(data), *data]))
