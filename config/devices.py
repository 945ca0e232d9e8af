"""Each device of a file held against its profile, its bus and its neighbours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config.address import Address
from config.address import Scalar as Value
from config.cameras import check_camera, check_cameras, is_host
from config.catalog import CatalogError, DeviceClass, load_class, load_profile, profile_ids, read_profile
from config.document import Mapping, Scalar, SecretRef, Tree
from config.fit import check_bus, check_fit
from config.form import DeviceForm
from config.meters import MeterAddress, check_address, check_neighbours
from config.problems import Place, Problem, near, problem
from config.profile import Option, Profile
from config.radios import check_alone, check_known
from config.shape import missing_key, unknown_key, wrong_type
from config.visits import check_visits
from config.written import Id, Person

_COMMON = tuple(DeviceForm.model_fields)
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device whose profile is known: its class, its good options, the points it will report."""

    id: str
    node: Mapping
    profile: Profile
    kind: DeviceClass
    options: dict[str, Value | dict[str, int]]
    points: frozenset[str]


@dataclass(slots=True)
class Devices:
    """What became of the section ``devices``. ``ids`` are all that the file names, good or not."""

    ids: tuple[str, ...] = ()
    found: dict[str, FoundDevice] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where profiles are looked for: the project's own, then ``more`` trees of profile files."""

    more: tuple[Path, ...] = ()

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all profiles, sorted."""
        extra = [
            path.relative_to(home).with_suffix("").as_posix() for home in self.more for path in home.rglob("*.yaml")
        ]
        return tuple(sorted({*profile_ids(), *extra}))

    def load(self, profile: str) -> Profile | None:
        """Return the profile, ``None`` if there is none; ``CatalogError`` if its file is wrong."""
        if profile in profile_ids():
            return load_profile(profile)
        if not re.fullmatch(r"[\w-]+(/[\w-]+)+", profile, re.ASCII):
            return None
        home = next((home for home in self.more if (home / f"{profile}.yaml").is_file()), None)
        return read_profile(home, profile) if home else None


def resolve_devices(tree: Mapping, shelf: Shelf) -> Devices:
    """Return every device of the file that has a profile, and everything wrong with any."""
    section = tree.mapping("devices")
    result = Devices(ids=tuple(section.entries))
    for name, node in section.entries.items():
        if not re.fullmatch(Id, name):
            result.problems.append(problem("E112", section.keys[name], given=name))
        if isinstance(node, Mapping):
            result.problems += check_bus(node, tree.mapping("buses"))
            if device := _resolve(name, node, shelf, result.problems):
                result.found[name] = device
                result.problems += check_fit(name, node, device.profile, tree.mapping("buses"))
                result.problems += check_known(node, device.profile)
                result.problems += check_camera(node, device.profile, tree.mapping("buses"))
    result.problems += _check_sharing(result.found)
    result.problems += _check_whole_boards(result.found)
    result.problems += check_neighbours(_addresses(result.found))
    known = {name: (device.node, device.profile) for name, device in result.found.items()}
    result.problems += [*check_alone(known), *check_cameras(known), *check_visits(known, tree.mapping("buses"))]
    return result


def _resolve(name: str, node: Mapping, shelf: Shelf, problems: list[Problem]) -> FoundDevice | None:
    given = node.text("profile")
    if given is None:
        return None
    at = node.entries["profile"].place
    try:
        profile = shelf.load(given)
    except CatalogError as error:
        problems.append(problem("E106", at, given=given, near_zh=f"{error} ", near_en=f"{error} "))
        return None
    if profile is None:
        problems.append(problem("E106", at, given=given, **near(given, shelf.ids())))
        return None
    options = _options(name, node, profile, problems)
    return FoundDevice(name, node, profile, load_class(profile.kind), options, _reported(profile, options))


def _reported(profile: Profile, options: dict[str, Value | dict[str, int]]) -> frozenset[str]:
    """Return the points that a device with these options has: some exist only where their option is set."""
    absent = {
        point.key
        for point in profile.points
        if isinstance(point.address, Address) and point.address.resolve(options) is None
    }
    return frozenset(key for key in profile.keys() if key not in absent)  # noqa: SIM118 - a method of ours


def _options(name: str, node: Mapping, profile: Profile, problems: list[Problem]) -> dict[str, Value | dict[str, int]]:
    here = f"devices.{name}"
    options: dict[str, Value | dict[str, int]] = {}
    for key, value in node.entries.items():
        if key in _COMMON:
            continue
        if key not in profile.options:
            problems.append(unknown_key(key, here, node.keys[key], (*_COMMON, *profile.options)))
            continue
        wrong = list(_check_option(profile.options[key], value, key, f"{here}.{key}"))
        problems += wrong
        if not wrong:
            options[key] = _plain(value)
    misspelt = {each.fields.get("match") for each in problems if each.fields.get("where") == here}
    for key, option in profile.options.items():
        if key in node.entries:
            continue
        if option.default is not None:
            options[key] = option.default
        elif option.required and key not in misspelt:
            problems.append(missing_key(key, here, node.place))
    problems += _check_levels(node, profile)
    return options


def _plain(value: Tree) -> Value | dict[str, int]:
    """Return a checked option as settings hold it."""
    if isinstance(value, Mapping):
        return dict(value.value)
    given = value.value
    return given.name if isinstance(given, SecretRef) else given  # type: ignore[return-value]  # checked before


def _check_option(option: Option, value: Tree, key: str, where: str) -> Iterator[Problem]:
    if option.type == "map":
        yield from _check_map(option, value, where)
        return
    if not isinstance(value, Scalar):
        yield wrong_type("string", value.place)
        return
    given, at = value.value, value.place
    number = isinstance(given, int | float) and not isinstance(given, bool)
    match option.type:
        case "meter":
            yield from check_address(option, given, at)
        case "int" if not isinstance(given, int) or isinstance(given, bool):
            yield wrong_type("int", at, given)
        case "float" if not number:
            yield wrong_type("float", at, given)
        case "bool" if not isinstance(given, bool):
            yield wrong_type("bool", at)
        case "str" if not isinstance(given, str):
            yield wrong_type("string", at, given)
        case "mac" if not isinstance(given, str) or not _MAC.fullmatch(given):
            yield problem("E110", at, given=given)
        case "host" if not is_host(given):
            yield problem("E215", at, given=given)
        case "secret" if not isinstance(given, SecretRef):
            yield problem("E301", at, key=key, name=f"my_{key}")
        case "person" if not isinstance(given, str) or not re.fullmatch(Person, given):
            yield problem("E303", at)
        case "int" | "float":
            yield from _check_range(option, given, at)
    if option.choices and given not in option.choices:
        choices = [str(choice) for choice in option.choices]
        yield problem("E109", at, given=given, known=", ".join(choices), **near(str(given), choices))


def _check_range(option: Option, given: object, at: Place) -> Iterator[Problem]:
    if option.range is not None and isinstance(given, int | float):
        low, high = option.range
        if not low <= given <= high:
            yield problem("E108", at, given=given, low=f"{low:g}", high=f"{high:g}")


def _check_map(option: Option, value: Tree, where: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield wrong_type("dict", value.place)
        return
    for name, item in value.entries.items():
        if name not in option.keys:
            yield unknown_key(name, where, value.keys[name], option.keys)
        elif not isinstance(item.value, int) or isinstance(item.value, bool):
            yield wrong_type("int", item.place, item.value)
        else:
            yield from _check_range(option, item.value, item.place)


def _check_levels(node: Mapping, profile: Profile) -> Iterator[Problem]:
    for level in profile.levels:
        empty, full = node.number(level.empty), node.number(level.full)
        if empty is not None and full is not None and full >= empty:
            yield problem("E204", node.entries[level.full].place, empty=empty, full=full)


def _addresses(found: dict[str, FoundDevice]) -> Iterator[MeterAddress]:
    """Yield the meter address of every device that has a good one."""
    for device in found.values():
        for key, option in device.profile.options.items():
            given, bus = device.options.get(key), device.node.text("bus")
            if option.type == "meter" and isinstance(given, str) and bus is not None:
                yield MeterAddress(device.id, bus, given, device.options.get("medium"), device.node.entries[key].place)


def _channels(device: FoundDevice) -> Iterator[tuple[str, int, Place]]:
    """Yield what a device has to itself on its board: (``relay`` or ``input`` ..., number, place)."""
    for name, option in device.profile.options.items():
        value = device.node.get(name)
        if option.exclusive and value is not None:
            items = value.entries.values() if isinstance(value, Mapping) else (value,)
            for item in items:
                if isinstance(item.value, int):
                    yield name.removesuffix("s"), item.value, item.place


def _check_sharing(found: dict[str, FoundDevice]) -> Iterator[Problem]:
    """One unit is one device, or one board whose channels are shared out, each once."""
    units: dict[tuple[str, int], FoundDevice] = {}
    used: dict[tuple[str, int, str, int], str] = {}
    for device in found.values():
        bus, unit = device.node.text("bus"), device.node.number("unit")
        if bus is None or unit is None:
            continue
        first = units.setdefault((bus, unit), device)
        if first is not device and not _may_share(first.profile, device.profile):
            place = device.node.entries["unit"].place
            yield problem("E202", place, bus=bus, unit=unit, other=first.id)
            continue
        for what, number, place in _channels(device):
            other = used.setdefault((bus, unit, what, number), device.id)
            if other != device.id or (what, number) in _doubled(device):
                yield problem("E203", place, what_zh=_CHANNEL.get(what, what), what_en=what, given=number, other=other)


def _check_whole_boards(found: dict[str, FoundDevice]) -> Iterator[Problem]:
    """What moves a whole board, such as releasing all its doors, must not move the barrier on its other relays."""
    boards: dict[tuple[str | None, float | None], list[FoundDevice]] = {}
    for device in found.values():
        boards.setdefault((device.node.text("bus"), device.node.number("unit")), []).append(device)
    for devices in boards.values():
        for device in devices:
            other = next((one for one in devices if one.kind.id != device.kind.id), None)
            for key, option in device.profile.options.items():
                if option.whole_board and other is not None and key in device.options:
                    yield problem("E207", device.node.entries[key].place, key=key, other=other.id)


_CHANNEL = {"relay": "继电器", "input": "输入"}


def _doubled(device: FoundDevice) -> set[tuple[str, int]]:
    seen: set[tuple[str, int]] = set()
    twice: set[tuple[str, int]] = set()
    for what, number, _ in _channels(device):
        (twice if (what, number) in seen else seen).add((what, number))
    return twice


def _may_share(first: Profile, second: Profile) -> bool:
    boards = all(any(option.exclusive for option in profile.options.values()) for profile in (first, second))
    return boards and first.transport == second.transport
