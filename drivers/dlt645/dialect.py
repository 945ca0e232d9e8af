"""DL/T 645 as its line sees it: what its frames say, and how to find a meter whose number nobody knows.

Source: DL/T 645-2007 §5.2 (addresses: pairs AA from the highest on are any digits), §7 (11H, reading; 13H, reading the
address, for the only meter of a line); DL/T 645-1997 for 01H and identifier 9010.
"""

from collections.abc import Callable, Iterator
from typing import Final

from config.address import Scalar
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.dlt645.frames import (
    ADDRESS_DIGITS,
    ANSWER,
    MORE_FOLLOWS,
    READ,
    READ_1997,
    READ_MORE,
    READ_NUMBER,
    REFUSED,
    Frame,
    decode,
    encode,
    question,
    reader,
)
from drivers.dlt645.meter import Dlt645Meter
from drivers.meters.address import is_meant, plate
from drivers.meters.decode import Units
from drivers.meters.dialect import Call, Found, Said
from drivers.meters.frames import FrameReader

_ENERGY, _ENERGY_1997 = "00010000", "9010"
"""What every meter has, be it of 2007 or of 1997."""

_IDENTIFIER_BYTES: Final = {READ: 4, READ_MORE: 4, READ_1997: 2}


class Dlt645:
    """The protocol; see ``drivers.meters.dialect.Dialect``."""

    name = "dlt645"
    address_bytes = ADDRESS_DIGITS // 2
    units: Units = {}  # noqa: RUF012 - it has none

    def reader(self) -> FrameReader:
        """Return what finds its frames."""
        return reader()

    def meter(self, device: DeviceSettings) -> Dlt645Meter:
        """Return the meter that ``device`` is."""
        return Dlt645Meter(device)

    def said(self, whole: bytes) -> Said:
        """Return what a whole frame says."""
        frame = decode(whole)
        control = frame.control & ~(ANSWER | REFUSED | MORE_FOLLOWS)
        answers = bool(frame.control & ANSWER)
        size = _IDENTIFIER_BYTES.get(control, 0)
        said = Said(plate(frame.address), answers, "other", frame.control, data=frame.data)
        if frame.control & REFUSED:
            return said._replace(deed="read" if size else "other", refused=frame.data[0] if frame.data else 0)
        if control == READ_NUMBER:
            return said._replace(deed="number")
        if size and len(frame.data) >= size:
            return said._replace(deed="read", item=frame.data[:size][::-1].hex().upper(), data=frame.data[size:])
        return said

    def renumbered(self, whole: bytes, number: Callable[[bytes], bytes]) -> bytes:
        """Return a whole frame with ``number`` of its address, in its data as well where that repeats it."""
        frame = decode(whole)
        other = number(frame.address)
        return encode(frame._replace(address=other, data=frame.data.replace(frame.address, other)))

    def calls(self, address: bytes) -> tuple[Call, ...]:
        """Return the ways to ask everybody whom ``address`` reaches: for energy (2007, 1997), and for the number."""
        asked = [question(address, _ENERGY), question(address, _ENERGY_1997), Frame(address, READ_NUMBER, b"")]
        return tuple(Call(encode(one), _found(one)) for one in asked)

    def options(self, profile: Profile, found: Found) -> Iterator[dict[str, Scalar]]:
        """Yield the address: nothing else is to be known."""
        yield {"address": plate(found.address)}


def _found(asked: Frame) -> Callable[[bytes], Found | None]:
    def found(whole: bytes) -> Found | None:
        frame = decode(whole)
        control = frame.control & ~(REFUSED | MORE_FOLLOWS)
        if control != asked.control | ANSWER or not is_meant(asked.address, frame.address):
            return None
        return Found(frame.address)

    return found
