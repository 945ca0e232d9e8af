"""Which listed plate a plate that is on no list may be: taken for another in a character or two, or cut short.

Nothing here scans a list: what the plate may be is written down and looked for, some thousand look-ups at most, however
long the lists are. Whoever finds a likeness asks a person; it never opens anything.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, product
from typing import Final, TypeAlias

from wire.plates import LONGEST, UNREAD

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

ALIKE: Final = ("0DOQ", "8B", "2Z", "5S", "1IL7T")
"""Characters that cameras and people take for one another."""

SUGGESTED: Final = 5
"""So many plates are suggested at most."""

_LATIN: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SERIAL: Final = "0123456789" + _LATIN
_ENDS: Final = _SERIAL + "挂学警港澳领使"
_OTHERS: Final = {one: tuple(each for each in group if each != one) for group in ALIKE for one in group}
_MOST_UNREAD: Final = 2

Known: TypeAlias = Callable[[str], bool]
"""Tells whether a plate is listed now."""


def near(plate: str, known: Known) -> str:
    """Return the one listed plate that ``plate`` may be, empty where there is none or more than one is as near.

    ``plate`` is as ``wire.plates.plate_text`` writes it and is not listed itself. It is near where it differs in no
    more than two characters that look alike, in a province that was not read or read as another, or in what was not
    read at all (two characters at most); a plate that differs in less is nearer.
    """
    if not 5 <= len(plate) <= LONGEST:
        return ""
    for candidates in _by_distance(plate):
        found = {each for each in candidates if each != plate and known(each)}
        if found:
            return found.pop() if len(found) == 1 else ""
    return ""


def suggestions(plate: str, known: Known) -> tuple[str, ...]:
    """Return listed plates from which one character of ``plate`` is changed, left out or put in: far weaker than
    ``near``, for a person who looks at the picture.
    """
    if not 5 <= len(plate) <= LONGEST or UNREAD in plate:
        return ()
    found = dict.fromkeys(each for each in _edited(plate) if each != plate and known(each))
    return tuple(found)[:SUGGESTED]


def _by_distance(plate: str) -> Iterator[Iterable[str]]:
    """Yield what the plate may be, what differs least first."""
    if plate[0] in _SERIAL and len(plate) in (6, 7):
        plate = UNREAD + plate
    unread = plate.count(UNREAD)
    if unread > _MOST_UNREAD:
        return
    if unread:
        read = tuple(_filled(plate))
        yield read
        if unread < _MOST_UNREAD:
            yield (other for one in read for other in _alike(one, 1))
        return
    yield [*_alike(plate, 1), *_elsewhere(plate)]
    yield [*_alike(plate, 2), *(other for one in _elsewhere(plate) for other in _alike(one, 1))]


def _filled(plate: str) -> Iterator[str]:
    places = [at for at, each in enumerate(plate) if each == UNREAD]
    choices = [PROVINCES if at == 0 else _LATIN if at == 1 else _ENDS for at in places]
    for fill in product(*choices):
        yield _with(plate, dict(zip(places, fill, strict=True)))


def _elsewhere(plate: str) -> Iterator[str]:
    """Yield the plate with every other province, if it has one."""
    if plate[0] in PROVINCES:
        yield from (each + plate[1:] for each in PROVINCES if each != plate[0])


def _alike(plate: str, count: int) -> Iterator[str]:
    """Yield the plate with ``count`` characters changed to such as look like them."""
    places = [at for at, each in enumerate(plate) if each in _OTHERS]
    for chosen in combinations(places, count):
        for fill in product(*(_OTHERS[plate[at]] for at in chosen)):
            yield _with(plate, dict(zip(chosen, fill, strict=True)))


def _edited(plate: str) -> Iterator[str]:
    for at in range(len(plate) + 1):
        choices = PROVINCES + _LATIN if at == 0 else _ENDS
        yield from (plate[:at] + each + plate[at:] for each in choices)
        if at < len(plate):
            yield plate[:at] + plate[at + 1 :]
            yield from (plate[:at] + each + plate[at + 1 :] for each in choices)


def _with(plate: str, changes: dict[int, str]) -> str:
    return "".join(changes.get(at, each) for at, each in enumerate(plate))
