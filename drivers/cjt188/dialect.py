"""CJ/T 188 as its line sees it: what its frames say, and how to find a meter whose number nobody knows.

Source: CJ/T 188-2004, the data link layer: AA in type and address is any, meant for the only meter of a line; control
codes 01H (read), 03H (read the address, identifier 810A), 04H (write). That single pairs of the address may be AA is a
habit of makers who follow DL/T 645 in it, not a promise of the standard.
"""

from collections.abc import Callable, Iterator
from typing import Final

from config.address import Scalar
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.cjt188.frames import (
    ADDRESS_DIGITS,
    ANSWER,
    ANY_KIND,
    MEDIA,
    READ,
    READ_NUMBER,
    REFUSED,
    UNITS,
    WRITE,
    Frame,
    decode,
    encode,
    identifier,
    question,
    reader,
)
from drivers.cjt188.meter import ORDERS, Cjt188Meter
from drivers.meters.address import is_meant, plate
from drivers.meters.decode import Units
from drivers.meters.dialect import Call, Found, Said
from drivers.meters.frames import FrameReader

_METERED, _NUMBER = "901F", "810A"
_HEAD: Final = 3
"""Identifier and number of the question, which come before the data."""


class Cjt188:
    """The protocol; see ``drivers.meters.dialect.Dialect``."""

    name = "cjt188"
    address_bytes = ADDRESS_DIGITS // 2
    units: Units = UNITS

    def reader(self) -> FrameReader:
        """Return what finds its frames."""
        return reader()

    def meter(self, device: DeviceSettings) -> Cjt188Meter:
        """Return the meter that ``device`` is."""
        return Cjt188Meter(device)

    def said(self, whole: bytes) -> Said:
        """Return what a whole frame says."""
        frame = decode(whole)
        answers = bool(frame.control & ANSWER)
        said = Said(plate(frame.address), answers, "other", frame.control, data=frame.data)
        if frame.control & REFUSED:
            return said._replace(refused=frame.data[1] if len(frame.data) > 1 else 0)
        control = frame.control & ~ANSWER
        if control == READ_NUMBER:
            return said._replace(deed="number")
        if control in (READ, WRITE) and len(frame.data) >= _HEAD:
            item, data = frame.data[:2].hex().upper(), frame.data[_HEAD:]
            return said._replace(deed="read" if control == READ else "write", item=item, data=data)
        return said

    def renumbered(self, whole: bytes, number: Callable[[bytes], bytes]) -> bytes:
        """Return a whole frame with ``number`` of its address, in its data as well where that repeats it."""
        frame = decode(whole)
        other = number(frame.address)
        return encode(frame._replace(address=other, data=frame.data.replace(frame.address, other)))

    def calls(self, address: bytes) -> tuple[Call, ...]:
        """Return the ways to ask everybody whom ``address`` reaches: for what they count, with the identifier in either
        order, and for the number.
        """
        plain, swapped = (question(ANY_KIND, address, identifier(_METERED, swapped=way), 0) for way in (False, True))
        number = Frame(ANY_KIND, address, READ_NUMBER, identifier(_NUMBER, swapped=False) + b"\0")
        told: tuple[tuple[Frame, dict[str, Scalar]], ...] = (
            (plain, {"di_order": "901F"}),
            (swapped, {"di_order": "1F90"}),
            (number, {}),
        )
        return tuple(Call(encode(asked), _found(asked, options)) for asked, options in told)

    def options(self, profile: Profile, found: Found) -> Iterator[dict[str, Scalar]]:
        """Yield the address with what it meters, once for each order of the identifier where that is not known."""
        choices = profile.options["medium"].choices if "medium" in profile.options else ()
        if found.options.get("medium") not in choices:
            return
        for order in ORDERS:
            if order != "auto" and found.options.get("di_order", order) == order:
                yield {"address": plate(found.address), **found.options, "di_order": order}


def _found(asked: Frame, options: dict[str, Scalar]) -> Callable[[bytes], Found | None]:
    def found(whole: bytes) -> Found | None:
        frame = decode(whole)
        if frame.control & ~REFUSED != asked.control | ANSWER or not is_meant(asked.address, frame.address):
            return None
        medium = next((name for name, kind in MEDIA.items() if kind == frame.kind), "")
        known = {} if frame.control & REFUSED else options
        return Found(frame.address, {"medium": medium, **known})

    return found
