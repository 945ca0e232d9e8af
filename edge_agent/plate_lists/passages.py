"""Plates between driver and rules: each read is written as plates are, gets the box's own word, and is known again."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from config.settings import ListSettings
from edge_agent.plate_lists.book import Listing, PlateBook, listings_of
from runtime.clock import Clock
from wire.event import Event
from wire.plates import LONGEST, ListKind, plate_text
from wire.reading import Value

READ: Final = "plate_read"
"""The event that is judged here."""

REPEATED: Final = "repeated"
"""The field of a read that tells of a passage that was told already."""

PASSAGE_S: Final = 60.0
"""The same plate at the same camera within so long is the same passage."""

_REMEMBERED: Final = 256


class PlateJudge:
    """Fills ``list``, ``near`` and ``near_list`` of every ``plate_read`` from the lists in effect; marks repetitions.

    The box's lists count, also against the camera's own: only where the box has none, or where the camera's says
    ``black``, is the camera's word kept. A repetition is for the rules, which may let a car in that still stands there;
    it is not stored unless it raises something.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._site: Sequence[Listing] = ()
        self._delivered: Sequence[Listing] = ()
        self._passed: OrderedDict[tuple[str, str], float] = OrderedDict()
        self.book = PlateBook(())

    def under(self, site: Mapping[str, ListSettings]) -> None:
        """Use the lists of the site's file from now on."""
        self._site = listings_of(site)
        self.book = PlateBook((*self._site, *self._delivered))

    def deliver(self, lists: Sequence[Listing]) -> None:
        """Use these lists of the collector from now on, beside the site's."""
        self._delivered = lists
        self.book = PlateBook((*self._site, *self._delivered))

    def judged(self, event: Event) -> Event:
        """Return the event as the rules are to see it; any other than ``READ`` as it is."""
        told = event.fields.get("plate") if event.name == READ else None
        plate = plate_text(told)[:LONGEST] if isinstance(told, str) else ""
        if not plate:
            return event
        fields: dict[str, Value] = {**event.fields, "plate": plate, **self._word(plate, event.fields.get("list"))}
        if self._is_repeated(event.device, plate):
            fields[REPEATED] = True
        return replace(event, fields=fields)

    def _word(self, plate: str, camera: Value) -> dict[str, Value]:
        if not self.book.listings:
            return {}
        found = self.book.judge(plate, self._clock.now())
        if found.kind is not None:
            return {"list": found.kind.value}
        word = ListKind.black.value if camera == ListKind.black else "unknown"
        if found.near_kind is None:
            return {"list": word}
        return {"list": word, "near": found.near, "near_list": found.near_kind.value}

    def _is_repeated(self, device: str, plate: str) -> bool:
        now, passage = self._clock.monotonic(), (device, plate)
        last = self._passed.get(passage)
        if last is not None and now - last < PASSAGE_S:
            return True
        self._passed[passage] = now
        self._passed.move_to_end(passage)
        while len(self._passed) > _REMEMBERED:
            self._passed.popitem(last=False)
        return False
