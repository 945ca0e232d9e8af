"""The address of a meter as its plate shows it: how it must be written, and that no two devices mean one meter."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from config.problems import Place, Problem, problem
from config.profile import Option

_PLATE = "000012345678"


class MeterAddress(NamedTuple):
    """A device's meter address as ``text``, what it meters where the profile tells, and where it stands in the file."""

    device: str
    bus: str
    text: str
    medium: object
    place: Place

    def meets(self, other: "MeterAddress") -> bool:
        """Tell whether one meter could answer to both."""
        pairs = zip(_pairs(self.text), _pairs(other.text), strict=False)
        return self.medium == other.medium and all("AA" in pair or pair[0] == pair[1] for pair in pairs)

    @property
    def anybody(self) -> bool:
        """Whether more than one meter could answer."""
        return self.text.startswith("AA")


def is_meter_address(given: object, digits: int) -> bool:
    """Tell whether ``given`` is a text of ``digits`` digits, the highest pairs perhaps ``AA`` (any digits)."""
    return isinstance(given, str) and len(given) == digits and bool(re.fullmatch(r"(?:AA)*(?:[0-9]{2})*", given))


def check_address(option: Option, given: object, at: Place) -> Iterator[Problem]:
    """Yield what is wrong with the address ``given``, proposing the same number as it must be written."""
    if is_meter_address(given, option.digits):
        return
    bare = re.sub(r"[\s:-]", "", str(given)).upper()
    meant = bare.zfill(option.digits) if re.fullmatch(r"[0-9]+", bare) else bare
    example = meant if is_meter_address(meant, option.digits) else _PLATE.zfill(option.digits)
    yield problem("E116", at, given=given, digits=option.digits, example=example)


def check_neighbours(addresses: Iterable[MeterAddress]) -> Iterator[Problem]:
    """Yield every address that an earlier device on the same bus has, or to which its meter would answer too."""
    seen: list[MeterAddress] = []
    for one in addresses:
        for other in seen:
            if other.bus == one.bus and one.meets(other):
                wide = next((each for each in (one, other) if each.anybody), None)
                if one.text == other.text or wide is None:
                    yield problem("E208", one.place, bus=one.bus, given=one.text, other=other.device)
                else:
                    beside = other if wide is one else one
                    yield problem("E209", wide.place, bus=one.bus, given=wide.text, other=beside.device)
                break
        seen.append(one)


def _pairs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(0, len(text), 2)]
