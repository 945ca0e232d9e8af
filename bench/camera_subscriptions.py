"""A camera that is lost a thousand times: what listening to it costs in memory, and how soon it is heard again.

The thousand run on time that passes when nobody has anything to do, camera and listener in this process. What strikes a
camera (SIGKILL, SIGSTOP for a minute) strikes a real process, by the machine's own clock.
"""

import argparse
import asyncio
import gc
import json
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.account import account
from bench.measured import table, verdict
from config.hidden import Secret
from drivers.api import DriverError
from drivers.onvif.events import NONE
from drivers.onvif.pulling import PullSession
from drivers.onvif.target import Place, Target, Trust
from drivers.onvif.wire import calls_for
from runtime.clock import Clock, SystemClock
from simulators.demo.programs import Program
from simulators.demo.stage import free_port
from simulators.onvif.camera import Camera
from simulators.onvif.device import Body
from simulators.onvif.makers import MAKERS
from tests.fakes.camera import FakeVoice
from tests.fakes.warp import WarpClock, run_warped

TIMES, EVERY, WARM = 1000, 100, 100
FLAT_MB: Final = 3.0
_STEADY_S, _DOWN_S, _FROZEN_S, _BACK_S = 13.0, 5.0, 60.0, 60.0


class Counting(FakeVoice):
    """Remembers how much it was told, and nothing of it but the gaps."""

    async def body(self, body: bytes) -> None:
        self.answers += 1

    def there(self) -> None:
        """It is there."""

    def gone(self, error: DriverError) -> None:
        """Whoever kept the error would keep all that it went through."""

    async def missed(self, since: int, why: str) -> None:
        self.gaps.append((since, why))


def main() -> None:
    """Measure and print the tables."""
    asked = argparse.ArgumentParser(prog="python -m bench.camera_subscriptions")
    asked.add_argument("--short", action="store_true", help="leave out what strikes a real process")
    asked.add_argument("--struck", action="store_true", help="nothing but what strikes a real process")
    wanted = asked.parse_args()
    for tls in () if wanted.struck else (False, True):
        print(run_warped(_many(tls)))
    if not wanted.short:
        with tempfile.TemporaryDirectory() as folder:
            print(asyncio.run(_struck(Path(folder))))


async def _many(tls: bool) -> str:
    clock = WarpClock(asyncio.get_running_loop())
    camera, voice = Camera(Body(clock, MAKERS["specified"], tls=tls)), Counting()
    await camera.start()
    target = _target(camera.server.port, camera.certificate.fingerprint if camera.certificate else "")
    rows, memory = [], []
    async with _listening(target, voice, clock):
        while (made := camera.points.created) <= TIMES + WARM:
            await _lose(camera, made, clock)
            if camera.points.created >= WARM and made // EVERY != camera.points.created // EVERY:
                gc.collect()
                memory.append(account(os.getpid()).memory / 1e6)
                rows.append([f"{camera.points.created:,}", f"{memory[-1]:.1f}", *map(str, _standing())])
    left = len(camera.points.open)
    await camera.stop()
    grown = max(memory) - memory[0]
    rows.append([f"grown by, after the first {WARM}", f"{grown:.1f}", "", "", "", f"≤ {FLAT_MB:g} MB"])
    rows[-1].append(verdict(grown <= FLAT_MB and left == 0))
    head = ["subscriptions", "RSS MB", "tasks", "open files", "objects", "bar", ""]
    return table(f"One camera by {'https' if tls else 'http'}, lost again and again", head, rows)


async def _lose(camera: Camera, number: int, clock: Clock) -> None:
    """Lose the subscription: nine times it is forgotten, the tenth time the whole camera goes away for a while."""
    if number % 10:
        camera.lose_subscriptions()
    else:
        await camera.server.stop()
        camera.lose_subscriptions()
        await clock.sleep(_DOWN_S)
        await camera.server.start()
    await clock.sleep(_STEADY_S)


def _standing() -> tuple[int, int, int]:
    return len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd")), len(gc.get_objects())


async def _struck(folder: Path) -> str:
    port, orders = free_port(), free_port()
    plan = {"site": "try", "buses": {"lan": {"type": "lan"}}}
    plan["devices"] = {"gate-cam": {"model": "onvif-camera", "bus": "lan", "port": port}}
    (folder / "try.yaml").write_text(json.dumps(plan), "utf-8")
    command = ["simulators", "community", str(folder / "try.yaml"), "--control", str(orders)]

    def start() -> Program:
        return Program("camera", command, folder / "camera.log")

    clock, voice, rows = SystemClock(), Counting(), []
    camera = start()
    try:
        async with _listening(_target(port), voice, clock):
            await _heard_again(voice, clock)
            camera.kill()
            await clock.sleep(_DOWN_S)
            camera = start()
            rows.append(await _row("SIGKILL, started again", _DOWN_S, voice, clock, orders))
            camera.send(signal.SIGSTOP)
            await clock.sleep(_FROZEN_S)
            camera.send(signal.SIGCONT)
            rows.append(await _row("SIGSTOP, SIGCONT", _FROZEN_S, voice, clock, orders))
        rows.append(["given back at the end", "", "", "", "", str(_order(orders, {"do": "truth"}, _open))])
    finally:
        camera.stop()
    head = ["a real camera process", "away s", "heard again after s", "gap told s", "why", "subscriptions it has then"]
    return table("What strikes a camera", head, rows)


async def _row(what: str, away_s: float, voice: Counting, clock: Clock, orders: int) -> list[str]:
    """Return what became of it, once it is heard again and its left-over subscriptions have ended."""
    began = clock.monotonic()
    await _heard_again(voice, clock)
    after_s, (since, why) = clock.monotonic() - began, voice.gaps[-1]
    gap_s = (clock.now() - since) / 1e6
    await clock.sleep(_BACK_S)
    there = await asyncio.to_thread(_order, orders, {"do": "truth"}, _open)
    return [what, f"{away_s:g}", f"{after_s:.1f}", f"{gap_s:.1f}", why, str(there)]


async def _heard_again(voice: Counting, clock: Clock) -> None:
    seen = voice.answers
    while voice.answers == seen:
        await clock.sleep(0.05)


def _open(truth: dict[str, dict[str, dict[str, dict[str, int]]]]) -> int:
    return truth["devices"]["gate-cam"]["subscriptions"]["open"]


def _order(
    port: int, order: dict[str, str], pick: Callable[[dict[str, dict[str, dict[str, dict[str, int]]]]], int]
) -> int:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as line,
        line.makefile("rw", encoding="utf-8") as said,
    ):
        said.write(json.dumps(order) + "\n")
        said.flush()
        return pick(json.loads(said.readline())["result"])


@asynccontextmanager
async def _listening(target: Target, voice: Counting, clock: Clock) -> AsyncIterator[None]:
    calls = calls_for(target, clock, 5.0)
    session = asyncio.ensure_future(PullSession(calls, voice, clock, seed=3).run())
    await clock.sleep(3)
    yield
    session.cancel()
    await asyncio.wait((session,), timeout=5)
    await calls.close()


def _target(port: int, pin: str = "") -> Target:
    place = Place("https" if pin else "http", "127.0.0.1", port)
    none: frozenset[str] = frozenset()
    trust, password = Trust(pin=pin), Secret("pretend-1")
    return Target("gate-cam", place, "admin", password, trust, NONE, frozenset({"onvif"}), none, none, {})


if __name__ == "__main__":
    main()
