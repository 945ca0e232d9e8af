"""The doors that are measured: two relay boards behind TCP, and a fire input that closes at moments drawn by lot.

Run as ``python -m bench.doors CHANGES``: prints one JSON line with its ports, lets the doors be asked for a while,
closes the fire input so many times, and prints one JSON line with what the boards saw: for each change the seconds
until it was read, until the first and until the last relay was told, ``PATIENCE_S`` for what never came.
"""

import asyncio
import json
import random
import sys
import time

from runtime.clock import SystemClock
from simulators.devices.door import Door
from simulators.devices.relay_board import RelayBoard
from simulators.modbus.line import Line
from simulators.modbus.tcp import TcpWire
from simulators.modbus.unit import DISCRETE_INPUTS, Read

BUSES = ("a", "b")
DOORS = 4
FIRE = 8
PERIOD_S = 0.2
PATIENCE_S = 5.0


class Board(RelayBoard):
    """A board that notes when its relays were told and lets somebody wait for reads of the fire input."""

    def __init__(self, clock: SystemClock) -> None:
        super().__init__(1, clock)
        self.told: dict[int, float] = {}
        self.all_told = asyncio.Event()
        self._read: list[asyncio.Future[float]] = []
        for relay in range(1, DOORS + 1):
            self.listen(relay, lambda act, _: self._heard(act.relay))

    async def read(self) -> float:
        """Return when the fire input's next read has been answered."""
        waiting: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._read.append(waiting)
        return await waiting

    def answered(self, read: Read) -> None:
        super().answered(read)
        if read.function == DISCRETE_INPUTS and read.covers(FIRE - 1):
            waiting, self._read = self._read, []
            for one in waiting:
                if not one.done():
                    one.set_result(time.perf_counter())

    def _heard(self, relay: int) -> None:
        self.told.setdefault(relay, time.perf_counter())
        if len(self.told) == DOORS:
            self.all_told.set()


class Stage:
    """Two boards of doors; the first door of the first board has the fire input."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.boards = {bus: Board(clock) for bus in BUSES}
        self.doors = {
            f"{bus}-{relay}": Door(board, clock, relay=relay, inputs=inputs(bus, relay))
            for bus, board in self.boards.items()
            for relay in range(1, DOORS + 1)
        }
        self.wires: dict[str, TcpWire] = {}
        for bus, board in self.boards.items():
            line = Line(bus)
            line.add(board)
            self.wires[bus] = TcpWire(line, clock)

    async def calm(self, polls: int) -> None:
        """Return when the fire input was read so many times more, somewhere in the period that follows."""
        for _ in range(polls):
            await self.boards["a"].read()
        await asyncio.sleep(random.uniform(0, PERIOD_S))

    async def change(self) -> tuple[float, float, float]:
        """Close the input, wait for every relay, open it; return seconds until it was read, and the first and last."""
        for board in self.boards.values():
            board.told.clear()
            board.all_told.clear()
        fire, began = self.doors["a-1"], time.perf_counter()
        fire.set_fire(True)
        reading = asyncio.ensure_future(self.boards["a"].read())
        waiting = [reading, *(asyncio.ensure_future(board.all_told.wait()) for board in self.boards.values())]
        _, late = await asyncio.wait(waiting, timeout=PATIENCE_S)
        for one in late:
            one.cancel()
        fire.set_fire(False)
        times = sorted(at - began for board in self.boards.values() for at in board.told.values())
        if late:
            times.append(PATIENCE_S)
        return (PATIENCE_S if reading in late else reading.result() - began), times[0], times[-1]


def inputs(bus: str, relay: int) -> dict[str, int]:
    """Return what a door's terminals are wired to."""
    return {"contact": relay, "fire_input": FIRE} if (bus, relay) == ("a", 1) else {"contact": relay}


async def _serve(changes: int) -> None:
    stage = Stage()
    for wire in stage.wires.values():
        await wire.start()
    print(json.dumps({bus: wire.port for bus, wire in stage.wires.items()}), flush=True)
    found = []
    for number in range(changes):
        await stage.calm(1 if number else 30)
        found.append(await stage.change())
    print(json.dumps(found), flush=True)
    for wire in stage.wires.values():
        await wire.stop()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
