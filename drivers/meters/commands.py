"""Has a meter do what a command says: written once, never again, then looked at until it is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from config.address import Scalar
from config.command_map import CommandMap
from drivers.api.errors import AnswerLost, CorruptAnswer, DeviceMustRecover, LineLost, Misconfigured, Timeout
from drivers.meters.dialect import Writes
from drivers.meters.line import Line, NotSent
from runtime.clock import Clock
from wire.reading import Batch, Value

READBACK_EVERY_S: Final = 1.0
"""Pause between looks at a valve that has not moved yet; its motor takes seconds, and the line has others to serve."""

Look = Callable[[Sequence[str]], Awaitable[Batch]]


async def execute(line: Line, clock: Clock, meter: Writes, how: CommandMap, look: Look) -> dict[str, Value]:
    """Do a command that takes no arguments and return what was read back; ``look`` reads points of the meter.

    ``AnswerLost`` also when the meter acknowledged and then did not show what the profile expects. An order that went
    unanswered is never sent again: nobody knows where the valve is, and a person decides.
    """
    item, value = _single_write(how)
    if not meter.known:
        await look(how.readback)
    try:
        async with line.turn:
            await meter.write(line, item, value)
    except NotSent:
        raise
    except (Timeout, CorruptAnswer, LineLost) as error:
        raise AnswerLost(f"sent, but {error}") from error
    until = clock.monotonic() + how.within_s
    seen: dict[str, Value] = {}
    problem = "it shows something else"
    while True:
        try:
            seen = _good(await look(how.readback))
        except DeviceMustRecover as error:
            problem = str(error)
        if all(seen.get(key) in _any_of(wanted) for key, wanted in how.expect.items()):
            return seen
        if clock.monotonic() >= until:
            raise AnswerLost(f"acknowledged, but {problem}: {seen}")
        await clock.sleep(READBACK_EVERY_S)


def check_no_arguments(args: Mapping[str, Value]) -> None:
    """Raise ``Misconfigured`` for any argument: a meter's commands take none."""
    if args:
        raise Misconfigured(f"unknown argument {', '.join(sorted(args))}")


def _good(batch: Batch) -> dict[str, Value]:
    good = batch.quality or (0,) * len(batch.points)
    return {key: value for key, value, bad in zip(batch.points, batch.values, good, strict=True) if not bad}


def _single_write(how: CommandMap) -> tuple[str, int]:
    write = how.writes[0]
    if len(how.writes) != 1 or write.kind != "item" or not isinstance(write.address, int):
        raise Misconfigured("a meter's command writes one item")
    if not isinstance(write.value, int) or not 0 <= write.value <= 0xFF:
        raise Misconfigured("an item is written with one byte")
    return f"{write.address:04X}", int(write.value)


def _any_of(wanted: Scalar | tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)
