"""What a Hikvision camera says in its own words (ISAPI): alerts in XML, a plate with two pictures, a sign of life."""

import datetime
from xml.sax.saxutils import escape

from simulators.onvif.blocks import JPEG, Block
from simulators.onvif.events import Passage
from simulators.onvif.picture import jpeg
from simulators.onvif.words import Words

_XML = 'application/xml; charset="UTF-8"'
_NAMESPACE = "http://www.hikvision.com/ver20/XMLSchema"
_KINDS = {"motion": "VMD", "line": "linedetection", "tamper": "shelteralarm", "input": "IO"}
_ZONE = datetime.timezone(datetime.timedelta(hours=8))


def heartbeat(now_us: int) -> Block:
    """Return the sign of life: that no video is lost."""
    return _alert("videoloss", False, now_us, count=0)


def alarm(name: str, on: bool, now_us: int) -> list[Block]:
    """Return that an alarm (``motion``, ``line``, ``tamper``, ``input``) begins or ends; nothing for another."""
    kind = _KINDS.get(name)
    inner = "<inputIOPortID>1</inputIOPortID>" if name == "input" else ""
    return [] if kind is None else [_alert(kind, on, now_us, inner)]


def passed(car: Passage, now_us: int) -> list[Block]:
    """Return a plate's event, the cut-out of the plate and the whole picture."""
    pictures = "".join(
        f"<pictureInfo><fileName>{kind}.jpg</fileName><type>{kind}</type><dataType>0</dataType></pictureInfo>"
        for kind in ("licensePlatePicture", "detectionPicture")
    )
    colour = "green" if len(car.plate) == 8 else "blue"
    inner = (
        f"<ANPR><country>86</country><licensePlate>{escape(car.plate)}</licensePlate><line>{car.lane}</line>"
        f"<direction>{car.direction}</direction><confidenceLevel>{round(car.likelihood * 100)}</confidenceLevel>"
        f"<plateType>92TypeCivil</plateType><plateColor>{colour}</plateColor><vehicleType>vehicle</vehicleType>"
        f"<vehicleInfo><index>{car.number}</index><color>white</color></vehicleInfo>"
        f"<pictureInfoList>{pictures}</pictureInfoList></ANPR>"
        f"<UUID>{car.number:032d}</UUID><picNum>2</picNum>"
    )
    event = _alert("ANPR", True, now_us, inner, name="anpr.xml")
    moment = now_us // 1_000_000
    return [
        event,
        Block(JPEG, jpeg("blurred", moment), "licensePlatePicture.jpg"),
        Block(JPEG, jpeg("normal", moment), "detectionPicture.jpg"),
    ]


def _alert(kind: str, on: bool, now_us: int, inner: str = "", *, count: int = 1, name: str = "") -> Block:
    when = datetime.datetime.fromtimestamp(now_us // 1_000_000, _ZONE).isoformat()
    text = (
        f'<EventNotificationAlert version="2.0" xmlns="{_NAMESPACE}">\n'
        "<ipAddress>192.0.2.64</ipAddress>\n<portNo>80</portNo>\n<protocol>HTTP</protocol>\n"
        f"<macAddress>02:00:00:00:00:64</macAddress>\n<channelID>1</channelID>\n<dateTime>{when}</dateTime>\n"
        f"<activePostCount>{count}</activePostCount>\n<eventType>{kind}</eventType>\n"
        f"<eventState>{'active' if on else 'inactive'}</eventState>\n"
        f"<eventDescription>{kind} alarm</eventDescription>\n"
        f"{inner}</EventNotificationAlert>\n"
    )
    return Block(_XML, text.encode(), name)


WORDS = Words(
    path="/ISAPI/Event/notification/alertStream",
    media="multipart/mixed; boundary=boundary",
    boundary="boundary",
    heartbeat_s=10.0,
    heartbeat=heartbeat,
    alarm=alarm,
    passed=passed,
    recognition="/ISAPI/Traffic/MNPR/channels/1",
)
