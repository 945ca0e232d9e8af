"""How CJ/T 188 looks on a wire, by hand: a type before the address, data as it is.

Source: CJ/T 188-2004, the data link layer, and frames that makers have published.
"""

from dataclasses import dataclass

from simulators.meters.frames import cutter, printed, sealed

cut = cutter(10)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a frame says: meter type, the address as printed (fourteen digits, highest first), control code, data."""

    kind: int
    address: str
    control: int
    data: bytes


def spoken(frame: bytes) -> Spoken:
    """Return what a whole frame says."""
    return Spoken(frame[1], printed(frame[2:9]), frame[9], frame[11 : 11 + frame[10]])


def written(said: Spoken) -> bytes:
    """Return the frame that says this."""
    head = [0x68, said.kind, *reversed(bytes.fromhex(said.address)), said.control, len(said.data)]
    return sealed(bytes([*head, *said.data]))
