"""Measures what reading plates from a video costs and how soon a car is told: ``python -m bench.video``.

The video is 1080p with 15 frames a second from GStreamer's RTSP server, a process of its own; it is read in this one. A
car has appeared when the packet of the first frame with it was here.
"""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal, get_args

from bench.account import account
from config.hidden import Secret
from drivers.api import DriverError
from drivers.onvif.events.quirks import Quirks
from drivers.onvif.target import Place, Target, Trust
from drivers.onvif.video.opened import AvStream
from drivers.onvif.video.reader import Reader
from drivers.onvif.video.reading import Reading
from runtime.clock import SystemClock
from simulators.rtsp.clips import make_clip
from simulators.rtsp.drawing import Gate, Image, scene
from simulators.rtsp.server import VideoServer
from tests.fakes.camera import FakeCalls, FakeVoice
from wire.reading import Value

FPS: Final = 15
PLATES: Final = ("浙F12345", "苏E5T739", "沪A9R325", "浙FK7328", "浙FD12345", "浙A6P298", "浙FA0001", "浙F8K2Y7")
COST_S, SETTLED_S = 30.0, 6.0
PASSWORD = "bench"  # noqa: S105 - of a server that lives for a minute
Mode = Literal["keyframes", "motion"]


def gates() -> list[Gate]:
    """Return one gate to a car, so that each appears at another time between two keyframes."""
    return [Gate([text], 2.0 + index * 4 / FPS, 3.0, 1.0) for index, text in enumerate(PLATES)]


def appearances() -> list[int]:
    """Return on which frame of the clip each car is first seen."""
    found, at = [], 0
    for gate in gates():
        found.append(at + round(gate.empty_s * FPS))
        at += round(gate.empty_s * FPS) + round(gate.drive_s * FPS) + round(gate.wait_s * FPS)
    return found


def frames() -> Iterator[Image]:
    """Yield the clip with every car."""
    return chain.from_iterable(scene(gate, FPS) for gate in gates())


@dataclass
class Site:
    """A camera whose video is read here; ``appeared`` and ``told`` say when, monotonic."""

    server: VideoServer
    path: str
    mode: Mode
    first: Mapping[str, bytes] = field(default_factory=dict)
    appeared: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    errors: list[float] = field(default_factory=list)
    fps: float = 0.0
    kbps: int = 0

    async def watch(self, so: Callable[[], object], seconds: float) -> None:
        """Read until ``so``, ``seconds`` at most."""
        clock, site = SystemClock(), self

        class Voice(FakeVoice):
            async def event(
                self, name: str, fields: Mapping[str, Value], *, number: str = "", picture: bytes = b""
            ) -> None:
                site.told.setdefault(str(fields["plate"]), clock.monotonic())

            def gone(self, error: DriverError) -> None:
                site.errors.append(clock.monotonic())

        class Stream(AvStream):
            def packets(self) -> Iterator[Any]:
                for packet in super().packets():
                    unit = _plain(bytes(packet))  # type: ignore[call-overload]
                    for plate in (plate for plate, first in site.first.items() if unit.endswith(first)):
                        site.appeared.setdefault(plate, clock.monotonic())
                        reading.moved()
                    yield packet

        def measured(fps: float, kbps: int) -> None:
            self.fps, self.kbps = fps, kbps

        calls, reader = FakeCalls(clock), Reader()
        calls.address = self.server.address(self.path)
        opens = Stream if self.first else AvStream
        reading = Reading(_target(self.mode), calls, Voice(), clock, reader, measured=measured, opens=opens)
        task = asyncio.create_task(reading.run())
        end = clock.monotonic() + seconds
        while not so() and clock.monotonic() < end:  # noqa: ASYNC110 - what a thread does is waited for
            await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.close()


def _target(mode: Mode) -> Target:
    return Target(
        "cam", Place("http", "127.0.0.1", 80), "admin", Secret(PASSWORD), Trust(), Quirks(facing="in"), frozenset(),
        frozenset(), frozenset(), {}, stream=mode, home="浙F",
    )  # fmt: skip


async def cost(server: VideoServer, path: str, mode: Mode) -> str:
    """Return what part of a core reading takes, once it has begun."""
    site = Site(server, path, mode)
    watching = asyncio.create_task(site.watch(lambda: False, SETTLED_S + COST_S))
    await asyncio.sleep(SETTLED_S)
    before = account(os.getpid())
    await asyncio.sleep(COST_S - 1)
    after = account(os.getpid())
    await watching
    share = (after.cpu_s - before.cpu_s) / (after.at - before.at)
    return f"{share:.1%} of a core | {site.fps:.0f}/s, {site.kbps / 1000:.1f} Mbit/s"


async def latency(server: VideoServer, clip: Path, mode: Mode) -> str:
    """Return how long after a car's first frame it is told: median and worst."""
    units = _units(clip)
    site = Site(server, "/gate", mode, _shown(units))
    await site.watch(lambda: len(site.told) == len(PLATES), 120.0)
    took = [site.told[text] - at for text, at in site.appeared.items() if text in site.told]
    worst, median = 1000 * max(took), 1000 * statistics.median(took)
    return f"{median:.0f} ms, at worst {worst:.0f} ms | {len(took)} of {len(PLATES)} cars"


async def frozen(server: VideoServer) -> str:
    """Return how long a server that hangs is not noticed."""
    site = Site(server, "/empty", "keyframes")
    watching = asyncio.create_task(site.watch(lambda: site.errors, 40.0))
    await asyncio.sleep(SETTLED_S)
    clock = SystemClock()
    since = clock.monotonic()
    server.freeze()
    await watching
    server.thaw()
    return f"{site.errors[0] - since:.1f} s |"


def _shown(units: list[bytes]) -> dict[str, bytes]:
    """Return of each car's first frame all but what a packet may have put before it."""
    first = {text: _plain(units[at]) for text, at in zip(PLATES, appearances(), strict=True)}
    return {text: unit[len(unit) // 4 :] for text, unit in first.items()}


def _plain(unit: bytes) -> bytes:
    """Return an access unit with short start codes everywhere: RTP carries none, whoever writes them anew chooses."""
    return unit.replace(b"\0\0\0\1", b"\0\0\1")


def _units(clip: Path) -> list[bytes]:
    import json

    with clip.open("rb") as file:
        return [file.read(size) for size in json.loads(file.readline())["sizes"]]


async def measure(folder: Path) -> None:
    """Draw and encode the clips, and print the table."""
    clips = {path: folder / f"{path[1:]}.clip" for path in ("/gate", "/empty", "/empty265")}
    make_clip(clips["/gate"], frames(), fps=FPS, keyframes=FPS)
    empty = [image for image, _ in zip(scene(Gate(PLATES[:1]), FPS), range(2 * FPS), strict=False)]
    make_clip(clips["/empty"], empty, fps=FPS, keyframes=FPS)
    make_clip(clips["/empty265"], empty, fps=FPS, keyframes=FPS, codec="h265")
    async with VideoServer(clips, password=PASSWORD) as server:
        print("| 1080p, 15 frames a second, a keyframe each second | | |\n|---|---|---|", flush=True)
        for what, path in (("nobody there, H.264", "/empty"), ("nobody there, H.265", "/empty265"), ("cars", "/gate")):
            print(f"| by keyframes, {what} | {await cost(server, path, 'keyframes')} |", flush=True)
        for mode in get_args(Mode):
            print(f"| car appears → told, {mode} | {await latency(server, clips['/gate'], mode)} |", flush=True)
        print(f"| server hangs → noticed | {await frozen(server)} |", flush=True)


def main() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="video-") as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
