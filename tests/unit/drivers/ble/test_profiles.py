"""Every shipped Bluetooth profile on a payload of its own: each point is read, each event is told, and told once."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from config.catalog import load_class, load_profile, profile_ids
from config.profile import Profile
from drivers.ble.advertisement import Advertisement
from drivers.ble.decode import DeviceDecoder
from drivers.ble.decoded import Meaning
from tests.unit.drivers.ble.payloads import CHARACTERISTICS, MOMENT
from tests.unit.drivers.shipped import device
from wire.reading import Quality, Value

PROFILES = [load_profile(name) for name in profile_ids() if load_profile(name).bluetooth is not None]
MAC = "A4:C1:38:8D:18:B2"
NO_VALUE = int(Quality.NO_VALUE)


class Told(NamedTuple):
    """One piece of data of a device and what must come of it."""

    values: Mapping[str, Value]
    events: tuple[tuple[str, str], ...] = ()
    company: int = -1
    service: str = ""
    characteristic: str = ""
    data: str = ""
    name: str = ""
    uuids: tuple[str, ...] = ()


def company(number: int, data: str, values: Mapping[str, Value], *events: tuple[str, str]) -> Told:
    """Return manufacturer data."""
    return Told(values, events, company=number, data=data)


def service(uuid: str, data: str, values: Mapping[str, Value], *events: tuple[str, str], name: str = "") -> Told:
    """Return service data."""
    return Told(values, events, service=uuid, data=data, name=name)


def read(uuid: str, data: str, values: Mapping[str, Value], *events: tuple[str, str]) -> Told:
    """Return a characteristic's value."""
    return Told(values, events, characteristic=uuid, data=data)


def shown(uuid: str) -> Told:
    """Return an advertisement that only shows a service."""
    return Told({}, uuids=(uuid,))


def mi(product: str, counter: int, said: str) -> str:
    """Return a MiBeacon in clear of the device ``MAC``."""
    return f"5050{product}{counter:02x}b2188d38c1a4{said}"


BATTERY = read("2a19", "64", {"battery_pct": 100})
AT = "2012-12-05T11:50:27"
HEART_RATE = (
    shown("180d"),
    read("2a37", "0648", {"heart_rate_bpm": 72, "on_wrist": True}),
    read("2a37", "0448", {"heart_rate_bpm": None, "on_wrist": False}),
    read("2a37", "0048", {"heart_rate_bpm": 72}),
    BATTERY,
)
FULL: Mapping[str, tuple[Told, ...]] = {
    "band/heart-rate": HEART_RATE,
    "band/heart-rate-stream": HEART_RATE,
    "band/miband-adv": (
        company(0x0157, CHARACTERISTICS["miband"][0], {"heart_rate_bpm": 84}),
        company(0x0157, "020affff" + "ff" * 13 + "03c5093f890b4b", {"heart_rate_bpm": None}),
        service("fee0", "92100000", {"steps": 4242}),
    ),
    "band/pulse-oximeter": (
        shown("1822"),
        read("2a5f", "0861004800000000", {"spo2_pct": 97, "heart_rate_bpm": 72, "on_wrist": True}),
        read("2a5f", "0861004800000800", {"spo2_pct": None, "heart_rate_bpm": None, "on_wrist": False}),
        read("2a5f", "00d5f34800", {"spo2_pct": 98, "heart_rate_bpm": 72}),
        BATTERY,
    ),
    "band/thermometer": (shown("1809"), read("2a1c", "006c0100ff", {"skin_temp_c": 36.4}), BATTERY),
    "band/beacon-ibeacon": (company(0x004C, CHARACTERISTICS["ibeacon"][0], {}),),
    "band/beacon-altbeacon": (
        company(0x0118, CHARACTERISTICS["altbeacon"][0], {}),
        company(0xFFFF, CHARACTERISTICS["altbeacon"][0], {}),
    ),
    "band/beacon-eddystone": (
        service("feaa", CHARACTERISTICS["eddystone_uid"][0], {}),
        service("feaa", CHARACTERISTICS["eddystone_tlm"][0], {"battery_mv": 2840}),
    ),
    "band/pendant-with-fall": (
        company(0xFFFF, "4c4c02080764486400",
                {"battery_pct": 100, "on_wrist": True, "heart_rate_bpm": 72, "steps": 100}),
        company(0xFFFF, "4c4c02090864486400",
                {"battery_pct": 100, "on_wrist": True, "heart_rate_bpm": 72, "steps": 100}, ("sos_pressed", "8")),
        company(0xFFFF, "4c4c020a0964486400",
                {"battery_pct": 100, "on_wrist": True, "heart_rate_bpm": 72, "steps": 100}, ("fall_detected", "9")),
        company(0xFFFF, "4c4c02000964ff6400",
                {"battery_pct": 100, "on_wrist": False, "heart_rate_bpm": None, "steps": 100}),
    ),
    "sos/ble-field-map": (
        company(0xFFFF, "4c4c01000764", {"battery_pct": 100}),
        company(0xFFFF, "4c4c01010864", {"battery_pct": 100}, ("pressed", "8")),
        company(0xFFFF, "4c4c01020964", {"battery_pct": 100}, ("fall_detected", "9")),
        company(0xFFFF, "4c4c01040aff", {"battery_pct": None}, ("test_pressed", "10")),
    ),
    "sos/bluup-safex": (
        service("8800", "41", {}, name="BlueUp-10-000001"),
        service("8800", "c1", {}, ("pressed", ""), name="BlueUp-10-000001"),
        service("180f", "5f", {"battery_pct": 95}),
    ),
    "sos/holyiot": (
        service("5242", "4164c6b545f6f18e0606053300", {"battery_pct": 100}),
        service("5242", "4164c6b545f6f18e0606060100", {"battery_pct": 100}, ("pressed", "")),
    ),
    "sos/bthome-button": (
        service("fcd2", "44000101643a01", {"battery_pct": 100}, ("pressed", "1")),
        service("fcd2", "44000201643a00", {"battery_pct": 100}),
        service("fcd2", "44000301633a04", {"battery_pct": 99}, ("pressed", "3")),
    ),
    "sos/mibeacon-button": (
        service("fe95", mi("9709", 7, "011003000000"), {}, ("pressed", "7")),
        service("fe95", mi("6915", 8, "011003000000"), {}, ("pressed", "8")),
        service("fe95", mi("6915", 9, "011003010000"), {}, ("pressed", "9")),
        service("fe95", mi("fd0d", 10, "011003010000"), {}, ("pressed", "10")),
        service("fe95", mi("aa01", 11, "0a100164"), {"battery_pct": 100}),
    ),
    "health/blood-pressure": (
        shown("1810"),
        read("2a35", f"1e780050005d00{MOMENT}4800010400",
             {"systolic_mmhg": 120, "diastolic_mmhg": 80, "mean_mmhg": 93, "heart_rate_bpm": 72,
              "irregular_pulse": True}, ("measured", AT)),
        read("2a35", "10780050005d000200",
             {"systolic_mmhg": None, "diastolic_mmhg": None, "mean_mmhg": None, "irregular_pulse": False},
             ("measured", "")),
        BATTERY,
    ),
    "health/thermometer": (
        shown("1809"),
        read("2a1c", CHARACTERISTICS["temperature"][0], {"body_temp_c": 37.6}, ("measured", AT)),
        BATTERY,
    ),
    "health/pulse-oximeter": (
        shown("1822"),
        read("2a5e", f"0161004800{MOMENT}", {"spo2_pct": 97, "heart_rate_bpm": 72}, ("measured", AT)),
        read("2a5f", "04610048000080", {"spo2_pct": None, "heart_rate_bpm": None}),
        BATTERY,
    ),
    "health/weight-scale": (
        shown("181d"),
        read("2a9d", CHARACTERISTICS["weight"][0], {"weight_kg": 55.5}, ("measured", AT)),
        BATTERY,
    ),
    "health/mi-scale": (
        service("181d", "021400e507040b101708", {"weight_kg": None}),
        service("181d", "229e43e507040b101301", {"weight_kg": 86.55}, ("measured", "")),
        service("181d", "231027e507040b101301", {"weight_kg": 45.359}),
        service("181d", "321027e507040b101301", {"weight_kg": 50.0}),
        service("181b", "0226b20705040f0201ac018642", {"weight_kg": 85.15}, ("measured", "")),
        service("181b", "0326b20705040f0201ac011027", {"weight_kg": 45.359}),
        service("181b", "03a6b20705040f0201ac011027", {"weight_kg": None}),
    ),
    "home/bthome-door": (
        service("fcd2", "4001642d00", {"battery_pct": 100, "front_door": "closed"}),
        service("fcd2", "401a01", {"front_door": "open"}),
        service("fcd2", "401101", {"front_door": "open"}),
    ),
    "home/bthome-motion": (
        service("fcd2", "4001642101", {"battery_pct": 100, "motion": True}),
        service("fcd2", "402300", {"motion": False}),
    ),
    "home/mibeacon-motion": (
        service("fe95", mi("8d0a", 7, "0f0003640000"), {"motion": True}),
        service("fe95", mi("aa01", 8, "0a100164"), {"battery_pct": 100}),
    ),
    "env/bthome": (
        service("fcd2", "4002ca0903bf130d0c00", {"temperature_c": 25.06, "humidity_pct": 50.55, "pm25_ugm3": 12}),
    ),
    "env/mibeacon": (
        service("fe95", mi("aa01", 7, "0d1004fe004802"), {"temperature_c": 25.4, "humidity_pct": 58.4}),
    ),
}  # fmt: skip


def each() -> pytest.MarkDecorator:
    """Run a test for every shipped Bluetooth profile."""
    return pytest.mark.parametrize("profile", PROFILES, ids=[profile.id for profile in PROFILES])


def meant(decoder: DeviceDecoder, profile: Profile, told: Told, at: int) -> Meaning:
    """Return what the decoder makes of it."""
    assert profile.bluetooth is not None
    data = bytes.fromhex(told.data)
    if told.characteristic:
        assert profile.bluetooth.visit is not None
        which = next(one for one in profile.bluetooth.visit.reads if one.characteristic == told.characteristic)
        return decoder.characteristic(which, data)
    companies = {told.company: data} if told.company >= 0 else {}
    services = {told.service: data} if told.service else {}
    heard = Advertisement(MAC, at * 1_000_000, None, told.name, companies, services, uuids=told.uuids, receiver="hci0")
    found = decoder.advertisement(heard)
    assert found is not None, f"{profile.id} does not know {told}"
    again = decoder.advertisement(heard._replace(at=heard.at + 500_000, receiver="hci1"))
    assert again is not None
    assert (again.values, again.occurrences) == ({}, ()), "a second receiver made it happen again"
    return found


@each()
def test_each_point_is_read_and_each_event_is_told_once(profile: Profile) -> None:
    decoder, points, events = DeviceDecoder(device(profile)), set(), set()
    for number, told in enumerate(FULL[profile.id]):
        found = meant(decoder, profile, told, number * 100)
        assert {key: value for key, (value, _) in found.values.items()} == told.values
        assert all(quality == (NO_VALUE if value is None else 0) for value, quality in found.values.values())
        assert tuple((one.name, one.number) for one in found.occurrences) == told.events
        points |= {key for key, (value, _) in found.values.items() if value is not None}
        events |= {one.name for one in found.occurrences}
    assert profile.bluetooth is not None
    assert points | ({profile.bluetooth.signal} if profile.bluetooth.signal else set()) == set(profile.keys())
    assert events == set(profile.events())
    assert decoder.garbled == 0


@each()
def test_what_is_read_is_what_the_class_can_hold(profile: Profile) -> None:
    kind = load_class(profile.kind)
    decoder = DeviceDecoder(device(profile))
    kinds: dict[str, Any] = {"bool": bool, "int": int, "counter": int, "float": int | float, "enum": str, "string": str}
    for number, told in enumerate(FULL[profile.id]):
        found = meant(decoder, profile, told, number * 100)
        for key, (value, _) in found.values.items():
            known = kind.point(key)
            assert known is not None
            assert value is None or isinstance(value, kinds[known.kind]), key
            assert value is None or known.kind == "bool" or not isinstance(value, bool), key
            assert known.range is None or value is None or known.range[0] <= float(value) <= known.range[1], key
        for one in found.occurrences:
            event = kind.event(one.name)
            assert event is not None
            assert set(one.fields) <= set(event.fields)


@each()
def test_its_plausible_spans_lie_within_the_class(profile: Profile) -> None:
    assert profile.bluetooth is not None
    for point in profile.bluetooth.points():
        known = load_class(profile.kind).point(point.key)
        if point.plausible is not None and known is not None and known.range is not None:
            assert known.range[0] <= point.plausible[0] < point.plausible[1] <= known.range[1], point.key


def test_a_device_is_known_by_what_it_sends() -> None:
    decoder = DeviceDecoder(device(load_profile("band/beacon-ibeacon")))
    data = bytes.fromhex(CHARACTERISTICS["ibeacon"][0])
    said = decoder.identity(Advertisement(MAC, 0, companies={0x004C: data}))
    assert said == {"uuid": "41424344-4546-4748-4940-414243444546", "major": 1, "minor": 2}
    assert decoder.identity(Advertisement(MAC, 0, companies={0x004C: data[:-1]})) is None
    assert decoder.identity(Advertisement(MAC, 0)) is None
    assert DeviceDecoder(device(load_profile("sos/holyiot"))).identity(Advertisement(MAC, 0)) is None
    band = DeviceDecoder(device(load_profile("band/miband-adv")))
    heard = Advertisement(MAC, 0, companies={0x0157: bytes.fromhex(CHARACTERISTICS["miband"][0])})
    assert band.identity(heard) == {"address": "C5:09:3F:89:0B:4B"}


def test_a_press_says_of_which_kind_it_was() -> None:
    decoder = DeviceDecoder(device(load_profile("sos/bthome-button")))
    heard = Advertisement(MAC, 0, services={"fcd2": bytes.fromhex("4400013a04")})
    found = decoder.advertisement(heard)
    assert found is not None
    assert [dict(one.fields) for one in found.occurrences] == [{"kind": "long"}]


def test_every_profile_has_its_payloads() -> None:
    assert {profile.id for profile in PROFILES} == set(FULL)
