"""Compares what the devices really produced with what the collector stored: nothing lost, nothing doubled."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from simulators.demo.cars import Cars, compare_cars
from simulators.demo.console import FINAL_STATES, Console

_CALLS = {"sos": ("pressed", "sos_pressed"), "fall": ("fall_detected",)}
"""What befalls a wearer, and the catalogue's events that tell it."""


@dataclass(frozen=True)
class Verdict:
    """``produced`` entries were made durable by the agent, ``stored`` ones committed by the collector; ``lost`` and
    ``doubled`` count differences in either direction, the numbered meter readings and the ``calls`` of wearables (SOS,
    falls) and ``cars`` included; ``faults`` says each.
    """

    produced: int
    stored: int
    lost: int
    doubled: int
    raised: int
    cleared: int
    executed: int
    commands: int
    calls: int = 0
    cars: Cars = field(default_factory=Cars)
    faults: tuple[str, ...] = field(default=())


def judge(
    console: Console,
    gateway: str,
    buffer: dict[str, Any],
    truth: dict[str, Any],
    *,
    cut_short: int = 0,
    welcome: frozenset[str] = frozenset(),
) -> Verdict:
    """Return the verdict on a stopped agent.

    ``buffer`` is the agent's own account after its end, ``truth`` the devices'. ``cut_short`` is how many numbered
    readings may be missing because the agent was killed before it had called them durable (0 for a clean run); a read
    of a plate that is missing is then no loss either. ``welcome`` are the plates that the gate opens for.
    """
    ledger = console.get(f"/gateways/{gateway}/ledger")
    stored = ledger["entries"]
    faults: list[str] = []
    lost = max(0, buffer["produced"] - buffer["dropped"] - stored)
    doubled = max(0, stored - buffer["produced"]) + ledger["duplicates"]
    if ledger["rejected"]:
        faults.append(f"the collector has {ledger['rejected']} chunks in quarantine")
    if buffer["pending"]:
        faults.append(f"{buffer['pending']} entries still wait in the agent's buffer")
    missing, more = _compare_meters(console, gateway, truth["devices"], faults)
    lost += max(0, missing - cut_short)
    doubled += more
    calls, unheard, repeated = compare_calls(console, gateway, truth["devices"], faults)
    lost += unheard
    doubled += repeated
    cars = compare_cars(console, gateway, truth["devices"], welcome, faults)
    lost += 0 if cut_short else cars.missing
    doubled += cars.doubled
    alerts = console.alerts()
    doubled += sum(n - 1 for n in Counter(alert["id"] for alert in alerts).values())
    commands = console.get("/commands", limit=200)["items"]
    faults += [f"command {c['id']} has no outcome: {c['state']}" for c in commands if c["state"] not in FINAL_STATES]
    return Verdict(
        produced=buffer["produced"],
        stored=stored,
        lost=lost,
        doubled=doubled,
        raised=len(alerts),
        cleared=sum(alert["cleared_at"] is not None for alert in alerts),
        executed=sum(command["state"] == "executed" for command in commands),
        commands=len(commands),
        calls=calls,
        cars=cars,
        faults=tuple(faults),
    )


def _compare_meters(console: Console, gateway: str, devices: dict[str, Any], faults: list[str]) -> tuple[int, int]:
    """Return how many numbered readings are missing in all, and how many are stored too often or were never produced;
    each difference is added to ``faults``.
    """
    missing_in_all = more = 0
    for device, account in devices.items():
        if "served" not in account:
            continue
        missing, repeated, invented = compare_numbered(console, gateway, device, account["served"])
        missing_in_all += missing
        more += repeated + invented
        if missing or repeated or invented:
            faults.append(f"{device}: {missing} readings missing, {repeated} repeated, {invented} never produced")
    return missing_in_all, more


def compare_numbered(console: Console, gateway: str, device: str, served: list[float]) -> tuple[int, int, int]:
    """Return how many numbered readings of a device are missing, repeated, and stored though never produced."""
    readings = console.readings(gateway, device, "energy_kwh")
    stored = Counter(_number(value) for _, value, quality in readings if quality <= 1)
    produced = {_number(value) for value in served}
    missing = sum(number not in stored for number in produced)
    repeated = sum(n - 1 for n in stored.values())
    return missing, repeated, sum(number not in produced for number in stored)


def compare_calls(console: Console, gateway: str, devices: dict[str, Any], faults: list[str]) -> tuple[int, int, int]:
    """Return how often wearables called for help or told a fall where it could be heard, how many of these are missing,
    and how many are stored too often; each difference is added to ``faults``.
    """
    made = Counter(
        (device, one["what"])
        for device, account in devices.items()
        for one in account.get("happened", ())
        if one["what"] in _CALLS and one["aired"]
    )
    stored: Counter[tuple[str, str]] = Counter()
    for what, names in _CALLS.items():
        events = [event for name in names for event in console.events(gateway, name)]
        stored.update((event["device"], what) for event in events)
    for device, what in sorted(made.keys() | stored.keys()):
        happened, found = made[device, what], stored[device, what]
        if happened != found and device in devices:
            faults.append(f"{device}: {what} {happened} times, stored {found} times")
    missing, more = made - stored, stored - made
    return made.total(), missing.total(), more.total()


def _number(energy_kwh: float) -> int:
    """Return the number that a numbered meter's reading bears: it counts in steps of 1/64 kWh."""
    return round(energy_kwh * 64)
