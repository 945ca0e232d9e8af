"""Recognises in a write the command of a profile that it does, by trying what each command could have sent."""

from dataclasses import dataclass

from config.address import Address, Options, resolve
from config.command_map import Argument, CommandMap, Write
from config.profile import Profile
from simulators.modbus.unit import WRITE_COIL, WRITE_COILS, WRITE_REGISTER, WRITE_REGISTERS

_FUNCTION = {
    "coil": WRITE_COIL,
    "timed_coil": WRITE_COIL,
    "coils": WRITE_COILS,
    "register": WRITE_REGISTER,
    "registers": WRITE_REGISTERS,
}
_DALI_LEVELS = 254


@dataclass(frozen=True, slots=True)
class Done:
    """A command that a client gave, and with which arguments."""

    name: str
    command: CommandMap
    args: dict[str, int]


def recognise(profile: Profile, options: Options, function: int, address: int, values: list[int]) -> Done | None:
    """Return the command whose last write this is, ``None`` if it is none of the profile's."""
    for name, command in profile.commands.items():
        write = command.writes[-1]
        if _FUNCTION[write.kind] == function and resolve(write.address, options) == address:
            for args in _arguments(command):
                if _sent(write, options, args) == values:
                    return Done(name, command, args)
    return None


def _arguments(command: CommandMap) -> list[dict[str, int]]:
    """Return every choice of arguments; commands take one at most."""
    choices: list[dict[str, int]] = [{}]
    for name, span in command.args.items():
        low, high = span.range
        choices = [{**made, name: value} for made in choices for value in range(low, high + 1)]
    return choices


def _sent(write: Write, options: Options, args: dict[str, int]) -> list[int]:
    parts = write.value if isinstance(write.value, tuple) else (write.value,)
    if write.kind == "coil":
        return [0xFF00 if parts[0] else 0]
    return [_value(part, options, args) & 0xFFFF for part in parts]


def _value(part: object, options: Options, args: dict[str, int]) -> int:
    if isinstance(part, Address):
        return resolve(part, options) or 0
    if not isinstance(part, Argument):
        return int(part)  # type: ignore[call-overload, no-any-return]  # a literal of the profile
    given = float(args[part.arg])
    if part.curve == "dali":
        given = _dali_level(given)
    return round(given * part.scale + (resolve(part.offset, options) or 0))


def _dali_level(percent: float) -> int:
    """Return the level whose light comes nearest to ``percent``: level n gives 10 ** (3 (n - 1) / 253 - 1) percent."""
    if percent <= 0:
        return 0
    return min(range(1, _DALI_LEVELS + 1), key=lambda level: abs(10 ** (3 * (level - 1) / 253 - 1) - percent))
