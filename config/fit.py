"""A device held against the bus that it hangs on: whether it is reached, at which address and speed, and its habits."""

from collections.abc import Iterator

from config.document import Mapping, Sequence
from config.problems import Problem, near, problem
from config.profile import Profile
from config.shape import bus_types, missing_key, unknown_key
from config.written import serial_format

_LAST_ADDRESS = 65535

_LINES = {
    "modbus-rtu": (9600, "8N1"),
    "modbus-rtu-tcp": (9600, "8N1"),
    "meter-serial": (2400, "8E1"),
    "dlt645-serial": (2400, "8E1"),
    "cjt188-serial": (2400, "8E1"),
}
"""Speed and format of each kind of serial line where the file names none. What a transparent server is set to, a line
of meters does not say.
"""


def check_bus(node: Mapping, buses: Mapping) -> Iterator[Problem]:
    """Check that the bus that a device names is there."""
    bus = node.text("bus")
    if bus is not None and bus not in buses.entries:
        known = ", ".join(buses.entries) or "—"
        yield problem("E107", node.entries["bus"].place, given=bus, known=known, **near(bus, buses.entries))


def check_fit(name: str, node: Mapping, profile: Profile, buses: Mapping) -> Iterator[Problem]:
    """Check that the bus can carry the device called ``name``, at the speed that the maker ships."""
    transport, here = profile.transport, f"devices.{name}"
    yield from _check_habits(node, profile, here)
    bus = node.text("bus")
    if bus is None:
        if transport.buses and "bus" not in node.entries:
            yield missing_key("bus", here, node.place)
        return
    settings = buses.mapping(bus)
    kind = settings.text("type")
    if kind not in bus_types():
        return
    if kind not in transport.reached_over():
        known = ", ".join(transport.reached_over()) or "—"
        yield problem("E111", node.entries["bus"].place, profile=profile.id, type=kind, known=known)
    if not kind.startswith("modbus-"):
        if "unit" in node.entries:
            yield unknown_key("unit", here, node.keys["unit"], profile.options)
    elif "unit" not in node.entries:
        yield missing_key("unit", here, node.place, str(transport.unit))
    else:
        yield from _check_unit(node, profile, kind)
    if kind in _LINES:
        yield from _check_speed(node, profile, bus, settings, *_LINES[kind])


def _check_unit(node: Mapping, profile: Profile, kind: str) -> Iterator[Problem]:
    """Check that the address can be a device's: 0 is everybody, and what is reserved belongs to who ships with it."""
    unit = node.number("unit")
    own = unit == profile.transport.unit and (unit != 0 or kind == "modbus-tcp")
    if unit is not None and (unit == 0 or 247 < unit < 255) and not own:
        yield problem("E205", node.entries["unit"].place, unit=unit, profile=profile.id)


def _check_speed(
    node: Mapping, profile: Profile, bus: str, settings: Mapping, usual_baud: int, usual_form: str
) -> Iterator[Problem]:
    baud, written = settings.number("baud") or usual_baud, settings.get("format")
    form = usual_form if written is None else serial_format(written.value)
    if form is None:
        return
    factory = profile.transport.baud or baud, profile.transport.format or form
    if factory != (baud, form):
        factory_said, line = f"{factory[0]} {factory[1]}", f"{baud} {form}"
        at = node.entries["profile"].place
        yield problem("W203", at, profile=profile.id, factory=factory_said, bus=bus, line=line)


def _check_habits(node: Mapping, profile: Profile, here: str) -> Iterator[Problem]:
    if "transport" not in node.entries:
        return
    if profile.driver != "modbus":
        known = [key for key in profile.options if key != "transport"]
        yield unknown_key("transport", here, node.keys["transport"], known)
    holes = node.mapping("transport").mapping("holes")
    for ranges in holes.entries.values():
        for each in ranges.items if isinstance(ranges, Sequence) else ():
            ends = each.items if isinstance(each, Sequence) else ()
            first, last = (ends[0].value, ends[-1].value) if ends else (None, None)
            if isinstance(first, int) and isinstance(last, int) and last < first:
                yield problem("E108", ends[-1].place, given=last, low=first, high=_LAST_ADDRESS)
