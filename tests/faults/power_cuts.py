"""Cuts the power of a working buffer at random moments, and says whether anything called durable was lost."""

import asyncio
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.disk.afterwards import Told, faults_after, lay_out
from tests.faults.disk.power import Record, cuts, marks, read_log
from tests.faults.disk.shim import Disk

ROUNDS = 1500
"""What one process does before it ends: some 200 commits."""


@dataclass
class PowerCuts:
    """What came of ``cuts`` power cuts with ``seed``; ``promised`` counts what had been called durable, over all."""

    seed: int
    cuts: int = 0
    promised: int = 0
    faults: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """Say it in one line."""
        return f"{self.cuts} power cuts: of {self.promised} called durable {len(self.faults)} faults (seed {self.seed})"


def record_a_life(folder: Path, seed: int, rounds: int, first: int) -> tuple[list[Record], dict[str, bytes]]:
    """Let a process work on the buffer in ``folder``; return its record and the files that it began with."""
    before = {str(path): path.read_bytes() for path in folder.glob("buffer.db*")}
    with Disk(folder / "buffer.db", folder / "rig", recorded=True) as disk:
        disk.skip_real_syncs()
        command = [sys.executable, "-m", "tests.faults.disk.child", str(disk.file), str(seed), str(rounds), str(first)]
        subprocess.run(command, check=True, env={**os.environ, **disk.environment}, timeout=300)
        return read_log(disk.log), before


def run(folder: Path, count: int, seed: int, *, lives: int = 1, rounds: int = ROUNDS) -> PowerCuts:
    """Cut the power ``count`` times over ``lives`` processes; each begins with what a cut left of the one before."""
    dice, result, earlier = random.Random(seed), PowerCuts(seed), list[list[str]]()
    place = folder / "life-0"
    place.mkdir(parents=True)
    for life in range(lives):
        records, before = record_a_life(place, seed + life, rounds, life * 10**6)
        share = count // lives + (life < count % lives)
        said: list[list[str]] = []
        next_place = folder / f"life-{life + 1}"
        for moment, files in cuts(records, before, sorted(dice.sample(range(len(records)), share)), dice):
            said = marks(records, moment)
            told = Told(earlier + said)
            path = lay_out(files, place, folder / "cut")
            faults = asyncio.run(faults_after(path, told))
            result.faults += [f"life {life} record {moment}: {fault}" for fault in faults]
            result.promised += len(told.durable)
            result.cuts += 1
            shutil.rmtree(path.parent)
            shutil.rmtree(next_place, ignore_errors=True)
            lay_out(files, place, next_place)
        place, earlier = next_place, earlier + said
    return result
