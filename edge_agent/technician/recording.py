"""A recording of one device, redacted: what went over its line and what was made of it, fit to become a test.

Kept are the model, its options and its unit, because the bytes mean nothing without them. Names, places, codes of
people, passwords, free text and the way to the line are not: they never get as far as here. A meter's number, which
leads to a home, is a made-up one, in the bytes as well.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from config.address import Scalar
from config.bus_settings import BusSettings
from config.catalog import load_class, load_profile
from config.profile import Option
from config.settings import DeviceSettings
from drivers.api import DriverError, Frame, LineLost, NotSupported, Polls, Records, Redacts
from edge_agent.technician.trial import opened
from runtime.clock import Clock
from wire.reading import Batch, Value, describe_quality

FORMAT: Final = 1
_EVERY_S: Final = 1.0
_HIDDEN: Final = frozenset({"secret", "person", "mac", "meter"})


@dataclass(frozen=True, slots=True)
class Poll:
    """One reading of everything: ``frames`` that went over the line meanwhile, ``began`` (µs), and the ``batch`` or,
    where there is none, the ``error``'s word.
    """

    began: int
    frames: tuple[Frame, ...]
    batch: Batch | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Personal:
    """Points that tell of people: ``refused`` may not be recorded at all, ``told`` only with their consent."""

    refused: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(slots=True)
class Recording:
    """What was recorded of ``device`` on ``bus``; ``made_up`` are options in place of those that tell its number."""

    bus: BusSettings
    device: DeviceSettings
    polls: list[Poll] = field(default_factory=list)
    made_up: dict[str, Scalar] = field(default_factory=dict)


def personal_points(device: DeviceSettings) -> Personal:
    """Return what a recording of ``device`` would tell of people, by the catalogue's word."""
    kind = load_class(device.profile.kind)
    points = [point for key in device.profile.points_on(device.options) if (point := kind.point(key)) is not None]
    refused = {point.key for point in points if point.pii in ("sensitive", "whereabouts")}
    refused |= {point.key for point in points if point.pii == "personal" and point.kind == "string"}
    told = [point.key for point in points if point.pii == "personal" and point.key not in refused]
    return Personal(tuple(sorted(refused)), tuple(told))


async def record(bus: BusSettings, device: DeviceSettings, clock: Clock, seconds: float) -> Recording:
    """Read ``device`` once a second for so long, at least once; raises what ``Driver.open`` does, and ``NotSupported``
    where the line keeps no bytes.
    """
    found, until = Recording(bus, device), clock.monotonic() + seconds
    async with opened(bus, device, clock) as driver:
        if not isinstance(driver, Polls) or not isinstance(driver, Records):
            raise NotSupported(f"{bus.type} keeps no record of its bytes")
        while True:
            began, due = clock.now(), clock.monotonic() + _EVERY_S
            batch, error = None, ""
            try:
                batch = await driver.poll(device.id)
            except LineLost:
                raise
            except DriverError as failure:
                error = failure.word
            frames = tuple(frame for frame in driver.frames(began) if frame.data)
            if isinstance(driver, Redacts):
                found.made_up, frames = driver.redact(device.id, frames)
            found.polls.append(Poll(began, frames, batch, error))
            if due >= until:
                return found
            await clock.sleep(due - clock.monotonic())


def as_yaml(found: Recording, version: str) -> str:
    """Return the file's text; see ``docs/field-work.md`` for its keys."""
    return "\n".join(_lines(found, version)) + "\n"


def _lines(found: Recording, version: str) -> Iterator[str]:
    bus, device = found.bus, found.device
    yield f"# {device.profile.id}, recorded by edge-agent {version} and redacted. 由 edge-agent record 录制, 已脱敏。"
    yield f"recording: {FORMAT}"
    yield f"profile: {device.profile.id}"
    yield f"bus: {bus.type}"
    line = {name: getattr(bus, name) for name in ("baud", "format") if hasattr(bus, name)}
    if line:
        yield f"line: {json.dumps(line)}"
    yield f"unit: {device.unit}"
    yield f"options: {json.dumps({**redacted_options(device), **found.made_up}, ensure_ascii=False)}"
    habits = _habits(device)
    if habits:
        yield f"transport: {json.dumps(habits)}"
    yield "polls:"
    start = found.polls[0].began
    for poll in found.polls:
        yield f"  - after_ms: {(poll.began - start) / 1000:.1f}"
        yield "    frames:"
        for frame in poll.frames:
            after_ms, way = (frame.at - poll.began) / 1000, ">" if frame.sent else "<"
            yield f'      - [{after_ms:.1f}, "{way}", "{frame.data.hex(" ").upper()}"]'
        if poll.batch is None:
            yield f"    error: {poll.error}"
        else:
            yield from _readings(poll.batch)


def _readings(batch: Batch) -> Iterator[str]:
    values: dict[str, Value] = dict(zip(batch.points, batch.values, strict=True))
    yield f"    values: {json.dumps(values, ensure_ascii=False)}"
    bad = {
        key: describe_quality(one) for key, one in zip(batch.points, batch.quality, strict=bool(batch.quality)) if one
    }
    if bad:
        yield f"    quality: {json.dumps(bad)}"


def redacted_options(device: DeviceSettings) -> dict[str, Scalar | dict[str, int]]:
    """Return the options that are numbers, terminals or words of the profile's own."""
    known = device.profile.options
    return {name: value for name, value in device.options.items() if name in known and _harmless(known[name])}


def _harmless(option: Option) -> bool:
    return option.type not in _HIDDEN and (option.type != "str" or bool(option.choices))


def _habits(device: DeviceSettings) -> dict[str, Any]:
    """Return how the device's transport differs from its profile's."""
    own, shipped = asdict(device.profile.transport), asdict(load_profile(device.profile.id).transport)
    return {name: value for name, value in own.items() if value != shipped[name]}


def summary(polls: Sequence[Poll]) -> tuple[int, int, int]:
    """Return how many polls brought readings, how many did not, and how many bytes went over the line."""
    good = sum(poll.batch is not None for poll in polls)
    return good, len(polls) - good, sum(len(frame.data) for poll in polls for frame in poll.frames)
