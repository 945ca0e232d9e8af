"""Runs one case: the pretend line in one process, the gateway in another, and what both say of it."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.account import busy_s, own_s
from bench.modbus.gateway import SETTLE_S

Figures = dict[str, Any]


@dataclass(frozen=True)
class Ran:
    """``start`` and ``end`` are the line's truth when measuring began and ended, ``gateway`` is what the gateway saw in
    all. ``others`` is what other programs took of a core meanwhile; ``first``: the line went before them.
    """

    start: Figures
    end: Figures
    gateway: Figures
    others: float
    first: bool

    @property
    def seconds(self) -> float:
        """Return how long was measured."""
        return float(self.end["at"] - self.start["at"])

    def within(self, at: float) -> bool:
        """Tell whether ``at`` was measured."""
        return bool(self.start["at"] <= at < self.end["at"])


def run(case: str, folder: Path, seconds: float) -> Ran:
    """Run ``case`` and measure for ``seconds``."""
    folder.mkdir(parents=True)
    link = folder / "rs485-1"
    wall, busy, own = time.monotonic(), busy_s(), own_s()
    with _process("line", link, case) as line:
        first = bool(_said(line)["first"])
        with _process("gateway", folder, link, case) as gateway:
            time.sleep(SETTLE_S)
            start = _asked(line)
            time.sleep(seconds)
            end, seen = _asked(line), _asked(gateway)
            _let_end(gateway)
        _let_end(line)
    wall, busy, own = time.monotonic() - wall, busy_s() - busy, own_s() - own
    return Ran(start, end, seen, max(0.0, busy - own) / wall, first)


def _process(module: str, *words: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", f"bench.modbus.{module}", *map(str, words)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _let_end(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    if process.wait(20):
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}")


def _asked(process: "subprocess.Popen[str]") -> Figures:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return _said(process)


def _said(process: "subprocess.Popen[str]") -> Figures:
    assert process.stdout is not None
    found: Figures = json.loads(process.stdout.readline())
    return found
