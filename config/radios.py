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
    """Check that no two devices have one address."""
    owners: dict[str, str] = {}
    for name, (node, profile) in found.items():
        mac = node.get("mac")
        if profile.bluetooth is None or not isinstance(mac, Scalar) or not isinstance(mac.value, str):
            continue
        other = owners.setdefault(mac.value.upper(), name)
        if other != name:
            yield problem("E211", mac.place, given=mac.value, other=other)


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
