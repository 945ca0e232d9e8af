"""The collector's completeness ledger against the rows in its file, the meters' answers, and the clock on the wall."""

from collections import Counter
from typing import Any

from simulators.demo.console import Console

SECOND = 1_000_000
OFFLINE = 22
"""The quality of a row that only marks that a device went offline; none was due."""

AT_EDGES = 3
"""So many slots of one meter may lie at the first start and the last end."""

AT_A_RESTART = 2
"""So many more or fewer may be due for each restart: the grid of slots begins anew with it."""


def ledger_faults(
    console: Console, gateway: str, truth: dict[str, Any], ran: tuple[int, int], restarts: int
) -> tuple[list[str], str]:
    """Return what does not agree, and the ledger in one sentence.

    ``ran`` is from the agent's first start to its last end (µs); every meter was due once a second in between. Of a gap
    that cannot say whose readings it lost the ledger tells as a gap, and by hour only when the hour is over.
    """
    window = {"from": ran[0] - 3600 * SECOND, "to": ran[1] + 3600 * SECOND}
    answer = console.get(f"/gateways/{gateway}/completeness", **window)
    items, blind_s = answer["items"], _blind_s(answer["gaps"])
    faults: list[str] = []
    totals: Counter[str] = Counter()
    due = (ran[1] - ran[0]) / SECOND
    for device, told in truth["devices"].items():
        if "served" not in told:
            continue
        hours = [item for item in items if (item["device"], item["point"]) == (device, "energy_kwh")]
        sums = {name: sum(hour[name] for hour in hours) for name in ("expected", "delivered", "extra", "thinned")}
        rows = [row for row in console.readings(gateway, device, "energy_kwh") if row[2] != OFFLINE]
        if sums["delivered"] != len(rows):
            faults.append(f"{device}: the ledger tells of {sums['delivered']} delivered, and {len(rows)} are there")
        unexpected, slack = sums["expected"] - due, AT_EDGES + AT_A_RESTART * restarts
        if not -slack - blind_s < unexpected < slack:
            faults.append(f"{device}: the ledger expects {sums['expected']} in {due:.1f} s at 1 Hz")
        totals.update(sums)
        for hour in hours:
            totals.update(hour["lost"])
    parts = " + ".join(f"{name} {count}" for name, count in totals.items() if count and name != "expected")
    return faults, f"expected {totals['expected']} = {parts}".replace("+ extra", "- extra")


def _blind_s(gaps: list[dict[str, Any]]) -> float:
    """Return how many seconds the gaps cover that do not say whose readings they are."""
    covered, until = 0, 0
    for start, end in sorted((gap["start"], gap["end"]) for gap in gaps if not gap["attributed"]):
        covered += max(0, end - max(start, until))
        until = max(until, end)
    return covered / SECOND
