"""The bare loop beside which the agent is measured: pymodbus as its manual shows it, nothing judged, nothing kept.

Run as ``python -m bench.bare SECONDS PERIOD REGISTERS PORT...``: polls every port (period 0: without a pause) and
prints one JSON line: readings, wall and CPU seconds of the polling alone, and its highest memory.
"""

import asyncio
import json
import os
import sys
import time

from pymodbus.client import AsyncModbusTcpClient

from bench.account import account


async def _poll(client: AsyncModbusTcpClient, registers: int, period_s: float, end: float) -> int:
    readings = 0
    due = time.monotonic()
    while time.monotonic() < end:
        answer = await client.read_holding_registers(0, count=registers, device_id=1)
        if answer.isError():
            raise RuntimeError(f"the counterpart refused: {answer}")
        readings += len(answer.registers)
        due += period_s
        if period_s:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
    return readings


async def _measure(seconds: float, period_s: float, registers: int, ports: list[int]) -> dict[str, float]:
    clients = [AsyncModbusTcpClient("127.0.0.1", port=port) for port in ports]
    for client in clients:
        if not await client.connect():
            raise RuntimeError("no connection to the counterpart")
    wall, cpu = time.monotonic(), time.process_time()
    end = wall + seconds
    readings = sum(await asyncio.gather(*(_poll(client, registers, period_s, end) for client in clients)))
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    for client in clients:
        client.close()
    return {"readings": readings, "wall_s": wall, "cpu_s": cpu, "memory": account(os.getpid()).peak}


if __name__ == "__main__":
    _seconds, _period_s, _registers, *_ports = sys.argv[1:]
    print(json.dumps(asyncio.run(_measure(float(_seconds), float(_period_s), int(_registers), list(map(int, _ports))))))
