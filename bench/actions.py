"""`python -m bench.actions`: from an input that changes to the action that is written, as the devices see it.

Eight doors on two buses are asked every 200 ms by the real agent, which has no collector. A rule has all of them opened
when the fire input of one closes. Both moments are taken at the simulated boards, in their own process.
"""

import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from operator import sub
from pathlib import Path

from bench.account import busy_s, own_s
from bench.doors import BUSES, DOORS, PERIOD_S, inputs
from bench.measured import table
from config.load import load
from edge_agent.plan import SitePlan, plan_site
from simulators.demo.programs import Program

HOME = Path(__file__).resolve().parent.parent / "var" / "bench"
CHANGES = 300
BAR_S = PERIOD_S + 0.020
"""Most that 99 of 100 changes may take: the poll that sees it is at most one period away."""

_HEAD = """version: 1
site: {code: 330402-bench, name: 测速小区}
health: {port: 0}
buses:
"""
_BUS = "  {bus}: {{type: modbus-tcp, host: 127.0.0.1, port: {port}}}\n"
_DOOR = (
    "  {bus}-{relay}: {{name: 门, profile: door/waveshare-relay-d8, bus: {bus}, unit: 1, every: {every}ms,"
    " relay: {relay}, inputs: {{{inputs}}}}}\n"
)
_RULES = (
    "rules: {{use: none, add: {{fire: {{when: fire_input == true, level: red, latch: true, devices: [a-1], say: fire,"
    " action: {{command: pulse_unlock, devices: [{doors}], args: {{seconds: 1}}}}}}}}}}\n"
)


def main() -> None:
    """Measure and print the table."""
    HOME.mkdir(parents=True, exist_ok=True)
    wall, busy, own = time.monotonic(), busy_s(), own_s()
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        read, first, last = zip(*_measured(Path(folder)), strict=True)
    rows = [
        _row("the input was read", read, None),
        _row("read to first door told", tuple(map(sub, first, read)), None),
        _row("the first door is told", first, BAR_S),
        _row(f"all {len(BUSES) * DOORS} doors on two buses are", last, BAR_S),
    ]
    head = ["", "changes", "p50 ms", "p99 ms", "worst ms", "bar: p99", ""]
    wall, busy, own = time.monotonic() - wall, busy_s() - busy, own_s() - own
    print(table(f"Input change to action written, doors asked every {1000 * PERIOD_S:.0f} ms", head, rows))
    print(f"\n{os.cpu_count()} cores for {wall:.0f} s; other programs took {max(0.0, busy - own) / wall:.0%} of one.")


def _measured(folder: Path) -> list[list[float]]:
    command = [sys.executable, "-m", "bench.doors", str(CHANGES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as doors:
        assert doors.stdout is not None
        agent = _agent(json.loads(doors.stdout.readline()), folder)
        try:
            found: list[list[float]] = json.loads(doors.stdout.readline())
        finally:
            agent.stop()
    return found


def _agent(ports: dict[str, int], folder: Path) -> Program:
    plan = folder / "plan"
    plan.write_bytes(pickle.dumps(_plan(ports, folder / "gateway.yaml")))
    command = ["python", "-P", "-m", "bench.agent", str(plan), str(folder / "state")]
    return Program("agent", command, folder / "agent.log")


def _plan(ports: dict[str, int], file: Path) -> SitePlan:
    names = [(bus, relay) for bus in BUSES for relay in range(1, DOORS + 1)]
    text = _HEAD + "".join(_BUS.format(bus=bus, port=port) for bus, port in ports.items()) + "devices:\n"
    for bus, relay in names:
        wired = ", ".join(f"{key}: {channel}" for key, channel in inputs(bus, relay).items())
        text += _DOOR.format(bus=bus, relay=relay, every=round(1000 * PERIOD_S), inputs=wired)
    text += _RULES.format(doors=", ".join(f"{bus}-{relay}" for bus, relay in names))
    file.write_text(text, encoding="utf-8")
    loaded = load(file)
    if loaded.settings is None:
        raise RuntimeError("\n".join(one.message("en") for one in loaded.problems))
    return plan_site(loaded.settings)


def _row(name: str, seconds: tuple[float, ...], bar_s: float | None) -> list[str]:
    ordered = sorted(seconds)
    half, most = ordered[len(ordered) // 2], ordered[-(-99 * len(ordered) // 100) - 1]
    shown = [name, str(len(ordered)), *(f"{1000 * one:.1f}" for one in (half, most, ordered[-1]))]
    return shown if bar_s is None else [*shown, f"{1000 * bar_s:.0f}", "met" if most <= bar_s else "missed"]


if __name__ == "__main__":
    main()
