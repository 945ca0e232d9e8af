"""From a call's first advertisement to the siren's relay and to the durable alert, two hundred wearables on the air."""

import random
import time
from pathlib import Path
from typing import Final

from bench.ble.agent import counts_of
from bench.ble.crowds import CROWDS
from bench.ble.programs import Talker, running, street
from bench.measured import table
from simulators.demo.programs import wait_for

SETTLE_S: Final = 2.0
PATIENCE_S: Final = 5.0
BAR_S: Final = 1.0
"""Most that 99 of 100 calls may take."""
_PAUSE_S: Final = (0.03, 0.2)


def measure_calls(folder: Path, port: int, siren: Talker) -> str:
    """Return the table; ``siren`` tells when its relay was written."""
    crowd = CROWDS["callers"]
    calls = [(f"sos-pendant-{number + 1:03}", "press", "sos") for number in range(crowd["sos-pendant"])]
    for number in range(crowd["fall-band"]):
        calls += [(f"fall-band-{number + 1:03}", deed, rule) for deed, rule in (("press", "sos"), ("fall", "fall"))]
    random.shuffle(calls)
    sounded, aired = [], {}
    with street(folder / "callers", "callers", port) as air:
        air.ask("begin")
        with running(air.agent()) as agent:
            state = air.folder / "state"
            wait_for(lambda: counts_of(state).adverts > 2 * sum(crowd.values()), "everybody to be heard", agent)
            time.sleep(SETTLE_S)
            for name, deed, rule in calls:
                time.sleep(random.uniform(*_PAUSE_S))
                at = aired[name, rule] = float(air.ask(f"{name} {deed}")["at"])
                heard = siren.line_within(PATIENCE_S)
                sounded.append(PATIENCE_S if heard is None else heard - at)
            time.sleep(0.5)
        durable = _durable(state / "durable")
    stored = [durable.get(call, at + PATIENCE_S) - at for call, at in aired.items()]
    rows = [_row("the siren's relay is written", sounded), _row("the alert is durable", stored)]
    head = ["", "calls", "p50 ms", "p99 ms", "worst ms", "bar: p99", ""]
    return table("Advertisement of a call to action, 200 wearables on the air", head, rows)


def _durable(file: Path) -> dict[tuple[str, str], float]:
    lines = (line.split() for line in file.read_text("utf-8").splitlines())
    return {(device, rule): float(at) for device, rule, at in lines}


def _row(name: str, seconds: list[float]) -> list[str]:
    ordered = sorted(seconds)
    half, most = ordered[len(ordered) // 2], ordered[-(-99 * len(ordered) // 100) - 1]
    shown = [name, str(len(ordered)), *(f"{1000 * one:.0f}" for one in (half, most, ordered[-1]))]
    return [*shown, f"{1000 * BAR_S:.0f}", "met" if most <= BAR_S else "missed"]
