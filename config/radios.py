"""Bluetooth devices and adapters of a file: by what each is known, and that no two are known by the same."""

from collections.abc import Iterator
from collections.abc import Mapping as Named

from config.document import Mapping, Scalar
from config.problems import Problem, problem
from config.profile import Profile

_KEYS = ("mac", "irk")


def check_known(node: Mapping, profile: Profile) -> Iterator[Problem]:
    """Check that a device of a Bluetooth product says by what it is known."""
    if profile.bluetooth is None:
        return
    named = [option for option in _KEYS if option in profile.options]
    identity = tuple(profile.bluetooth.identity.values())
    if identity and all(option in node.entries for option in identity):
        return
    if not any(option in node.entries for option in named):
        yield problem("E210", node.place, known=" / ".join((*named, " + ".join(identity))).rstrip(" /"))


def check_alone(found: Named[str, tuple[Mapping, Profile]]) -> Iterator[Problem]:
    """Check that no two devices have one address, one identity key, or one number of their own."""
    owners: dict[tuple[str, ...], str] = {}
    for name, (node, profile) in found.items():
        if profile.bluetooth is None:
            continue
        for options in (("mac",), ("irk",), tuple(profile.bluetooth.identity.values())):
            said = [node.get(option) for option in options]
            if not said or not all(isinstance(one, Scalar) for one in said):
                continue
            words = [str(getattr(one.value, "name", one.value)) for one in said if one is not None]
            other = owners.setdefault((*options, *(word.upper().replace("-", "") for word in words)), name)
            if other != name and said[0] is not None:
                yield problem("E211", said[0].place, given=" ".join(words), other=other)


def check_adapters(buses: Mapping) -> Iterator[Problem]:
    """Check that each adapter belongs to one bus, and stands there once: it has one owner."""
    owners: dict[str, str] = {}
    for name in buses.entries:
        bus = buses.mapping(name)
        if bus.text("type") != "ble":
            continue
        written = bus.get("adapters")
        adapters = ["hci0"] if written is None else written.value
        for adapter in adapters if isinstance(adapters, list) else []:
            other = owners.get(str(adapter).lower())
            owners[str(adapter).lower()] = name
            if other is not None:
                yield problem("E201", bus.place if written is None else written.place, port=adapter, other=other)
