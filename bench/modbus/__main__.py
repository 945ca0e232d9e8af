"""Measures Modbus as the field really is and prints it as tables, each row with its bar; ``--long`` for a whole day.

``python -m bench.modbus`` measures everything; ``requests``, ``dead``, ``write``, ``oversubscribed``, ``frames``,
``doors`` and ``soak`` choose. What is measured over TCP stands in ``python -m bench``, what rules do in
``python -m bench.actions``.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.account import busy_s, own_s
from bench.modbus import simulated, tables
from bench.modbus.parts import Ran, run
from runtime.logs import configure
from tests.soak.run import soak

HOME = Path(__file__).resolve().parent.parent.parent / "var" / "bench"
PARTS = ("requests", "dead", "write", "oversubscribed", "frames", "doors", "soak")
SEED = 4
_SECONDS = {
    "requests": (6.0, 20.0),
    "dead": (35.0, 300.0),
    "write": (16.0, 120.0),
    "oversubscribed": (12.0, 60.0),
    "frames": (12.0, 60.0),
    "doors": (35.0, 300.0),
    "soak": (1800.0, 86_400.0),
}
"""How long each part is measured, short and long; the soak's seconds are simulated."""

_RUNS = 3
"""What is counted in milliseconds is repeated: the best run stands beside the bar, and all of them are told."""

_WAITED = "Line and gateway had to wait for other programs: this machine does not let them go first (SCHED_FIFO)."
_SIMULATED_WRITES = 1000


def main() -> None:
    """Measure what was asked for and print the tables."""
    asked = argparse.ArgumentParser(prog="python -m bench.modbus", description=(__doc__ or "").split(";")[0])
    asked.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="what to measure (default: everything)")
    asked.add_argument("--long", action="store_true", help="minutes for each part and a simulated day: half an hour")
    told = asked.parse_args()
    if unknown := set(told.parts) - set(PARTS):
        asked.error(f"unknown: {', '.join(sorted(unknown))}")
    configure("console", "error")
    HOME.mkdir(parents=True, exist_ok=True)
    for part in told.parts or PARTS:
        wall, busy, own = time.monotonic(), busy_s(), own_s()
        folder = Path(tempfile.mkdtemp(dir=HOME, prefix=f"modbus-{part}-"))
        try:
            print(_measure(part, folder, long=told.long))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        wall, busy, own = time.monotonic() - wall, busy_s() - busy, own_s() - own
        taken = max(0.0, busy - own) / wall
        print(f"\n{os.cpu_count()} cores for {wall:.0f} s; other programs took {taken:.0%} of one.", flush=True)


def _measure(part: str, folder: Path, *, long: bool) -> str:
    seconds = _SECONDS[part][long]
    if part == "soak":
        return _soak(folder, seconds, long=long)
    several: dict[str, Callable[[Sequence[Ran]], str]] = {"write": _written, "frames": tables.frames_table}
    once: dict[str, Callable[[Ran], str]] = {
        "requests": tables.requests_table,
        "dead": tables.dead_table,
        "oversubscribed": tables.oversubscribed_table,
        "doors": tables.doors_table,
    }
    rans = [run(part, folder / str(number), seconds) for number in range(_RUNS if part in several else 1)]
    text = several[part](rans) if part in several else once[part](rans[0])
    return text if rans[0].first else f"{text}\n\n{_WAITED}"


def _written(rans: Sequence[Ran]) -> str:
    return tables.write_table(rans, simulated.writes(_SIMULATED_WRITES))


def _soak(folder: Path, seconds: float, *, long: bool) -> str:
    (folder / "one").mkdir()
    found, again = soak(folder / "one", SEED, seconds, every_s=seconds / 24), None
    if not long:
        (folder / "two").mkdir()
        again = soak(folder / "two", SEED, seconds, every_s=seconds / 24)
    return "\n".join([tables.soak_table(found, again, seconds), *found.oracle.wrong[:10]])


if __name__ == "__main__":
    main()
