"""Visits to Bluetooth devices held against their adapters: how many may stay connected, and how often is too often."""

from collections.abc import Iterator
from collections.abc import Mapping as Named
from typing import Final

from config.document import Mapping
from config.duration import format_duration, parse_duration
from config.problems import Problem, problem
from config.profile import Profile

SHORTEST_S: Final = 900.0
"""Each visit takes a device some seconds of its battery and an adapter some seconds of everybody's time."""

_SLOTS: Final = 5


def stream_slots(slots: int) -> int:
    """Return how many of an adapter's slots may be held for good: one is for visits, one for commands."""
    return max(0, slots - 2)


def check_visits(found: Named[str, tuple[Mapping, Profile]], buses: Mapping) -> Iterator[Problem]:
    """Check the visits of all devices whose profile is known."""
    streams: dict[str, int] = {}
    for node, profile in found.values():
        visit = None if profile.bluetooth is None else profile.bluetooth.visit
        bus = node.text("bus")
        if visit is None or bus is None:
            continue
        if visit.when == "every":
            yield from _check_period(node)
        if visit.when == "stream":
            streams[bus] = streams.get(bus, 0) + 1
            if streams[bus] > (room := _room(buses.mapping(bus))):
                yield problem("E212", node.entries["profile"].place, bus=bus, room=room, count=streams[bus])


def _check_period(node: Mapping) -> Iterator[Problem]:
    every = node.text("every")
    if every is None:
        return
    try:
        period_s = parse_duration(every)
    except ValueError:
        return  # said elsewhere
    if period_s < SHORTEST_S:
        yield problem("W212", node.entries["every"].place, given=every, least=format_duration(SHORTEST_S))


def _room(bus: Mapping) -> int:
    """Return how many streams fit on a bus; adapters that are no list are said elsewhere."""
    written = bus.get("adapters")
    adapters = written.value if written is not None and isinstance(written.value, list) else ["hci0"]
    return stream_slots(int(bus.number("slots") or _SLOTS)) * len(adapters)
