"""Products for tests: a pendant by a field map, a band by its format, a cuff that is visited, and others."""

from typing import Any

from config.address import Text
from config.bluetooth import Advert, Bluetooth, BluetoothEvent, BluetoothPoint, Characteristic, Field, Visit
from config.profile import Option, Profile
from config.settings import DeviceSettings
from config.transport import Transport
from drivers.ble.advertisement import Advertisement

SAY = Text(zh="说明", en="help")
MAC = Option(type="mac", required=True, help=SAY)
PENDANT_AT, BAND_AT, CUFF_AT = "C1:22:33:44:55:66", "D4:88:99:AA:BB:CC", "00:1B:DC:00:00:07"
COMPANY = 0x0A5E


def product(name: str, kind: str, bluetooth: Bluetooth, **options: Option) -> Profile:
    """Return a profile."""
    return Profile(
        id=name,
        kind=kind,
        product=Text(zh=name, en=name),
        manual=(),
        driver="ble",
        transport=Transport(buses=("ble",)),
        options=options or {"mac": MAC},
        bluetooth=bluetooth,
        silence="1h",
    )


PENDANT = product(
    "sos/pendant",
    "sos_button",
    Bluetooth(
        signal="rssi_dbm",
        adverts=(
            Advert(
                company=COMPANY,
                starts="5A01",
                fields={"presses": Field(at=2), "battery_pct": Field(at=3, invalid=(255,))},
                points=(BluetoothPoint(key="battery_pct", plausible=(0, 100)),),
                events=(BluetoothEvent(name="pressed", source="presses", edge="counts"),),
            ),
        ),
    ),
)
BAND = product(
    "band/miband",
    "wearable_band",
    Bluetooth(
        signal="rssi_dbm",
        adverts=(
            Advert(
                company=0x0157,
                starts="02",
                format="miband",
                points=(BluetoothPoint(key="heart_rate_bpm", source="heart_rate", plausible=(25, 230)),),
            ),
        ),
    ),
)
CUFF = product(
    "station/cuff",
    "health_station",
    Bluetooth(
        adverts=(Advert(uuid="1810"),),
        visit=Visit(
            when="seen",
            stay="20s",
            reads=(
                Characteristic(service="180f", characteristic="2a19", format="battery_level", optional=True),
                Characteristic(
                    service="1810",
                    characteristic="2a35",
                    how="notify",
                    format="blood_pressure",
                    points=(BluetoothPoint(key="systolic_mmhg"), BluetoothPoint(key="diastolic_mmhg")),
                ),
            ),
        ),
    ),
)
BUTTON = product(
    "sos/bthome",
    "sos_button",
    Bluetooth(
        adverts=(
            Advert(
                service="fcd2",
                format="bthome",
                points=(BluetoothPoint(key="battery_pct"),),
                events=(BluetoothEvent(name="pressed", source="button", when=("press",), number="packet_id"),),
            ),
        ),
    ),
    mac=MAC,
    bindkey=Option(type="secret", help=SAY),
)
BEACON = product(
    "sos/ibeacon",
    "sos_button",
    Bluetooth(
        identity={"uuid": "uuid", "major": "major", "minor": "minor"},
        adverts=(Advert(company=0x004C, starts="0215", format="ibeacon"),),
    ),
    uuid=Option(type="str", help=SAY),
    major=Option(type="int", help=SAY),
    minor=Option(type="int", help=SAY),
)
WATCH = product(
    "band/watch",
    "wearable_band",
    Bluetooth(adverts=(Advert(name="Watch-7", uuid="180d"),)),
    mac=Option(type="mac", help=SAY),
    irk=Option(type="secret", help=SAY),
)
PRODUCTS = (PENDANT, BAND, CUFF, BUTTON, BEACON, WATCH)


def device(profile: Profile, **options: Any) -> DeviceSettings:
    """Return a device of the file."""
    return DeviceSettings(id="one", name="One", bus="air", unit=0, profile=profile, options=options)


def pendant(presses: int, battery: int = 80, at: int = 1, **more: Any) -> Advertisement:
    """Return what the pendant sends."""
    data = bytes((0x5A, 0x01, presses, battery))
    known = {"address": PENDANT_AT, "rssi": -70, "receiver": "hci0", "address_type": "random"}
    return Advertisement(**{**known, "at": at, "companies": {COMPANY: data}, **more})
