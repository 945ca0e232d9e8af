"""The lists of plates in effect on this box, the site's own and the collector's: what each of them says of a plate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from config.settings import ListSettings
from edge_agent.plate_lists.likeness import near, suggestions
from wire.plates import ListKind, PlateEntry

Spans: TypeAlias = Mapping[str, tuple[int | None, int | None]]
"""Plates, and from when until when each counts (µs; ``None``: without end)."""

COLLECTOR: Final = "collector"
"""Where lists come from that no file of the site has."""

_FIRST: Final = (ListKind.black, ListKind.white, ListKind.visitor)
"""Of a plate that is on several lists the first of these counts."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: what it is called, its kind, its plates, and ``origin``: a file's name, or ``COLLECTOR``."""

    name: str
    kind: ListKind
    spans: Spans
    origin: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the box knows of a plate: its list, if any; else the plate that it is ``near`` and that one's list.

    ``ended`` is the list on which it was, or is yet to be.
    """

    plate: str
    kind: ListKind | None = None
    near: str = ""
    near_kind: ListKind | None = None
    ended: ListKind | None = None


class PlateBook:
    """``listings`` at work. Times are µs since the epoch, by the box's own clock."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self.listings = tuple(listings)

    def judge(self, plate: str, now: int) -> Verdict:
        """Return what is known of ``plate``, written as ``wire.plates.plate_text`` writes it."""
        kind = self._kind(plate, now)
        if kind is not None:
            return Verdict(plate, kind)
        alike = near(plate, lambda each: self._kind(each, now) is not None)
        return Verdict(plate, None, alike, self._kind(alike, now) if alike else None, self._ended(plate))

    def suggest(self, plate: str, now: int) -> tuple[str, ...]:
        """Return plates one keystroke away that are listed now."""
        return suggestions(plate, lambda each: self._kind(each, now) is not None)

    def _kind(self, plate: str, now: int) -> ListKind | None:
        return _first(one.kind for one in self.listings if _counts(one.spans.get(plate, _NEVER), now))

    def _ended(self, plate: str) -> ListKind | None:
        return _first(one.kind for one in self.listings if plate in one.spans)


_NEVER: Final = (0, 0)
_ALWAYS: Final = (None, None)


def _first(kinds: Iterable[ListKind]) -> ListKind | None:
    found = set(kinds)
    return next((kind for kind in _FIRST if kind in found), None)


def _counts(span: tuple[int | None, int | None], now: int) -> bool:
    since, until = span
    return (since is None or since <= now) and (until is None or now < until)


def listings_of(site: Mapping[str, ListSettings]) -> list[Listing]:
    """Return those of the site's lists that are of plates: the ones with a kind."""
    return [
        Listing(name, ListKind(one.kind), one.entries, one.file) for name, one in site.items() if one.kind is not None
    ]


def listings_from(entries: Iterable[PlateEntry]) -> list[Listing]:
    """Return what the collector lists, a listing for each kind that it has."""
    spans: dict[ListKind, dict[str, tuple[int | None, int | None]]] = {}
    for one in entries:
        span = _ALWAYS if one.since is None and one.until is None else (one.since, one.until)
        spans.setdefault(one.kind, {})[one.plate] = span
    return [Listing(kind.value, kind, found, COLLECTOR) for kind, found in spans.items()]
