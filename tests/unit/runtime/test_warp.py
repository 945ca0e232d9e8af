"""Time jumps when nobody has anything to do, in order, and stands still while another process works."""

import asyncio
import os
import socket
import subprocess
import sys

from tests.fakes.warp import WarpClock, WarpLoop, run_warped

_WORKER = """
import socket, sys
line = socket.socket(fileno=int(sys.argv[1]))
while word := line.recv(1):
    total = sum(i * i for i in range(600_000))
    line.sendall(word)
"""


def test_an_hour_takes_no_hour_and_everybody_wakes_in_order() -> None:
    async def main() -> tuple[list[str], float]:
        clock = WarpClock(asyncio.get_running_loop())
        began, woken = clock.monotonic(), []

        async def sleep(name: str, seconds: float) -> None:
            await clock.sleep(seconds)
            woken.append(name)

        await asyncio.gather(sleep("hour", 3600), sleep("minute", 60), sleep("second", 1))
        return woken, clock.monotonic() - began

    woken, took_s = run_warped(main())
    assert woken == ["second", "minute", "hour"]
    assert took_s >= 3600


def test_wall_and_monotonic_time_go_together() -> None:
    async def main() -> tuple[int, float]:
        clock = WarpClock(asyncio.get_running_loop())
        at, mono = clock.now(), clock.monotonic()
        await clock.sleep(1000)
        return clock.now() - at, clock.monotonic() - mono

    moved_us, moved_s = run_warped(main())
    assert abs(moved_us / 1e6 - moved_s) < 1


def test_time_stands_still_while_another_process_works() -> None:
    async def main() -> list[bytes]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, WarpLoop)
        ours, theirs = socket.socketpair()
        os.set_inheritable(theirs.fileno(), True)
        worker = subprocess.Popen([sys.executable, "-c", _WORKER, str(theirs.fileno())], close_fds=False)
        loop.watch([worker.pid])
        theirs.close()
        ours.setblocking(False)
        try:
            answers = []
            for _ in range(5):
                await loop.sock_sendall(ours, b"x")
                async with asyncio.timeout(0.5):  # an answer takes longer than this only where time ran on
                    answers.append(await loop.sock_recv(ours, 1))
            return answers
        finally:
            ours.close()
            worker.wait(10)

    assert run_warped(main()) == [b"x"] * 5
