"""The floor: bleak's own scanner with a callback that counts, and nothing else.

Run as ``python -m bench.ble.bare SECONDS``, with the message bus in the environment: listens until a line comes on its
standard input, then for so many seconds, and prints one JSON line: advertisements, wall and CPU seconds of that time,
and its highest memory.
"""

import asyncio
import json
import os
import sys
import time

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from bench.account import account


async def _measure(seconds: float) -> dict[str, float]:
    count = 0

    def heard(_device: BLEDevice, _data: AdvertisementData) -> None:
        nonlocal count
        count += 1

    scanner = BleakScanner(heard, bluez={"adapter": "hci0", "filters": {"DuplicateData": True}})
    async with scanner:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        before, wall, cpu = count, time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        told = {"adverts": count - before, "wall_s": time.monotonic() - wall, "cpu_s": time.process_time() - cpu}
    return {**told, "memory": account(os.getpid()).peak}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(float(sys.argv[1])))))
