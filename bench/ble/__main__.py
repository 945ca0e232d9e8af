"""Measures what hearing a hundred wearables costs, and how soon a call for help sounds the siren, and prints tables.

``cost`` and ``calls`` choose. The emulated BlueZ with its air and the siren run in processes of their own; there is no
radio in it.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

from bench.account import busy_s, own_s
from bench.ble.calls import measure_calls
from bench.ble.cost import measure_cost
from bench.ble.programs import talker
from bench.ble.resident import resident_table

HOME = Path(__file__).resolve().parent.parent.parent / "var" / "bench"
PARTS = ("cost", "calls")


def main() -> None:
    """Measure what was asked for and print the tables."""
    asked = argparse.ArgumentParser(prog="python -m bench.ble")
    asked.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="what to measure (default: everything)")
    parts = asked.parse_args().parts or PARTS
    if unknown := set(parts) - set(PARTS):
        asked.error(f"unknown: {', '.join(sorted(unknown))}")
    HOME.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=HOME, prefix="ble-"))
    wall, busy, own = time.monotonic(), busy_s(), own_s()
    try:
        with talker("bench.ble.siren") as siren:
            port = int(siren.line())
            if "cost" in parts:
                print(measure_cost(folder, port))
                print(resident_table(), flush=True)
            if "calls" in parts:
                print(measure_calls(folder, port, siren))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    wall, busy, own = time.monotonic() - wall, busy_s() - busy, own_s() - own
    print(f"\n{os.cpu_count()} cores for {wall:.0f} s; other programs took {max(0.0, busy - own) / wall:.0%} of one.")


if __name__ == "__main__":
    main()
