"""Every payload of tests/vectors/ble.json, decoded exactly: the fields, their values and their units."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from config.bluetooth import Field
from drivers.api import CorruptAnswer
from drivers.ble.advertisement import Advertisement
from drivers.ble.decoded import Fields
from drivers.ble.formats.ieee11073 import float32, sfloat
from drivers.ble.formats.registry import decode, stateful
from tests.fakes.elements import advertisement, hci_report
from tests.unit.drivers.ble.layouts import LAYOUTS, Layout

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "ble.json").read_text("utf-8"))["vectors"]
GATT = {
    "2a37": "heart_rate", "2a38": "body_sensor_location", "2a1c": "temperature", "2a1e": "temperature",
    "2a35": "blood_pressure", "2a5e": "pulse_oximeter_spot", "2a5f": "pulse_oximeter", "2a9d": "weight",
    "2a19": "battery_level",
}  # fmt: skip
NAMES = {
    "2a1c": {"temperature": "temperature_c", "timestamp": "measured_at", "type": "site"},
    "2a35": {"systolic": "systolic_mmhg", "diastolic": "diastolic_mmhg", "mean": "mean_mmhg", "pulse": "pulse_bpm",
             "timestamp": "measured_at"},
    "2a5f": {"spo2": "spo2_pct", "pulse": "pulse_bpm"},
    "iBeacon": {"tx_power": "measured_power_dbm"},
    "AltBeacon": {"tx_power": "measured_power_dbm"},
    "Eddystone TLM": {"temperature": "temperature_c"},
    "BTHome v2": {"battery": "battery_pct", "humidity": "humidity_pct", "temperature": "temperature_c",
                  "acceleration": "acceleration_m_s2", "humidity_1": "humidity_pct_1", "humidity_2": "humidity_pct_2",
                  "temperature_1": "temperature_c_1", "temperature_2": "temperature_c_2",
                  "temperature_3": "temperature_c_3"},
    "MiBeacon": {"mass": "mass_kg", "mass_non_stabilized": "mass_non_stabilized_kg", "battery": "battery_pct",
                 "impedance_high": "impedance_high_ohm"},
}  # fmt: skip
"""The sources' names of fields, where they are not ours."""


def which(*kinds: str) -> pytest.MarkDecorator:
    """Run a test for every vector of these kinds."""
    chosen = [vector for vector in VECTORS if vector["kind"] in kinds]
    return pytest.mark.parametrize("vector", chosen, ids=[vector["id"] for vector in chosen])


def holds(found: Fields, expected: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Assert that each expected value is there under our name; what has none at the source must not be there."""
    for name, value in expected.items():
        ours = names.get(name, name)
        if value is None:
            assert found.get(ours) is None, ours
        else:
            assert found[ours] == value, ours
            assert isinstance(found[ours], bool) == isinstance(value, bool)


def test_the_vectors_are_all_of_a_kind_that_is_tested() -> None:
    assert {vector["kind"] for vector in VECTORS} == {"gatt", "primitive", "advert-ad", "service-data", "hci-event"}


@which("primitive")
def test_a_number(vector: dict[str, Any]) -> None:
    read: Callable[[int], float | None] = sfloat if vector["format"] == "SFLOAT" else float32
    value = vector["expected"]["value"]
    expected = None if isinstance(value, str) else value
    assert read(int.from_bytes(bytes.fromhex(vector["hex"]), "little")) == expected


@which("gatt")
def test_a_characteristic(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["hex"]), vector["expected"]
    if expected is None:
        with pytest.raises(CorruptAnswer):
            decode(GATT[vector["uuid"]], data, {})
        return
    found, wanted = dict(decode(GATT[vector["uuid"]], data, {})), dict(expected)
    if "rr_1024" in wanted:
        intervals = wanted.pop("rr_1024")
        assert found.get("rr_ms") == (intervals[-1] * 1000 / 1024 if intervals else None)
    if "unit" in wanted:  # ours says its unit in its name
        assert wanted.pop("unit") in ("C", "mmHg")
    wanted.pop("user", None)
    assert wanted.pop("status", None) is None
    holds(found, wanted, NAMES.get(vector["uuid"], {}))


@which("advert-ad")
def test_a_beacon(vector: dict[str, Any]) -> None:
    heard = advertisement(bytes.fromhex(vector["hex"]), address="AA:BB:CC:DD:EE:FF")
    (data,) = heard.services.values() or heard.companies.values()
    wanted = dict(vector["expected"])
    if "mfg" in wanted:
        assert list(heard.companies) == [wanted.pop("mfg")]
    raw = wanted.pop("uptime_raw", None)
    found = decode(vector["format"].lower().replace(" ", "_"), data, {})
    assert raw is None or raw / 10 == found["uptime_s"]
    holds(found, wanted, NAMES[vector["format"]])


@which("service-data")
def test_service_data(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    format_ = "bthome" if vector["format"] == "BTHome v2" else "mibeacon"
    reader = stateful(format_, vector["bindkey"])
    assert reader is not None
    service = vector["service_uuid"]
    found = dict(reader.decode(Advertisement(vector["address"], 0, services={service: data})))
    wanted = {
        name.removeprefix("event:"): value["type"] if name.startswith("event:") else value
        for name, value in vector["expected"].items()
    }
    if "asleep" in wanted:
        wanted["asleep"] = bool(wanted["asleep"])
    holds(found, wanted, NAMES[vector["format"]])


@which("hci-event")
def test_what_a_sniffer_recorded(vector: dict[str, Any]) -> None:
    heard = hci_report(bytes.fromhex(vector["hex"]))
    layouts = LAYOUTS[vector["format"].removeprefix("HCI advert ")]
    if vector["expected"] is None:
        assert [layout for layout in layouts if read(layout, heard)] == []
        return
    wanted = dict(vector["expected"])
    assert heard.address.replace(":", "") == wanted.pop("mac")
    assert heard.rssi == wanted.pop("rssi")
    assert heard.name == wanted.pop("local_name")
    for label in ("type", "firmware", "manufacturer", "weight unit"):
        wanted.pop(label, None)  # what their program calls the product; our units are in our names
    found: dict[str, Any] = {}
    for layout in layouts:
        part = read(layout, heard)
        found |= {layout.names.get(name, name): value for name, value in part.items()}
    for name, value in wanted.items():
        made = next((layout.made[name] for layout in layouts if name in layout.made), None)
        assert (found[name] if made is None else made(found)) == value, name


def read(layout: Layout, heard: Advertisement) -> dict[str, Any]:
    """Return the fields that one layout finds, none where the advertisement is no such one."""
    data = heard.companies.get(layout.company) if layout.company >= 0 else heard.services.get(layout.service)
    if data is None or not data.startswith(bytes.fromhex(layout.starts)) or len(data) not in layout.sizes:
        return {}
    try:
        return dict(decode(layout.format, data, layout.fields))
    except CorruptAnswer:
        return {}


def test_a_field_is_what_it_says() -> None:
    layout = {"value": Field(at=0, type="u16", order="big", scale=0.1)}
    assert decode("fields", b"\x01\x02", layout) == {"value": 25.8}
