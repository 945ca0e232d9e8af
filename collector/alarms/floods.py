"""Which alarms are one flood: more than ten within ten minutes in one place, by the times at which they were raised.

Pure, and the same whatever the order of arrival: a flood is named after its first-out, the alert that began it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MANY = 10
WINDOW_US = 600_000_000
LONGEST_US = 3_600_000_000
"""A flood that goes on for longer is told as a new one."""

GATEWAY_OFFLINE = "gateway_offline"


class Occurrence(NamedTuple):
    """What of an alert decides with which others it belongs; ``place`` is the device's, empty where it has none."""

    id: str
    gateway: str
    rule: str
    place: str
    raised_at: int


def is_device_offline(rule: str) -> bool:
    """Tell whether a rule says that a device, not its gateway, does not answer."""
    return rule.endswith("_offline") and rule != GATEWAY_OFFLINE


def fold(occurrences: Iterable[Occurrence]) -> dict[str, str]:
    """Return the flood of each alert that belongs to one, by the alert's id.

    Devices of one gateway that go offline together belong together wherever they stand, for they share a line, a
    switch or a fuse; what is left is gathered by place, and where a device has none by gateway.
    """
    ordered = sorted(occurrences, key=lambda one: (one.raised_at, one.id))
    found: dict[str, str] = {}
    lines = defaultdict[tuple[str, ...], list[Occurrence]](list)
    for one in ordered:
        if is_device_offline(one.rule):
            lines[one.gateway, one.rule].append(one)
    _gather(lines.values(), found)
    places = defaultdict[tuple[str, ...], list[Occurrence]](list)
    for one in ordered:
        if one.id not in found:
            places[one.gateway, one.place].append(one)
    _gather(places.values(), found)
    return found


def _gather(groups: Iterable[Sequence[Occurrence]], found: dict[str, str]) -> None:
    for group in groups:
        at = 0
        while at + MANY < len(group):
            end = _end(group, at)
            found.update((one.id, group[at].id) for one in group[at:end])
            at = max(end, at + 1)


def _end(group: Sequence[Occurrence], start: int) -> int:
    """Return where the flood that begins at ``start`` ends; ``start`` where none does."""
    end = start + MANY
    if group[end].raised_at - group[start].raised_at > WINDOW_US:
        return start
    while end < len(group) and group[end].raised_at - group[end - MANY].raised_at <= WINDOW_US:
        if group[end].raised_at - group[start].raised_at > LONGEST_US:
            break
        end += 1
    return end
