"""The collector's completeness ledger against the rows in its file, the meters' answers, and the clock on the wall."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulators.demo.console import Console
from tests.faults.rig import Rig

SECOND = 1_000_000
OFFLINE = 22
"""The quality of a row that only marks that a device went offline; none was due."""

AT_EDGES = 3
"""So many slots of one meter may lie at the first start and the last end."""

AT_A_RESTART = 2
"""So many more or fewer may be due for each restart: the grid of slots begins anew with it."""


@dataclass(frozen=True)
class Lives:
    """The agent's ``starts`` by its own log, its last end (both µs), and how long it was away in between (s)."""

    starts: tuple[int, ...]
    end: int
    away_s: float

    @classmethod
    def of(cls, rig: Rig) -> "Lives":
        """Return them for a rig whose agent has ended."""
        lines = (rig.folder / "agent.log").read_text("utf-8", errors="replace").splitlines()
        starts = tuple(_time_of(line) for line in lines if "] started " in line)
        away = [(first, min((at for at in starts if at > first), default=last)) for first, last in rig.blind if first]
        return cls(starts, rig.end, sum(back - gone for gone, back in away if back <= rig.end) / SECOND)

    @property
    def due(self) -> float:
        """How many readings were due of something that is due once a second."""
        return (self.end - self.starts[0]) / SECOND


def ledger_faults(console: Console, gateway: str, truth: dict[str, Any], lives: Lives) -> tuple[list[str], str]:
    """Return what does not agree, and the ledger in one sentence.

    Every meter was due once a second. What a gap lost that cannot say whose readings they were, and when the agent was
    away if its notes were lost as well, the ledger tells by hour only when the hour is over.
    """
    window = {"from": lives.starts[0] - 3600 * SECOND, "to": lives.end + 3600 * SECOND}
    answer = console.get(f"/gateways/{gateway}/completeness", **window)
    items, blind_s = answer["items"], _blind_s(answer["gaps"])
    faults: list[str] = []
    totals: Counter[str] = Counter()
    slack = AT_EDGES + AT_A_RESTART * (len(lives.starts) - 1)
    untold = blind_s + lives.away_s if blind_s else 0
    for device, told in truth["devices"].items():
        if "served" not in told:
            continue
        hours = [item for item in items if (item["device"], item["point"]) == (device, "energy_kwh")]
        sums = {name: sum(hour[name] for hour in hours) for name in ("expected", "delivered", "extra", "thinned")}
        rows = [row for row in console.readings(gateway, device, "energy_kwh") if row[2] != OFFLINE]
        if sums["delivered"] != len(rows):
            faults.append(f"{device}: the ledger tells of {sums['delivered']} delivered, and {len(rows)} are there")
        if not -slack - untold < sums["expected"] - lives.due < slack:
            faults.append(f"{device}: the ledger expects {sums['expected']} in {lives.due:.1f} s at 1 Hz")
        totals.update(sums)
        for hour in hours:
            totals.update(hour["lost"])
    parts = " + ".join(f"{name} {count}" for name, count in totals.items() if count and name != "expected")
    return faults, f"expected {totals['expected']} = {parts}".replace("+ extra", "- extra")


def _time_of(line: str) -> int:
    """Return when a line was logged (µs); a log says its local time."""
    return int(datetime.fromisoformat(line.split(" ", 1)[0]).astimezone().timestamp() * SECOND)


def _blind_s(gaps: list[dict[str, Any]]) -> float:
    """Return how many seconds the gaps cover that do not say whose readings they are."""
    covered, until = 0, 0
    for start, end in sorted((gap["start"], gap["end"]) for gap in gaps if not gap["attributed"]):
        covered += max(0, end - max(start, until))
        until = max(until, end)
    return covered / SECOND
