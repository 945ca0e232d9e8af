"""What a Dahua camera says in its own words: lines of ``eventManager``, the same as JSON where it calls the box."""

import datetime
import json
from typing import Any

from simulators.onvif.blocks import Block
from simulators.onvif.events import Passage
from simulators.onvif.words import Words

_KINDS = {"motion": "VideoMotion", "line": "CrossLineDetection", "tamper": "VideoBlind", "input": "AlarmLocal"}
_ZONE = datetime.timezone(datetime.timedelta(hours=8))
_WAYS = {"forward": "Approach", "reverse": "Leave"}


def heartbeat(_now_us: int) -> Block:
    """Return the sign of life."""
    return Block("text/plain", b"Heartbeat")


def alarm(name: str, on: bool, now_us: int) -> list[Block]:
    """Return that an alarm (``motion``, ``line``, ``tamper``, ``input``) begins or ends; nothing for another."""
    code = _KINDS.get(name)
    if code is None:
        return []
    action = "Pulse" if name == "line" else "Start" if on else "Stop"
    return [_line(code, action, {"Id": [0], "RegionName": ["Region1"], **_times(now_us)})]


def passed(car: Passage, now_us: int) -> list[Block]:
    """Return a plate's event; ``eventManager`` sends no pictures."""
    certainty = round(car.likelihood * 255)
    plate = {"Confidence": certainty, "ObjectID": car.number, "ObjectType": "Plate", "Text": car.plate}
    seen = {
        "PlateNumber": car.plate,
        "PlateColor": "Green" if len(car.plate) == 8 else "Blue",
        "VehicleColor": "White",
        "DrivingDirection": [_WAYS.get(car.direction, "Unknown"), "", ""],
    }
    data = {"EventID": car.number, "Lane": car.lane, "Name": "TrafficTollGate0", "Object": plate, "TrafficCar": seen}
    return [_line("TrafficJunction", "Pulse", data | _times(now_us))]


def as_json(line: Block) -> Block:
    """Return what is pushed instead of a line."""
    first, _, data = line.body.partition(b";data=")
    words = dict(part.partition("=")[::2] for part in first.decode().split(";"))
    said = {"Action": words["action"], "Code": words["Code"], "Index": 0, "Data": json.loads(data)}
    return Block("application/json", json.dumps(said, ensure_ascii=False).encode())


def _line(code: str, action: str, data: dict[str, Any]) -> Block:
    text = json.dumps(data, indent=3, ensure_ascii=False)
    return Block("text/plain", f"Code={code};action={action};index=0;data={text}\n".encode())


def _times(now_us: int) -> dict[str, Any]:
    seconds = now_us // 1_000_000
    local = datetime.datetime.fromtimestamp(seconds, _ZONE)
    return {"LocaleTime": f"{local:%Y-%m-%d %H:%M:%S}", "RealUTC": seconds, "UTC": seconds + 8 * 3600}


WORDS = Words(
    path="/cgi-bin/eventManager.cgi",
    media="multipart/x-mixed-replace; boundary=myboundary",
    boundary="myboundary",
    heartbeat_s=60.0,
    heartbeat=heartbeat,
    alarm=alarm,
    passed=passed,
    attaches=True,
    pushed=as_json,
)
