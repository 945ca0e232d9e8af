"""`make bench`: the agent beside a bare pymodbus loop over the same registers in the same run, as ratios.

Processor seconds are the steadier measure on a machine that others use too: with devices, agent and collector on two
cores, readings per second of the wall say as much about the neighbours as about the agent.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.account import Account, account, busy_s, own_s
from bench.measured import Measured, fast_table, hertz_table, table
from bench.plan import GATEWAY, REGISTERS, Case
from bench.stage import DEVICES, Collector, Counterpart, buffer_account, collector, start_agent
from simulators.demo.programs import BIN, Program, wait_for

ROOT = Path(__file__).resolve().parent.parent
FAST_S, SLOW_S, BARE_S, SETTLE_S = 8.0, 15.0, 5.0, 3.0
STARTS = 10
AT_ONCE_S = 1e-6
"""A period that has always passed already: the next poll follows the last one."""


def main() -> None:
    """Measure everything and print the tables."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling at every start is not what a gateway does
    home = ROOT / "var" / "bench"
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=home))
    wall, busy, own = time.monotonic(), busy_s(), own_s()
    counterpart = Counterpart()
    try:
        _measure_all(counterpart, folder)
    finally:
        counterpart.close()
        shutil.rmtree(folder, ignore_errors=True)
    wall, busy, own = time.monotonic() - wall, busy_s() - busy, own_s() - own
    print(f"\n{os.cpu_count()} cores for {wall:.0f} s; other programs took {max(0.0, busy - own) / wall:.0%} of one.")


def _measure_all(counterpart: Counterpart, folder: Path) -> None:
    fast, scaled = Case(AT_ONCE_S), Case(AT_ONCE_S, dressed=True)
    bare = [_bare(counterpart, BARE_S, 0.0)]
    with collector(folder) as one:
        agents = {"rules, buffer": _agent("alone", fast, counterpart, folder, FAST_S)}
        bare.append(_bare(counterpart, BARE_S, 0.0))
        agents["rules, buffer, uplink"] = _agent("full", fast, counterpart, folder, FAST_S, one)
        bare.append(_bare(counterpart, BARE_S, 0.0))
        agents["the same, values scaled and checked"] = _agent("scaled", scaled, counterpart, folder, FAST_S, one)
        hertz = _agent("hertz", Case(1.0), counterpart, folder, SLOW_S, one)
        idle = _agent("idle", Case(60.0), counterpart, folder, SLOW_S, one, devices=2)
    bare_hertz = _bare(counterpart, BARE_S, 1.0)
    best = max(bare, key=lambda one: one.rate)
    print(fast_table(f"{DEVICES} devices × {REGISTERS} registers, as fast as it can", best, agents))
    print(hertz_table(f"{DEVICES} devices × {REGISTERS} registers at 1 Hz, and idle", bare_hertz, hertz, idle))
    print(_start_table())


def _bare(counterpart: Counterpart, seconds: float, period_s: float) -> Measured:
    command = [sys.executable, "-m", "bench.bare", str(seconds), str(period_s), str(REGISTERS)]
    done = subprocess.run([*command, *map(str, counterpart.ports)], capture_output=True, text=True, check=True)
    return Measured(**json.loads(done.stdout))


def _agent(
    name: str,
    case: Case,
    counterpart: Counterpart,
    folder: Path,
    seconds: float,
    above: Collector | None = None,
    *,
    devices: int = DEVICES,
) -> Measured:
    state, gateway = folder / name, f"{GATEWAY}-{name}"
    state.mkdir()
    if above is not None:
        above.enrol(gateway, state)
    asked = counterpart.requests()
    agent = start_agent(case, counterpart.ports[:devices], state)
    try:
        before, after, requests = _watch(agent, counterpart, asked + devices, seconds)
    finally:
        code = agent.stop()
    if code:
        raise RuntimeError(f"the agent ended with {code}:\n{agent.tail()}")
    kept, ledger = buffer_account(state), {"entries": 0, "duplicates": 0}
    owed = kept["pending"]
    if above is not None:
        if owed:
            _deliver_the_rest(state, kept["produced"], above, gateway)
        kept, ledger = buffer_account(state), above.ledger(gateway)
    return Measured(
        readings=requests * REGISTERS,
        wall_s=after.at - before.at,
        cpu_s=after.cpu_s - before.cpu_s,
        memory=after.peak,
        written=after.written - before.written,
        asked=counterpart.requests() - asked,
        produced=kept["produced"],
        stored=ledger["entries"],
        pending=kept["pending"],
        owed=owed,
        doubled=ledger["duplicates"],
    )


def _watch(agent: Program, counterpart: Counterpart, all_asked: int, seconds: float) -> tuple[Account, Account, int]:
    wait_for(lambda: counterpart.requests() >= all_asked, "every device to be asked", agent)
    time.sleep(SETTLE_S)
    first, before = counterpart.requests(), account(agent.pid)
    time.sleep(seconds)
    last, after = counterpart.requests(), account(agent.pid)
    return before, after, last - first


def _deliver_the_rest(state: Path, produced: int, above: Collector, gateway: str) -> None:
    """Run the agent without devices until the collector has all that was made durable, or for half a minute."""
    agent = start_agent(Case(1.0), [], state)
    try:
        wait_for(lambda: above.ledger(gateway)["entries"] >= produced, "the rest to be stored", agent, deadline_s=30.0)
    finally:
        agent.stop()


def _start_table() -> str:
    bare = _best([sys.executable, "-c", "pass"])
    ours = _best([str(BIN / "edge-agent"), "--help"])
    rows = [["python -c pass", f"{bare:.3f}", "1"], ["edge-agent --help", f"{ours:.3f}", f"{ours / bare:.1f}"]]
    return table(f"Start of the command line, best of {STARTS}", ["", "seconds", "of bare"], rows)


def _best(command: list[str]) -> float:
    found = []
    for _ in range(STARTS):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        found.append(time.perf_counter() - start)
    return min(found)


if __name__ == "__main__":
    main()
