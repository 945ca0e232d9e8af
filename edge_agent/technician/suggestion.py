"""Devices that were found, as a technician would write them; what only a person on site can know is marked."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from config.bus_settings import BleBus, BusSettings
from config.catalog import load_class, load_profile
from config.profile import Option, Profile
from config.samples import sample_options
from drivers.api import Match, Overheard, Sighting
from edge_agent.technician.discovery import Scan
from edge_agent.technician.listening import LASTING, Air


class SecretName(str):
    """The name of a secret, which a gateway file says as ``!secret name``."""

    __slots__ = ()


@dataclass(slots=True)
class Suggestion:
    """What to add to a gateway file: entries of ``buses`` and ``devices``. ``todo`` names, by device, the options whose
    values are only a first guess. ``locked`` are devices that cannot be added before somebody has their keys.
    """

    buses: dict[str, dict[str, Any]] = field(default_factory=dict)
    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    todo: dict[str, tuple[str, ...]] = field(default_factory=dict)
    locked: dict[str, dict[str, Any]] = field(default_factory=dict)


def suggest(scans: Iterable[Scan], buses: Collection[BusSettings], taken: Collection[str], lang: str) -> Suggestion:
    """Return the devices of ``scans`` that a file does not have yet, as far as there is a model for them.

    ``buses`` are the file's, ``taken`` its device ids. A device that is only a guess, or that answers at another speed
    than its bus has in the file, is left out.
    """
    found = Suggestion()
    present = {bus.id: bus for bus in buses}
    for scan in scans:
        bus = present.get(scan.bus.id)
        if bus is not None and getattr(bus, "baud", None) != getattr(scan.bus, "baud", None):
            continue
        if bus is None and any(_worth(scan)):
            found.buses.setdefault(scan.bus.id, _bus(scan.bus))
        for sighting, match in _worth(scan):
            profile = load_profile(match.profile)
            family = match.profile.partition("/")[0]
            name = _free(family, {*taken, *found.devices})
            options, todo = _options(profile, match)
            kind = load_class(profile.kind).name
            found.devices[name] = {
                "name": f"{kind.en if lang == 'en' else kind.zh} {sighting.address}",
                "profile": match.profile,
                "bus": scan.bus.id,
                **({"unit": sighting.address} if scan.units else {}),
                **options,
            }
            if todo:
                found.todo[name] = todo
    return found


def suggest_heard(
    found: Suggestion, airs: Iterable[Air], buses: Collection[BusSettings], taken: Collection[str], lang: str
) -> None:
    """Add to ``found`` the senders that a file does not have yet and can have: those that can be known again.

    A bus is added where the file has none of its name.
    """
    present = {bus.id for bus in buses}
    for air in airs:
        for one in air.known:
            best = one.guesses[0] if one.guesses else None
            if one.device or best is None or best.confidence == "low" or not (best.options or best.keys):
                continue
            if one.kind == "non_resolvable" and not best.options:
                continue
            profile = load_profile(best.profile)
            name = _free(best.profile.partition("/")[0], {*taken, *found.devices, *found.locked})
            options = {key: value for key, value in sample_options(profile).items() if profile.options[key].required}
            options |= {key: "P-0000" for key, option in profile.options.items() if _names_person(option)}
            kind = load_class(profile.kind).name
            entry = {
                "name": f"{kind.en if lang == 'en' else kind.zh}{_end_of(one)}",
                "profile": best.profile,
                "bus": air.bus.id,
                **options,
                **best.options,
                **{key: SecretName(f"{name}-{key}") for key in best.keys},
            }
            (found.locked if best.keys else found.devices)[name] = entry
            if todo := tuple(key for key in options if key not in best.options):
                found.todo[name] = todo
            if air.bus.id not in present:
                found.buses.setdefault(air.bus.id, _radio(air.bus))


def _end_of(one: Overheard) -> str:
    """Return the last digits of an address that lasts, as they stand on the label."""
    return f" {one.address[-5:].replace(':', '')}" if one.kind in LASTING else ""


def _names_person(option: Option) -> bool:
    return option.type == "person" and option.required


def _radio(bus: BusSettings) -> dict[str, Any]:
    return {"type": bus.type, "adapters": list(bus.adapters)} if isinstance(bus, BleBus) else {"type": bus.type}


def _worth(scan: Scan) -> Iterator[tuple[Sighting, Match]]:
    for sighting in scan.answering[:1] if scan.indifferent else scan.answering:
        if sighting.matches and sighting.matches[0].confidence != "low" and not scan.known(sighting.address):
            yield sighting, sighting.matches[0]


def _bus(bus: BusSettings) -> dict[str, Any]:
    names = ("type", "host", "port", "baud", "format")
    return {name: getattr(bus, name) for name in names if getattr(bus, name, None) is not None}


def _free(family: str, taken: Collection[str]) -> str:
    number = 1
    while f"{family}-{number}" in taken:
        number += 1
    return f"{family}-{number}"


def _options(profile: Profile, match: Match) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the options that must be there. An empty bin is taken to be as far away as the waste is just now: a wrong
    guess then shows a bin as empty and alarms nobody.
    """
    options = {name: value for name, value in sample_options(profile).items() if profile.options[name].required}
    options |= match.options
    for level in profile.levels:
        now, span = match.values.get(level.source), profile.options[level.empty].range
        full = options.get(level.full)
        if isinstance(now, int | float) and span is not None and isinstance(full, int | float) and full < now:
            options[level.empty] = round(min(max(now, span[0]), span[1]))
    return options, tuple(name for name in options if name not in match.options)
