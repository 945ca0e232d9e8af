"""A small community as the console's API would tell it: the data behind the fake collector."""

from typing import Any

Json = dict[str, Any]
SECOND = 1_000_000
QUALITY_WORDS = {0: "good", 2: "stale", 17: "bad(timeout)"}


def text(zh: str, en: str) -> Json:
    return {"zh": zh, "en": en}


def point(key: str, name: Json, kind: str, value: Any, at: int | None, **more: Any) -> Json:
    """Return one point as the API shows it; ``words`` maps a state's words to texts."""
    words = more.get("words")
    quality = more.get("quality", 0 if at is not None else None)
    return {
        "key": key,
        "text": name,
        "unit": more.get("unit", ""),
        "kind": kind,
        "values": list(words) if words and kind == "enum" else [],
        "value_text": words,
        "value": value,
        "at": at,
        "quality": quality,
        "quality_text": QUALITY_WORDS.get(quality, "") if quality is not None else "",
        "late_s": more.get("late_s", 0.2 if at is not None else None),
        "withheld": more.get("withheld", False),
    }


def _device(gateway: str, identity: str, name: str, kind: str, kind_text: Json, **more: Any) -> Json:
    return {
        "gateway": gateway,
        "id": identity,
        "name": name,
        "kind": kind,
        "kind_text": kind_text,
        "profile": more["profile"],
        "place": more.get("place", ""),
        "state": more.get("state", "online"),
        "seen_at": more["at"],
        "error": more.get("error", ""),
        "alerts_open": 0,
        "worst_level": None,
        "points": more["points"],
        "commands": more.get("commands", []),
    }


DOOR_WORDS = {"closed": text("关", "closed"), "open": text("开", "open"), "unknown": text("未知", "unknown")}
LOCK_WORDS = {"locked": text("已锁闭", "locked"), "unlocked": text("已开锁", "unlocked")}
BUTTON_WORDS = {"true": text("按下", "pressed"), "false": text("未按", "released")}
LOOP_WORDS = {"true": text("有车", "vehicle"), "false": text("无车", "clear")}
BOOM_WORDS = {"closed": text("落下", "closed"), "opening": text("正在抬起", "opening"), "open": text("抬起", "open")}


HELD = {"text": text("门状态", "Door"), "unit": "", "value": "open", "value_text": DOOR_WORDS}


def _door(number: int, at: int, gateway: str) -> Json:
    return _device(
        gateway,
        f"door-{number}",
        f"{number} 幢单元门",
        "access_door",
        text("门禁", "Access-control door"),
        profile="door/waveshare-relay-d8",
        place=f"{number} 幢 1 单元",
        at=at,
        points=[
            point("door_state", text("门状态", "Door"), "enum", "closed", at, words=DOOR_WORDS),
            point("lock_state", text("门锁", "Lock"), "enum", "locked", at, words=LOCK_WORDS),
            point("exit_button", text("出门按钮", "Exit button"), "bool", False, at, words=BUTTON_WORDS),
        ],
        commands=[
            {
                "name": "pulse_unlock",
                "text": text("开门", "Open door"),
                "confirm": False,
                "args": {"seconds": {"min": 1, "max": 30, "default": 5}},
            },
            {"name": "lock_down", "text": text("封锁", "Lock down"), "confirm": True, "args": {}},
        ],
    )


def _gate(at: int, gateway: str) -> Json:
    plain = {"confirm": False, "args": {}}
    return _device(
        gateway,
        "gate-1",
        "南大门道闸",
        "barrier_gate",
        text("道闸", "Vehicle barrier gate"),
        profile="barrier/dry-contact-waveshare-d8",
        place="南大门",
        at=at,
        points=[
            point("boom_state", text("杆状态", "Boom"), "enum", "closed", at, words=BOOM_WORDS),
            point("loop_under", text("杆下地感", "Loop under boom"), "bool", False, at, words=LOOP_WORDS),
        ],
        commands=[
            {"name": "open", "text": text("抬杆", "Open"), **plain},
            {"name": "close", "text": text("落杆", "Close"), **plain},
            {"name": "stop", "text": text("停止", "Stop"), **plain},
        ],
    )


def _bin(number: int, at: int, gateway: str) -> Json:
    silent = number == 6
    kinds = ("其他垃圾", "易腐垃圾", "可回收物")
    quality = 17 if silent else 0
    return _device(
        gateway,
        f"bin-{number}",
        f"{kinds[number % 3]}桶 {number}",
        "smart_bin",
        text("智能垃圾桶", "Smart waste bin"),
        profile="bin/dfrobot-sen0310",
        place=f"投放点 {(number + 1) // 2}",
        at=at - (400 * SECOND if silent else 0),
        state="offline" if silent else "online",
        error="timeout: no answer within 1 s" if silent else "",
        points=[
            point("fill_pct", text("满溢度", "Fill"), "float", 11.5 * number, at, unit="%", quality=quality),
            point(
                "distance_mm",
                text("探头距离", "Distance"),
                "int",
                None if silent else 1000 - 98 * number,
                at,
                unit="mm",
                quality=quality,
            ),
            point("temperature_c", text("温度", "Temperature"), "float", 18.25, at, unit="°C", quality=quality),
        ],
    )


def _meter(number: int, at: int, gateway: str) -> Json:
    return _device(
        gateway,
        f"meter-{number}",
        f"公共用电 {number} 号表",
        "electric_meter",
        text("电表", "Electricity meter"),
        profile="meter/eastron-sdm120",
        place="配电间",
        at=at,
        points=[
            point("power_w", text("有功功率", "Active power"), "float", 1234.5 * number, at, unit="W"),
            point("voltage_v", text("电压", "Voltage"), "float", 229.8, at, unit="V"),
            point("current_a", text("电流", "Current"), "float", 5.372, at, unit="A"),
            point("energy_kwh", text("累计用电", "Energy"), "float", 48211.07, at, unit="kWh", late_s=2530),
            point("power_factor", text("功率因数", "Power factor"), "float", None, None),
        ],
    )


def devices(gateway: str, at: int) -> list[Json]:
    """Return the demo community's devices as they were at ``at`` (microseconds); bin-6 is silent."""
    doors = [_door(n, at, gateway) for n in range(1, 5)]
    bins = [_bin(n, at, gateway) for n in range(1, 7)]
    return [*doors, _gate(at, gateway), *bins, _meter(1, at, gateway), _meter(2, at, gateway)]


def gateways(site: str, at: int) -> list[Json]:
    """Return one healthy gateway with devices, one that is behind, one that was never seen."""
    base: Json = {
        "site": site,
        "version": "0.1.0",
        "config_hash": "9f2c41d07ab3",
        "config_problem": "",
        "key_fingerprint": "SHA256:q1wA7Kx0PZ6e9s2uVb4T",
        "enrolled_at": at - 86400 * SECOND,
    }
    clock: Json = {"clock": "synced", "clock_source": "ntp", "clock_offset_s": 0.012}
    counts: Json = {"thinned": 0, "dropped": 0, "quarantined": 0}
    card: Json = {"written_per_day": 330_000_000, "card_years": 7.3}
    base |= {"buffer_problem": "", **clock, **counts, **card}
    unheard = dict.fromkeys(("clock_offset_s", *counts, *card))
    healthy = {"state": "online", "seen_at": at, "uptime_s": 273_912.0, "buffer_state": "durable", "pending": 0}
    behind = {"state": "late", "seen_at": at - 95 * SECOND, "uptime_s": 5_310.0, "buffer_state": "durable"}
    return [
        {**base, "id": site, "name": "示例社区", **healthy, "pending_oldest_at": None}
        | {"devices_total": 13, "devices_online": 12, "alerts_open": 0},
        {**base, "id": "330402-demo-b", "site": "330402-demo-b", "name": "南湖花园", **behind, "pending": 1842}
        | {"pending_oldest_at": at - 2530 * SECOND, "devices_total": 9, "devices_online": 7, "alerts_open": 0}
        | {"config_problem": "第 31 行：bin-9 的 unit 与 bin-8 重复"},
        {**base, "id": "330402-demo-c", "site": "", "name": "", "state": "unknown", "seen_at": None, "uptime_s": None}
        | {"buffer_state": "", "pending": None, "pending_oldest_at": None, "devices_total": 0, "devices_online": 0}
        | {"alerts_open": 0, "version": "", "config_hash": "", "enrolled_at": None, "key_fingerprint": ""}
        | {**unheard, "clock": "", "clock_source": ""},
    ]


def alert(identity: str, device: Json, level: str, name: Json, at: int, **more: Any) -> Json:
    """Return an alert of ``device`` raised at ``at``."""
    return {
        "id": identity,
        "gateway": device["gateway"],
        "gateway_name": "示例社区",
        "device": device["id"],
        "device_name": device["name"],
        "place": device["place"],
        "rule": more.get("rule", "rule"),
        "level": level,
        "state": more.get("state", "unacknowledged"),
        "latched": more.get("latched", False),
        "since": at - 3 * SECOND,
        "raised_at": at,
        "cleared_at": more.get("cleared_at"),
        "acknowledged_at": more.get("acknowledged_at"),
        "acknowledged_by": more.get("acknowledged_by", ""),
        "note": more.get("note", ""),
        "reset_at": None,
        "reset_by": "",
        "escalation": more.get("escalation", 0),
        "escalated_at": more.get("escalated_at"),
        "aside_until": None,
        "aside_by": "",
        "aside_note": "",
        "disposition": more.get("disposition", ""),
        "flood": more.get("flood", ""),
        "text": name,
        "values": {},
        "facts": more.get("facts", []),
        "actions": more.get("actions", []),
        "heard": [],
        "picture": more.get("picture", ""),
        "late_s": more.get("late_s", 0.4),
    }


def alerts(found: list[Json], at: int) -> list[Json]:
    """Return one alert of each level and state, one of them heard of late."""
    by_id = {one["id"]: one for one in found}
    minute = 60 * SECOND
    return [
        alert("a1", by_id["bin-4"], "red", text("垃圾桶起火", "Bin on fire"), at - 2 * minute, latched=True),
        alert("a2", by_id["door-2"], "yellow", text("门长时间未关", "Door held open"), at - 9 * minute, facts=[HELD]),
        alert("a3", by_id["bin-5"], "orange", text("垃圾满溢", "Bin overflowing"), at - 42 * minute, late_s=2530)
        | {"state": "returned_unacknowledged", "cleared_at": at - 5 * minute},
        alert("a4", by_id["gate-1"], "blue", text("车辆拥堵", "Queue at the gate"), at - 65 * minute)
        | {
            "state": "acknowledged",
            "acknowledged_at": at - 60 * minute,
            "acknowledged_by": "王敏",
            "note": "已派人前往",
        },
        alert("a5", by_id["bin-1"], "yellow", text("垃圾桶将满", "Bin nearly full"), at - 1500 * minute, state="closed")
        | {"cleared_at": at - 1400 * minute, "acknowledged_at": at - 1490 * minute, "acknowledged_by": "李强"},
    ]
