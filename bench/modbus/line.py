"""A pretend serial line at the pace of copper, in a process that, like hardware, waits for no other (where allowed).

Run as ``python -m bench.modbus.line LINK CASE``: prints one JSON line when it is ready, then answers each line
on standard input with one JSON line of what it answered so far, and ends with its input. Times are monotonic seconds,
which all processes of a machine share.
"""

import asyncio
import json
import random
import selectors
import sys
import time
from pathlib import Path

from bench.modbus.cases import ANSWER_S, BAUD, CASES, CONTACT, DEAD_UNIT, REGISTERS, Case, Member
from bench.modbus.priority import LINE, before_others
from runtime.clock import SystemClock
from simulators.devices.door import Door
from simulators.devices.meter import Meter
from simulators.devices.registers import RegisterBank
from simulators.devices.relay_board import RelayBoard
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.modbus.faults import Faults
from simulators.modbus.frames import Frame, rtu_bytes
from simulators.modbus.line import Line, Reply
from simulators.modbus.serial import SerialWire
from simulators.modbus.speed import Speed
from simulators.modbus.unit import Unit

DIES_AFTER_S = 8.0
_FLIP_S = (0.5, 0.9)


class CountedLine(Line):
    """A line that adds up what its frames take at least: ``theory_s`` for ``answers`` requests that were answered.

    Each is its request's and its answer's bytes, 3.5 characters of silence behind either, and the device's own time; a
    character of 8N1 has 10 bits.
    """

    def __init__(self, name: str, speed: Speed) -> None:
        super().__init__(name)
        self.answers = 0
        self.theory_s = 0.0
        self._speed = speed

    def serve(self, request: Frame, *, tcp: bool) -> Reply | None:
        """Answer as any line does, and count."""
        reply = super().serve(request, tcp=tcp)
        if reply is not None:
            self.answers += 1
            characters = len(rtu_bytes(request)) + len(reply[0])
            self.theory_s += characters * self._speed.char_s + 2 * self._speed.gap_s + self.slow_s(request.unit)
        return reply


class WrittenBank(RegisterBank):
    """Registers that note when they were written."""

    def __init__(self, address: int, count: int) -> None:
        super().__init__(address, count=count)
        self.written: list[tuple[float, int]] = []

    def write_registers(self, function: int, address: int, values: list[int]) -> None:
        super().write_registers(function, address, values)
        self.written.append((time.monotonic(), values[0]))


class Stage:
    """The line of one case. ``flips`` are when which door was opened or shut."""

    def __init__(self, case: Case, link: Path) -> None:
        self._case, self._clock = case, SystemClock()
        self.line = CountedLine("rs485-1", Speed(BAUD))
        self.wire = SerialWire(self.line, self._clock, link, paced=True)
        self._faults: dict[int, Faults] = {}
        self._doors: dict[str, Door] = {}
        self._banks: list[WrittenBank] = []
        self.flips: list[tuple[float, str, bool]] = []
        for member in case.members:
            faults = self._faults[member.unit] = Faults(slow_s=ANSWER_S)
            self.line.add(self._unit(member), faults)

    def truth(self) -> dict[str, object]:
        """Return what happened so far."""
        return {
            "at": time.monotonic(),
            "requests": self.line.requests,
            "answers": self.line.answers,
            "theory_s": self.line.theory_s,
            "flips": self.flips,
            "written": [one for bank in self._banks for one in bank.written],
        }

    async def die(self) -> None:
        """Let one device fall silent after a while."""
        await asyncio.sleep(DIES_AFTER_S)
        self._faults[DEAD_UNIT].silent = True

    async def flip(self) -> None:
        """Open and shut the doors at moments that no period divides; endless."""
        dice = random.Random(7)
        while True:
            await asyncio.sleep(dice.uniform(*_FLIP_S))
            name, door = dice.choice(sorted(self._doors.items()))
            if door.is_open:
                door.close()
            else:
                door.open("key")
            self.flips.append((time.monotonic(), name, door.is_open))

    def _unit(self, member: Member) -> Unit:
        match member.kind:
            case "door":
                board = RelayBoard(member.unit, self._clock)
                self._doors[member.id] = Door(board, self._clock, relay=1, inputs={"contact": CONTACT})
                return board
            case "bin":
                return UltrasonicBin(member.unit, self._clock)
            case "meter":
                return Meter(member.unit, self._clock)
            case "bank" | "few":
                self._banks.append(WrittenBank(member.unit, REGISTERS[member.kind]))
                return self._banks[-1]


async def _serve(link: Path, case: Case) -> None:
    loop, stage = asyncio.get_running_loop(), Stage(case, link)
    await stage.wire.start()
    print(json.dumps({"first": before_others(LINE)}), flush=True)
    stories = [asyncio.ensure_future(stage.die())] if case.dead else []
    stories += [asyncio.ensure_future(stage.flip())] if case.flips else []
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(stage.truth()), flush=True)
    for story in stories:
        story.cancel()
    await stage.wire.stop()


if __name__ == "__main__":
    # epoll counts in milliseconds, which is a character; select(2) in microseconds
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(_serve(Path(sys.argv[1]), CASES[sys.argv[2]]))
