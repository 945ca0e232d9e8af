"""Compares the cars at the gate with what the gateway made of them: each told of once, and let in or not as listed."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.demo.console import Console

SURE = 0.9
"""So well a plate has to be read for the demo's gate to open."""
_LOOKS_US = 5_000_000


@dataclass(frozen=True, slots=True)
class Cars:
    """How many cars were ``seen`` by a camera that somebody listened to, how many of all that came were let ``inside``,
    how many reads are ``missing`` at the collector, and how many are there that never were or are there twice.
    """

    seen: int = 0
    inside: int = 0
    missing: int = 0
    doubled: int = 0


def welcome_plates(folder: Path) -> frozenset[str]:
    """Return the plates that the gate opens for: those of the residents and visitors in ``folder``."""
    return frozenset(plate for name in ("residents.csv", "visitors.csv") for plate in _plates(folder / name))


def compare_cars(
    console: Console, gateway: str, devices: dict[str, Any], welcome: frozenset[str], faults: list[str]
) -> Cars:
    """Compare the cars of ``devices``, which is the truth, with what is stored; what differs is added to ``faults``.

    Who is ``welcome``, was read well and heard of has to get in; others may only where a person had the boom raised.
    """
    reads = {
        (name, number): one
        for name, account in devices.items()
        if isinstance(account.get("passages"), list)
        for number, one in enumerate(account["passages"])
        if one["heard"]
    }
    seen = Counter((name, one["plate"]) for (name, _), one in reads.items())
    told = console.events(gateway, "plate_read") if seen else []
    stored = Counter((event["device"], event["fields"]["plate"]) for event in told)
    missing, more = seen - stored, stored - seen
    faults += [f"{device}: {count} reads of {plate} missing" for (device, plate), count in sorted(missing.items())]
    faults += [f"{device}: {count} reads of {plate} too many" for (device, plate), count in sorted(more.items())]
    sure = [one for one in reads.values() if one["likelihood"] >= SURE and one["plate"] in welcome]
    inside = sum(
        _inside(console, name, account, sure, faults) for name, account in devices.items() if "cars" in account
    )
    return Cars(seen.total(), inside, missing.total(), more.total())


def _inside(console: Console, gate: str, account: dict[str, Any], sure: list[dict[str, Any]], faults: list[str]) -> int:
    """Return how many cars went in at ``gate``; who should have and could not, or the other way round, is a fault."""
    entered = [car for car in account["cars"] if car["entered"] is not None]
    if account["passages"] > len(entered):
        faults.append(f"{gate}: {account['passages']} passed and only {len(entered)} went in")
    turned_away = [car for car in account["cars"] if car["entered"] is None and car["left"] is not None]
    faults += [f"{gate}: {car['plate']} was welcome, the opening is missing" for car in turned_away if _any(car, sure)]
    others = [car["plate"] for car in entered if car["plate"] and not _any(car, sure)]
    if len(others) > _opened_by_hand(console, gate):
        faults.append(f"{gate}: let in though not welcome: {', '.join(others)}")
    return len(entered)


def _any(car: dict[str, Any], reads: list[dict[str, Any]]) -> bool:
    return any(one["plate"] == car["plate"] and 0 <= one["at"] - car["came"] <= _LOOKS_US for one in reads)


def _opened_by_hand(console: Console, gate: str) -> int:
    commands = console.get("/commands", limit=200)["items"]
    asked = [one for one in commands if one["device"] == gate and one["name"] == "open"]
    return sum(not one["by"].startswith("rule:") and one["state"] != "refused" for one in asked)


def _plates(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as text:
        return [row[0] for row in csv.reader(text)][1:]
