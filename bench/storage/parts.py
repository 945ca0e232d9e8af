"""Runs each measurement in a process of its own, between what it needs, and returns what that process said."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.stage import collector
from bench.storage.image import Image, ext4_image
from bench.storage.slow_card import slow
from simulators.network.thread import ProxyThread
from simulators.network.weather import Flow, Weather

LINK_BYTES_PER_S = 1_250_000.0
"""10 Mbit/s, each way."""

GATEWAY = "330402-bench"

PATIENT_S = 60
"""So seldom a file system can be told to write its own journal; ext4 does it every 5 s unless told."""

ROUNDS = 3
"""Somebody else's work makes a processor second dearer, never cheaper: so often costs are measured."""

Figures = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """How much is measured: readings, simulated seconds, real seconds."""

    cost: int
    writes_s: int
    real_s: int
    backlog: int
    outage_s: int
    outage_limit_s: int
    slow_s: int


SHORT = Form(300_000, 7200, 120, 1_000_000, 7200, 180, 8)
LONG = Form(1_000_000, 86_400, 600, 10_000_000, 86_400, 3600, 30)


def cost(folder: Path, form: Form) -> Figures:
    """Return processor µs per reading, SQLite alone and ours in turn; of each case the best of its rounds counts."""
    raw, ours = [], []
    for turn in range(ROUNDS):
        raw.append(_said("raw", _made(folder / f"raw-{turn}"), form.cost))
        with _sink() as port:
            ours.append(_said("through", _made(folder / f"through-{turn}"), port, form.cost))
    return {"raw": _best(raw), "ours": _best(ours)}


def writes(folder: Path, form: Form) -> Figures:
    """Return bytes written and stored per reading; ``device`` where an image could be mounted."""
    found: Figures = {"stored": _said("stored", _made(folder / "stored"), 7200)}
    patiently = ext4_image(folder / "patient", f"noatime,commit={PATIENT_S}")
    with ext4_image(folder / "image") as image, patiently as patient:
        for flush_s in (5, 30):
            found[f"{flush_s} s"] = _written(image, folder, str(flush_s), form.writes_s, flush_s)
        real = {"real": image, "patient": patient} if patient else {"real": image}
        with ThreadPoolExecutor() as side_by_side:  # each on a device of its own
            asked = {
                name: side_by_side.submit(_written, one, folder, name, form.real_s, 5, "--real")
                for name, one in real.items()
            }
            found |= {name: one.result() for name, one in asked.items()}
        found["counted"] = image is not None
    return found


def memory(folder: Path, form: Form) -> Figures:
    """Return memory and file sizes through a backlog and its drain."""
    with _sink() as port:
        return _said("memory", _made(folder / "memory"), port, form.backlog)


def outage(folder: Path, form: Form) -> Figures:
    """Return how a backlog drains to a real collector through a narrow link, and what the collector's ledger says."""
    place = _made(folder / "outage")
    with collector(place) as above, ProxyThread(int(above.url.rpartition(":")[2])) as proxy:
        above.enrol(GATEWAY, place / "agent")
        proxy.change(Weather(up=Flow(rate=LINK_BYTES_PER_S), down=Flow(rate=LINK_BYTES_PER_S)))
        found = _said("outage", place / "agent", proxy.url, form.outage_s, form.outage_limit_s)
        return {**found, "ledger": above.ledger(GATEWAY), "carried": proxy.counts.carried}


def slow_card(folder: Path, form: Form) -> Figures:
    """Return how late the event loop was over an ordinary disk and over one that takes 100 ms for each sync."""
    with _sink() as port:
        return {str(sync_ms): slow(folder / f"slow-{sync_ms}", port, form.slow_s, sync_ms) for sync_ms in (0, 100)}


def _written(image: Image | None, folder: Path, name: str, *words: object) -> Figures:
    device = ["--device", image.stat] if image else []
    return _said("writes", _made((image.folder if image else folder) / name), *words, *device)


def _best(rounds: list[Figures]) -> Figures:
    return {case: min(one[case] for one in rounds) for case in rounds[0]}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _said(module: str, *words: object) -> Figures:
    """Run one module of this package and return the JSON objects that it prints, merged."""
    command = [sys.executable, "-m", f"bench.storage.{module}", *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: Figures = {}
    for line in done.stdout.splitlines():
        found |= json.loads(line)
    return found


@contextmanager
def _sink() -> Iterator[int]:
    """Run the sink as long as the block lasts; give its port."""
    command = [sys.executable, "-m", "bench.storage.sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(json.loads(process.stdout.readline())["port"])
        process.stdin.write("\n")
        process.stdin.close()
        counts = json.loads(process.stdout.readline())
    if counts["doubled"]:
        raise RuntimeError(f"the sink was sent {counts['doubled']} chunks twice")
