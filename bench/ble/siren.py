"""The siren: a simulated relay board behind TCP, in a process of its own.

Run as ``python -m bench.ble.siren``: prints its port, then for each time that its relay is told to sound the moment, in
monotonic seconds; ends with its input.
"""

import asyncio
import sys
import time

from runtime.clock import SystemClock
from simulators.devices.board import Act
from simulators.devices.relay_board import RelayBoard
from simulators.modbus.line import Line
from simulators.modbus.tcp import TcpWire
from simulators.modbus.unit import Read


class Board(RelayBoard):
    """Says when relay 1 was told to sound, once it was read back: from then on the agent is free for the next call,
    which until then it would count as answered by the same sound.
    """

    def __init__(self, clock: SystemClock) -> None:
        super().__init__(1, clock)
        self._at = 0.0
        self.listen(1, self._told)

    def answered(self, read: Read) -> None:
        super().answered(read)
        if self._at:
            print(self._at, flush=True)
            self._at = 0.0

    def _told(self, act: Act, _rose: bool) -> None:
        if act.what == "pulse":
            self._at = time.monotonic()


async def _serve() -> None:
    clock = SystemClock()
    line = Line("lan")
    line.add(Board(clock))
    wire = TcpWire(line, clock)
    await wire.start()
    print(wire.port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await wire.stop()


if __name__ == "__main__":
    asyncio.run(_serve())
