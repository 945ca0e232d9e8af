"""What a command sends and what must be seen afterwards: arguments checked, requests built, purely."""

from collections.abc import Mapping
from math import log10

from config.address import Address, Options, Scalar, resolve
from config.command_map import Argument, ArgumentRange, CommandMap, Write
from drivers.api.errors import Misconfigured, NotSupported
from drivers.modbus.pdu import Request, write_coil, write_coils, write_register, write_registers, write_timed_coil
from wire.reading import Value


def checked_arguments(ranges: Mapping[str, ArgumentRange], args: Mapping[str, Value]) -> dict[str, int]:
    """Return every argument, defaults filled in; ``Misconfigured`` for an unknown, mistyped or excessive one."""
    unknown = sorted(set(args) - set(ranges))
    if unknown:
        raise Misconfigured(f"unknown argument {', '.join(unknown)}")
    checked = {}
    for name, allowed in ranges.items():
        value = args.get(name, allowed.default)
        low, high = allowed.range
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Misconfigured(f"{name} must be a whole number from {low} to {high}")
        checked[name] = value
    return checked


def requests(unit: int, command: CommandMap, options: Options, args: Mapping[str, int]) -> list[Request]:
    """Return what ``command`` sends to ``unit``, in order.

    ``NotSupported`` when the options name no terminal for it, ``Misconfigured`` for a value that no register holds.
    """
    return [_request(unit, write, options, args) for write in command.writes]


def shown(expect: Mapping[str, Scalar | tuple[Scalar, ...]], readback: Mapping[str, Value]) -> bool:
    """Tell whether ``readback`` shows everything that ``expect`` asks for."""
    for key, wanted in expect.items():
        if readback.get(key) not in (wanted if isinstance(wanted, tuple) else (wanted,)):
            return False
    return True


def _request(unit: int, write: Write, options: Options, args: Mapping[str, int]) -> Request:
    address = resolve(write.address, options)
    if address is None:
        raise NotSupported("this device's options name no terminal for the command")
    unit = 0 if write.broadcast else unit
    parts = write.value if isinstance(write.value, tuple) else (write.value,)
    numbers = tuple(_number(part, args, options) for part in parts)
    if write.kind == "registers":
        return write_registers(unit, address, numbers)
    if write.kind == "coils":
        return write_coils(unit, address, tuple(bool(number) for number in numbers))
    if isinstance(write.value, tuple):
        raise Misconfigured(f"a {write.kind} takes one value")
    if write.kind == "coil":
        return write_coil(unit, address, bool(numbers[0]))
    return (write_timed_coil if write.kind == "timed_coil" else write_register)(unit, address, numbers[0])


def _number(value: Scalar | Argument | Address, args: Mapping[str, int], options: Options) -> int:
    if isinstance(value, Argument | Address):
        offset = resolve(value.offset if isinstance(value, Argument) else value, options)
        if offset is None:
            raise NotSupported("this device's options do not say what the command is for")
        value = offset if isinstance(value, Address) else _made(value, args) + offset
    if isinstance(value, str) or not -0x8000 <= value <= 0xFFFF:
        raise Misconfigured(f"{value!r} does not fit a register")
    return round(value) & 0xFFFF


def _made(value: Argument, args: Mapping[str, int]) -> float:
    given = args[value.arg]
    return (_arc_level(given) if value.curve == "dali" else given) * value.scale


def _arc_level(percent: float) -> int:
    """Return the DALI level (0..254) that gives ``percent`` of the light: IEC 62386-102, 0.1 % is level 1."""
    return 0 if percent <= 0 else round(1 + 253 / 3 * (log10(max(percent, 0.1)) + 1))
