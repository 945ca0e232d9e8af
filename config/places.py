"""Where devices are and whose they are: which of them a rule's ``devices``, ``people`` and ``place`` choose."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from config.settings import DeviceFacts

_BUILDING = re.compile(r".*?(?:幢|栋|号楼)")
_BORDER: Final = frozenset("幢栋楼元层区室户 /-·,_")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The devices, people (codes or groups) and places that a rule names; what is empty chooses everything."""

    devices: Collection[str] = ()
    people: Collection[str] = ()
    places: Collection[str] = ()

    def __bool__(self) -> bool:
        return bool(self.devices or self.people or self.places)

    def has(self, device: str, facts: DeviceFacts, groups: Collection[str]) -> bool:
        """Tell whether it chooses ``device``; ``groups`` are those of the device's person."""
        if self.devices and device not in self.devices:
            return False
        if self.people and not any(each == facts.person or each in groups for each in self.people):
            return False
        return not self.places or any(is_within(facts.place, each) for each in self.places)


def building_of(place: str) -> str:
    """Return the part of ``place`` up to its building (``3幢2单元`` gives ``3幢``), all of it where it names none."""
    match = _BUILDING.match(place)
    return match[0] if match else place


def is_within(place: str, wanted: str) -> bool:
    """Tell whether ``place`` is ``wanted`` or in it, or is a part of something that is called so.

    ``3幢2单元501`` is in ``3幢``, not in ``13幢`` and not in ``3幢2单元50``. ``3幢/消防通道`` is a ``消防通道``,
    and so is ``3幢消防通道``.
    """
    at = place.find(wanted) if wanted else -1
    while at >= 0:
        before, after = place[at - 1 : at], place[at + len(wanted) : at + len(wanted) + 1]
        starts = not before or before in _BORDER or (before.isdigit() and not wanted[0].isdigit())
        ends = not (after.isdigit() and wanted[-1].isdigit())
        if starts and ends:
            return True
        at = place.find(wanted, at + 1)
    return False
