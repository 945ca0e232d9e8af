"""A collector that only pretends: the console's REST and event stream over lively data, with taps to break it."""

import asyncio
import itertools
import json
import math
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from tests.browser import account, alarms, community
from tests.browser.community import SECOND, Json
from tests.browser.lists import PlateShelf

PEOPLE = {"admin": "admin", "wang": "operator", "guest": "viewer", "li": "manager"}
PASSWORD = "right-horse"
SITE = "330402-demo-a"
LEVELS = ("red", "orange", "yellow", "blue")
PING_S = 0.5


def now() -> int:
    """The present time in microseconds since the epoch."""
    return time.time_ns() // 1000


class FakeCollector:
    """Holds the data and the open streams; tests move and break it through its methods."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin again with the first data, everything whole, and no stream open."""
        at = now()
        self.gateways = community.gateways(SITE, at)
        self.devices = community.devices(SITE, at)
        self.alerts = community.alerts(self.devices, at)
        self.commands: list[Json] = []
        self.audit: list[Json] = []
        self.changes: dict[str, list[Json]] = {}
        self.asides: dict[tuple[str, str], Json] = {}
        self.sessions: dict[str, str] = {}
        self.account = account.lines(self.devices, at)
        self.gaps = account.gaps(at)
        self.plates = PlateShelf(at)
        self.summaries: list[list[Any]] = []
        self.marks: dict[int, tuple[int, int]] = {}
        self.broken: set[str] = set()
        self.events: list[Json] = []
        self.pictures: dict[str, asyncio.Future[bytes | str]] = {}
        self.silent = False
        self.down = False
        self.outcome: Json = {"state": "executed", "readback": {"lock_state": "unlocked"}}
        self.replayed: list[str] = []
        self._ids = itertools.count(1)
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=200)
        self._streams: set[asyncio.Queue[bytes | None]] = getattr(self, "_streams", set())
        self._later: set[asyncio.Task[None]] = set()
        self.end_streams()
        self._note("admin", "login", "", "ok")

    def device(self, identity: str) -> Json:
        """Return one device of the community."""
        return next(one for one in self.devices if one["id"] == identity)

    def publish(self, event: str, data: Json) -> None:
        """Send one event to every open stream, and keep it for replay."""
        number = next(self._ids)
        frame = f"id: {number}\nevent: {event}\ndata: {json.dumps(data)}\n\n".encode()
        self._ring.append((number, frame))
        for stream in self._streams:
            stream.put_nowait(frame)

    def end_streams(self) -> None:
        """End every open stream, as a restart of the collector would."""
        for stream in self._streams:
            stream.put_nowait(None)

    def move(self, device: str, **values: Any) -> None:
        """Set points of a device and tell the streams."""
        at = now()
        found = self.device(device)
        for point in found["points"]:
            if point["key"] in values:
                point.update(value=values[point["key"]], at=at, quality=0, late_s=0.1)
        shown = {key: [value, 0, at] for key, value in values.items()}
        self.publish("readings", {"gateway": SITE, "device": device, "at": at, "points": shown})

    def raise_alert(self, identity: str, device: str, level: str, zh: str, en: str) -> None:
        """Raise an alert and tell the streams."""
        alert = community.alert(identity, self.device(device), level, community.text(zh, en), now())
        self.alerts.insert(0, alert)
        self.publish("alert", alert)

    def act_by_rule(self, identity: str, outcomes: dict[str, tuple[str, str]]) -> None:
        """Tell what an alert's rule had the gateway do: the state and reason of a release, by device."""
        alert = next(one for one in self.alerts if one["id"] == identity)
        by, at, name = f"rule:{alert['rule']}", now(), community.text("释放全部门", "Release all doors")
        for device, (state, reason) in outcomes.items():
            wish = {"gateway": SITE, "device": device, "name": "release_all_doors", "args": {}, "reason": ""}
            end = {"alert": identity, "alert_text": alert["text"], "outcome_at": at, "outcome_reason": reason}
            self._record(wish, by).update(state=state, **end)
            self._note(by, "command_by_rule", f"{SITE}/{device}", state, f"{wish['name']} rule-{'0' * 24} {reason}")
            shown = {"device": device, "device_name": self.device(device)["name"], "name": wish["name"], "text": name}
            alert["actions"].append(shown | {"state": state, "reason": reason})
        self.publish("alert", alert)

    def overview(self) -> Json:
        opened = alarms.chosen(self.alerts, {})
        states = [one["state"] for one in self.gateways]
        online = sum(one["state"] == "online" for one in self.devices)
        return {
            "gateways": {"total": len(states)} | {s: states.count(s) for s in ("online", "late", "offline", "unknown")},
            "devices": {"total": len(self.devices), "online": online, "offline": len(self.devices) - online},
            "alerts": {level: sum(one["level"] == level for one in opened) for level in LEVELS}
            | {"unacknowledged": sum("unacknowledged" in one["state"] for one in opened)},
            "readings_total": 1_284_091,
            "readings_last_minute": 2_214,
            "commands_waiting": sum(one["state"] in ("queued", "sent") for one in self.commands),
            "as_of": now(),
        }

    def count_alerts(self) -> None:
        """Bring the devices' and gateways' alert counts up to date."""
        opened = alarms.chosen(self.alerts, {})
        for device in self.devices:
            own = [one["level"] for one in opened if one["device"] == device["id"]]
            device["alerts_open"] = len(own)
            device["worst_level"] = min(own, key=LEVELS.index) if own else None
        for gateway in self.gateways:
            gateway["alerts_open"] = sum(one["gateway"] == gateway["id"] for one in opened)

    def readings(self, device: str, key: str, start: int, end: int) -> list[list[Any]]:
        """Return a wave of readings, with one gap of bad ones, or an alternating state.

        ``marks`` gives some of them, counted from the last, which is -1, a mark and lateness; under summaries are none.
        """
        point = next(one for one in self.device(device)["points"] if one["key"] == key)
        step = max(10 * SECOND, (end - start) // 500)
        found: list[list[Any]] = []
        for n, at in enumerate(range(start, end, step)):
            if point["kind"] == "bool":
                found.append([at, bool(point["value"]) == bool(n % 40), 0])
            elif point["kind"] == "enum":
                found.append([at, point["value"] if n % 40 else (list(point["value_text"] or {})[1:2] or [True])[0], 0])
            elif 200 < n < 220:
                found.append([at, None, 17])
            else:
                middle = point["value"] or 0
                found.append([at, middle * (1 + 0.2 * math.sin(n / 25) + 0.01 * (n % 7)), 0])
        thinned = [range(one[0], one[0] + one[1] * SECOND) for one in self.summaries]
        kept = [one for one in found if not any(one[0] in window for window in thinned)]
        return [[*one, *self.marks.get(n, (0, 0))] for n, one in enumerate(kept, -len(kept))]

    def completeness(self, gateway: str, start: int, end: int) -> Json | None:
        """Return the account of a gateway's hours that touch a stretch; ``None`` for a gateway that is not known."""
        known = [one for one in self.gateways if one["id"] == gateway]
        items = [one for one in self.account if one["hour"] + account.HOUR > start and one["hour"] < end]
        own = (items, self.gaps) if gateway == SITE else ([], [])
        return account.completeness(*own, now(), known[0]) if known else None

    def command(self, wish: Json, by: str) -> Json:
        """Take a command; its life (sent, outcome) follows by itself."""
        record = self._record(wish, by)
        task = asyncio.create_task(self._carry_out(record))
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return dict(record)

    def remember_command(self, device: str, reason: str, end: Json) -> None:
        """Put a command that is over into the past."""
        args = {"seconds": 5}
        wish = {"gateway": SITE, "device": device, "name": "pulse_unlock", "args": args, "reason": reason}
        self._record(wish, "wang").update(outcome_at=now(), **end)

    def _record(self, wish: Json, by: str) -> Json:
        at = now()
        record: Json = {
            **{key: wish[key] for key in ("gateway", "device", "name", "args", "reason")},
            "id": f"c{len(self.commands) + 1}",
            "device_name": self.device(wish["device"])["name"],
            "by": by,
            "alert": "",
            "alert_text": {},
            "issued_at": at,
            "expires_at": at + 30 * SECOND,
            "state": "queued",
            "outcome_at": None,
            "outcome_reason": "",
            "outcome_detail": "",
            "readback": {},
        }
        self.commands.insert(0, record)
        self._note(
            by,
            "command",
            f"{SITE}/{wish['device']}",
            "queued",
            f"{wish['name']} {secrets.token_hex(16)}: {wish['reason']}",
        )
        return record

    async def _carry_out(self, record: Json) -> None:
        await asyncio.sleep(0.3)
        record["state"] = "sent"
        self.publish("command", dict(record))
        await asyncio.sleep(0.3)
        record.update(outcome_at=now(), **self.outcome)
        self.publish("command", dict(record))
        for key, value in record["readback"].items():
            self.move(record["device"], **{key: value})

    def do(self, identity: str, what: str, order: Json, by: str) -> Json:
        """Do to an alert what a person asked for, and tell the streams."""
        alert = next(one for one in self.alerts if one["id"] == identity)
        change = alarms.done(alert, what, order, by, now())
        self.changes.setdefault(identity, []).append(change)
        named = {"ack": "acknowledge", "disposition": "dispose"}.get(what, what)
        self._note(by, named, f"{SITE}/{alert['device']}", alert["state"], f"{alert['rule']}: {change['note']}")
        self.publish("alert", alert)
        return alert

    def history(self, identity: str) -> list[Json]:
        """Return what happened to an alert, from its beginning."""
        alert = next(one for one in self.alerts if one["id"] == identity)
        return [
            alarms.change(alert["raised_at"], "raised", "gateway", level=alert["level"]),
            *self.changes.get(identity, []),
        ]

    def put_aside(self, place: tuple[str, str], order: Json, by: str) -> None:
        """Take a device out of service, or a gateway into maintenance."""
        kind = "out_of_service" if place[1] else "maintenance"
        row = {"gateway": place[0], "device": place[1], "kind": kind, "at": now(), "who": by, "note": order["reason"]}
        self.asides[place] = row | {"until": order.get("until")}

    def flood(self, count: int) -> None:
        """Have so many doors go offline within a minute, folded into one."""
        for number in range(count):
            door = {"device": f"far-{number}", "device_name": f"{number + 1} 幢单元门", "place": f"{number + 1} 幢"}
            alert = community.alert(
                f"f{number}", self.device("door-1"), "yellow", community.text("设备离线", "Device offline"), now()
            )
            self.alerts.insert(0, alert | door | {"flood": "f0", "rule": "device_offline"})
        self.publish("flood", alarms.floods(self.alerts)[0])

    def _note(self, who: str, what: str, target: str, result: str, detail: str = "") -> None:
        entry = {"id": len(self.audit) + 1, "at": now(), "who": who, "what": what, "target": target}
        self.audit.insert(0, entry | {"result": result, "detail": detail, "address": "10.8.0.21"})

    async def frames(self, last: str) -> AsyncIterator[bytes]:
        """Yield a stream's frames: what was missed after ``last``, then what comes, with signs of life between."""
        stream: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._streams.add(stream)
        if last:
            self.replayed.append(last)
        try:
            for number, frame in list(self._ring) if last else []:
                if number > int(last):
                    yield frame
            while True:
                if not self.silent:
                    yield f"event: ping\ndata: {json.dumps({'as_of': now()})}\n\n".encode()
                try:
                    found = await asyncio.wait_for(stream.get(), PING_S)
                except TimeoutError:
                    continue
                if found is None:
                    return
                if not self.silent:
                    yield found
        finally:
            self._streams.discard(stream)
