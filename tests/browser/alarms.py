"""Alarms as the console's API would tell them: what a filter leaves, what people do, floods and figures."""

from collections.abc import Mapping
from typing import Any

from tests.browser.community import SECOND, Json, text

ASIDE = ("shelved", "suppressed", "out_of_service")


def chosen(alerts: list[Json], asked: Mapping[str, str]) -> list[Json]:
    """Return the alerts that a query asks for."""
    state = asked.get("state", "open")
    states = {"closed": ("closed",), "aside": ASIDE}.get(state)
    found = [one for one in alerts if (one["state"] in states if states else True)]
    if state == "open":
        found = [one for one in found if one["state"] not in (*ASIDE, "closed")]
    keys = [key for key in ("level", "flood") if key in asked]
    source = [key for key in ("gateway", "device") if key in asked]
    found = [one for one in found if all(one[key] == asked[key] for key in keys)]
    return [one for one in found if any(all(ear[key] == asked[key] for key in source) for ear in (one, *one["heard"]))]


def done(alert: Json, what: str, order: Json, by: str, at: int) -> Json:
    """Do a person's deed to an alert and return it as a line of its history."""
    over = alert["cleared_at"] is not None
    until = None
    if what == "ack":
        state = ("latched" if alert["latched"] else "closed") if over else "acknowledged"
        alert.update(state=state, acknowledged_at=at, acknowledged_by=by, note=order["note"])
    elif what == "reset":
        alert.update(state="closed", reset_at=at, reset_by=by)
    elif what == "shelve":
        until = at + order["minutes"] * 60 * SECOND
        alert.update(state="shelved", aside_until=until, aside_by=by, aside_note=order["reason"])
    elif what == "unshelve":
        alert.update(state="unacknowledged", aside_until=None, aside_by="", aside_note="")
    said = order.get("disposition", "")
    alert["disposition"] = said or alert["disposition"]
    word = {"ack": "acknowledged", "reset": "reset", "shelve": "shelved", "unshelve": "unshelved"}.get(what, "disposed")
    note = order.get("note") or order.get("reason") or ""
    return change(at, word, "console", who=by, note=note, until=until, disposition=said, level=alert["level"])


def change(at: int, what: str, source: str, **more: Any) -> Json:
    """Return a line of an alert's history."""
    line: Json = {"at": at, "received_at": at, "what": what, "source": source, "level": "yellow", "who": "", "note": ""}
    return line | {"until": None, "disposition": "", "counts": True} | more


def floods(alerts: list[Json]) -> list[Json]:
    """Return the floods that alerts are folded into."""
    found = []
    for number in sorted({one["flood"] for one in alerts if one["flood"]}):
        own = sorted((one for one in alerts if one["flood"] == number), key=lambda one: int(one["raised_at"]))
        waiting = [one for one in own if "unacknowledged" in one["state"]]
        counts = {"total": len(own), "open": len(chosen(own, {})), "waiting": len(waiting)}
        flood: Json = {"id": number, "kind": "offline", "first": own[0], "level": own[0]["level"]}
        found.append(flood | counts | {"last_at": own[-1]["raised_at"]})
    return found


def performance(alerts: list[Json]) -> Json:
    """Return figures that a page can show; only what stands is taken from the alerts."""
    held, full = text("门长时间未关", "Door held open"), text("垃圾桶将满", "Bin nearly full")
    about: Json = {
        "gateway": "330402-demo-a",
        "device": "door-2",
        "device_name": "2 幢单元门",
        "rule": "door_held_open",
    }
    bins = about | {"device": "bin-1", "device_name": "其他垃圾桶 1", "rule": "bin_nearly_full", "text": full}
    answer = {"acknowledged": 31, "median_s": 74.0, "p95_s": 512.0}
    return {
        "start": 0,
        "end": 1,
        "raised": 43,
        "levels": {"red": 1, "yellow": 30, "blue": 12},
        "answers": {
            "all": answer,
            "red": answer | {"acknowledged": 1},
            "yellow": answer,
            "blue": {**answer, "p95_s": None},
        },
        "rules": [
            {"rule": "door_held_open", "text": held, "raised": 22, "disposed": 8, "false": 3, "false_rate": 0.375},
            {"rule": "bin_nearly_full", "text": full, "raised": 9, "disposed": 0, "false": 0, "false_rate": None},
        ],
        "top": [about | {"text": held, "raised": 22}, bins | {"raised": 9}],
        "flapping": [about | {"text": held, "raised": 6}],
        "standing": [one for one in alerts if one["state"] == "acknowledged"],
    }
