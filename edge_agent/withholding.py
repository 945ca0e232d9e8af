"""What of people leaves the box: of their whereabouts nothing, or with an alert alone, and no word of absent pictures.

The rules have judged it before it comes here. What is stored goes up, and what is told goes to people elsewhere, so
both pass here; a site that shares has nothing withheld and pays nothing.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from edge_agent.plan import DevicePlan
from wire.alert import AlertChange
from wire.event import Event
from wire.picture import FIELD
from wire.reading import Batch, Value

_REFERENCE = frozenset({FIELD})


class Withholding:
    """Takes out of batches, events and alerts what the devices' plans withhold."""

    def __init__(self, plans: Mapping[str, DevicePlan]) -> None:
        self._kept = {device: plan.withheld for device, plan in plans.items() if plan.withheld}
        self._pictureless = {device for device, plan in plans.items() if plan.pictureless}
        self._with_alarms = {device for device, plan in plans.items() if plan.told_with_alarms}

    def batch(self, batch: Batch) -> Batch:
        """Return what of a batch may be stored; maybe no point at all."""
        kept = self._kept.get(batch.device)
        if kept is None or kept.isdisjoint(batch.points):
            return batch
        left = [index for index, key in enumerate(batch.points) if key not in kept]
        return Batch(
            batch.device,
            batch.at,
            tuple(batch.points[index] for index in left),
            tuple(batch.values[index] for index in left),
            tuple(batch.quality[index] for index in left) if batch.quality else (),
        )

    def event(self, event: Event, *, raised: bool) -> Event | None:
        """Return what of an event may be stored, ``None`` for nothing; ``raised``: it raised an alert."""
        if FIELD in event.fields and event.device in self._pictureless:
            event = replace(event, fields=_without(event.fields, _REFERENCE))
        kept = self._kept.get(event.device)
        if kept is None or (raised and event.device in self._with_alarms):
            return event
        if event.name in kept:
            return None
        return event if kept.isdisjoint(event.fields) else replace(event, fields=_without(event.fields, kept))

    def changes(self, changes: Sequence[AlertChange]) -> list[AlertChange]:
        """Return changes of alerts without the values that are told to nobody."""
        return [self._change(change) for change in changes] if self._kept or self._pictureless else list(changes)

    def _change(self, change: AlertChange) -> AlertChange:
        if FIELD in change.values and change.device in self._pictureless:
            change = replace(change, values=_without(change.values, _REFERENCE))
        kept = self._kept.get(change.device)
        if kept is None or change.device in self._with_alarms or kept.isdisjoint(change.values):
            return change
        return replace(change, values=_without(change.values, kept))


def _without(values: Mapping[str, Value], kept: frozenset[str]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name not in kept}
