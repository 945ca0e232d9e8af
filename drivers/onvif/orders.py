"""What a camera or door station is told to do, and what of it can be said afterwards."""

from collections.abc import Mapping
from typing import Final

from config.command_map import CommandMap
from drivers.api.errors import DriverError, Misconfigured, NotSupported
from drivers.onvif.calls import Calls
from drivers.onvif.target import Target
from runtime.clock import Clock
from wire.reading import Value

LOOK_S: Final = 0.25
"""How often a lock is looked at until it shows what was asked for."""


async def obey(target: Target, calls: Calls, clock: Clock, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
    """Do ``command`` (any but to take a picture or read a plate) once and return what is known of it; errors as in
    ``drivers.api.Executes``.

    Of a door the lock is read back. A station that has no doors of its own and took the order to its relay shows no
    more than that: its answer is what is known.
    """
    order = target.commands.get(command)
    if order is None or order.camera is None:
        raise NotSupported(f"{target.device} cannot do {command}")
    heed_arguments(order, command, args)
    match order.camera.call:
        case "relay":
            await calls.release_relay(target.relay, _seconds(args, order.camera.seconds))
            return dict(_plain(order.expect))
        case "door":
            await calls.access_door(target.door)
            return await _lock(target.door, calls, clock, order.within_s)
        case "reboot":
            await calls.reboot()
        case "preset":
            await calls.go_to_preset(_number(args, "preset"))
        case "snapshot" | "recognise":
            raise NotSupported("what is seen is asked for by whoever tells it")
    return {}


def heed_arguments(order: CommandMap, command: str, args: Mapping[str, Value]) -> None:
    """Raise ``Misconfigured`` for an argument that the command does not take."""
    if unknown := sorted(set(args) - set(order.args)):
        raise Misconfigured(f"{command} takes no {', '.join(unknown)}")


async def _lock(door: str, calls: Calls, clock: Clock, within_s: float) -> dict[str, Value]:
    """Return the lock as it is read within so many seconds of the order, at once when it is open."""
    until = clock.monotonic() + within_s
    state: dict[str, Value] = {"lock_state": "unknown"}
    while True:
        try:
            doors = await calls.doors()
        except DriverError:
            return state
        for one in doors:
            if door in ("", one.token) and one.locked is not None:
                state = {"lock_state": "locked" if one.locked else "unlocked"}
                break
        if state["lock_state"] == "unlocked" or clock.monotonic() >= until:
            return state
        await clock.sleep(LOOK_S)


def _plain(expect: Mapping[str, object]) -> dict[str, Value]:
    return {key: value for key, value in expect.items() if isinstance(value, bool | int | float | str)}


def _number(args: Mapping[str, Value], name: str) -> int:
    given = args.get(name)
    if not isinstance(given, int) or isinstance(given, bool):
        raise Misconfigured(f"{name} has to be a number")
    return given


def _seconds(args: Mapping[str, Value], otherwise: float) -> float:
    given = args.get("seconds", otherwise)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= 60:
        raise Misconfigured(f"{given} is no time to hold an output")
    return float(given)
