"""A gateway's completeness account as the collector's API would tell it: a good day with its few honest holes."""

from collections.abc import Iterable
from typing import Any

from tests.browser.community import SECOND, Json

HOUR = 3600 * SECOND
PERIOD_S = 10
DUE = 3600 // PERIOD_S
UNREAD = frozenset({"no_answer", "no_value", "offline", "bus_busy", "not_running"})


def hour_of(at: int) -> int:
    """Return the first microsecond of the hour that ``at`` lies in."""
    return at - at % HOUR


def line(device: str, point: str, hour: int, expected: int = DUE, **more: Any) -> Json:
    """Return one point in one hour; what is neither ``lost``, ``unchanged`` nor ``thinned`` was delivered."""
    lost: dict[str, int] = more.get("lost", {})
    unchanged, thinned, extra = more.get("unchanged", 0), more.get("thinned", 0), more.get("extra", 0)
    unread = sum(n for reason, n in lost.items() if reason in UNREAD)
    return {
        "device": device,
        "point": point,
        "hour": hour,
        "expected": expected,
        "collected": expected - unread,
        "delivered": expected - sum(lost.values()) - unchanged - thinned + extra,
        "extra": extra,
        "unchanged": unchanged,
        "thinned": thinned,
        "lost": lost,
        "estimated": more.get("estimated", False),
        "behind": more.get("behind", False),
    }


def _fate(device: str, on_change: bool, ago: int) -> Json:
    """Return what became of a point of ``device`` in the hour ``ago`` hours before the present one."""
    if device == "bin-6" and ago < 3:
        return {"lost": {"offline": DUE if ago else DUE // 3}}
    if ago == 9:
        return {"lost": {"not_running": 20}}
    if device == "meter-2" and ago == 14:
        return {"lost": {"buffer_damaged": 41, "no_answer": 3}, "estimated": True}
    if device == "door-3" and ago == 5:
        return {"lost": {"bus_busy": 2}}
    if ago in (17, 18) and not on_change:
        return {"thinned": DUE}
    return {"unchanged": DUE - 4} if on_change else {}


def lines(devices: Iterable[Json], at: int) -> list[Json]:
    """Return the account of each point of ``devices`` in the last day; the present hour is behind."""
    first, found = hour_of(at), []
    for device in devices:
        for point in device["points"]:
            on_change = point["kind"] in ("bool", "enum")
            for ago in range(24):
                due = DUE if ago else max(6, (at - first) // SECOND // PERIOD_S)
                fate = _fate(device["id"], on_change, ago) if ago else {}
                found.append(line(device["id"], point["key"], first - ago * HOUR, due, behind=ago == 0, **fate))
    return found


def gaps(at: int) -> list[Json]:
    """Return a gap that could say whose readings it lost, and one that could not."""
    end = hour_of(at) - 9 * HOUR
    return [
        {"what": "entries", "reason": "buffer_damaged", "count": 205, "start": end - 5 * HOUR, "end": end - 4 * HOUR}
        | {"attributed": False, "came": 0, "received_at": end - 4 * HOUR},
        {"what": "analogue", "reason": "thinned", "count": 11_520, "start": end - 9 * HOUR, "end": end - 7 * HOUR}
        | {"attributed": True, "came": 0, "received_at": end - 6 * HOUR},
    ]


def completeness(items: list[Json], found: list[Json], at: int, gateway: Json) -> Json:
    """Return the whole answer about ``items`` of a gateway that says what it still owes."""
    lost: dict[str, int] = {}
    for one in items:
        for reason, n in one["lost"].items():
            lost[reason] = lost.get(reason, 0) + n
    counts = ("expected", "collected", "delivered", "extra", "unchanged", "thinned")
    oldest = gateway["pending_oldest_at"]
    return {
        "items": items,
        "totals": {name: sum(one[name] for one in items) for name in counts}
        | {"lost": lost, "pending": gateway["pending"], "pending_oldest_at": oldest},
        "gaps": found,
        "behind_from": oldest or gateway["seen_at"],
        "as_of": at,
    }
