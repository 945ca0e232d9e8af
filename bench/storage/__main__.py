"""Measures what storing and sending costs and prints it as tables; ``--long`` for those of docs/performance.md.

``python -m bench.storage`` measures everything; ``cost``, ``writes``, ``memory``, ``outage`` and ``slow`` choose.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

from bench.account import busy_s, own_s
from bench.storage import parts, tables
from bench.storage.parts import LONG, SHORT, Form

HOME = Path(__file__).resolve().parent.parent.parent / "var" / "bench"
PARTS = ("cost", "writes", "memory", "outage", "slow")


def main() -> None:
    """Measure what was asked for and print the tables."""
    asked = argparse.ArgumentParser(prog="python -m bench.storage", description=(__doc__ or "").split(";")[0])
    asked.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="what to measure (default: everything)")
    asked.add_argument("--long", action="store_true", help="a day and ten million readings: most of an hour")
    told = asked.parse_args()
    if unknown := set(told.parts) - set(PARTS):
        asked.error(f"unknown: {', '.join(sorted(unknown))}")
    HOME.mkdir(parents=True, exist_ok=True)
    for part in told.parts or PARTS:
        wall, busy, own = time.monotonic(), busy_s(), own_s()
        folder = Path(tempfile.mkdtemp(dir=HOME, prefix=f"storage-{part}-"))
        try:
            print(_measure(part, folder, LONG if told.long else SHORT))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        wall, busy, own = time.monotonic() - wall, busy_s() - busy, own_s() - own
        taken = max(0.0, busy - own) / wall
        print(f"\n{os.cpu_count()} cores for {wall:.0f} s; other programs took {taken:.0%} of one.", flush=True)
    if not told.long:
        print("\nThe long forms, as docs/performance.md has them: python -m bench.storage --long")


def _measure(part: str, folder: Path, form: Form) -> str:
    if part == "cost":
        return tables.cost_table(parts.cost(folder, form))
    if part == "writes":
        return tables.writes_table(parts.writes(folder, form))
    if part == "memory":
        return tables.memory_table(parts.memory(folder, form), form.backlog)
    if part == "outage":
        return tables.outage_table(parts.outage(folder, form), form.outage_s)
    return tables.slow_table(parts.slow_card(folder, form))


if __name__ == "__main__":
    main()
