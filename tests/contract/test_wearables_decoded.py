"""Two readings of the same layouts: what pretend wearables send, shipped profiles decode to what befell the wearer."""

import dataclasses
from collections.abc import Callable

import pytest

from config.catalog import load_profile
from config.hidden import Secret
from drivers.api.errors import CorruptAnswer
from drivers.ble.advertisement import Advertisement
from drivers.ble.decode import DeviceDecoder
from drivers.ble.decoded import Meaning
from simulators.ble.air import Broadcast
from simulators.ble.wearables.kinds import KINDS
from simulators.ble.wearables.stations import Station
from simulators.ble.wearables.wearable import Wearable
from tests.fakes.ether import Line, Scene
from tests.unit.drivers.shipped import device
from wire.reading import Value

KEY = bytes(range(16))
DEEDS = {
    "sos-pendant": ("sos/ble-field-map", ["press", "test", "press"], ["pressed:1", "test_pressed:2", "pressed:3"]),
    "fall-band": ("band/pendant-with-fall", ["fall", "press", "take_off"], ["fall_detected:1", "sos_pressed:2"]),
    "bthome-button": ("sos/bthome-button", ["press", "press"], ["pressed", "pressed"]),
    "bthome-door": ("home/bthome-door", ["open", "close", "open"], []),
    "bthome-motion": ("home/bthome-motion", ["move"], []),
    "bthome-thermometer": ("env/bthome", [], []),
    "mibeacon-motion": ("home/mibeacon-motion", ["move"], []),
    "mi-band": ("band/miband-adv", ["exercise"], []),
    "ibeacon": ("band/beacon-ibeacon", [], []),
    "altbeacon": ("band/beacon-altbeacon", [], []),
    "eddystone-tlm": ("band/beacon-eddystone", [], []),
}
MUST: dict[str, dict[str, Value]] = {
    "fall-band": {"on_wrist": False, "heart_rate_bpm": None},
    "bthome-door": {"front_door": "open"},
    "bthome-motion": {"motion": True},
    "mibeacon-motion": {"motion": True},
}


async def heard(made: Wearable, scene: Scene, deeds: list[str]) -> list[Broadcast]:
    async with scene.running(made):
        for deed in deeds:
            getattr(made, deed)()
            await scene.clock.advance(3)
        await scene.clock.advance(2)
    return scene.ear.got


@pytest.mark.parametrize(
    ("model", "sealed"),
    [(model, False) for model in sorted(DEEDS) if not model.startswith("mibeacon")]
    + [(model, True) for model in sorted(DEEDS) if model.startswith(("bthome", "mibeacon"))],
)
async def test_what_is_advertised_is_decoded_to_what_happened(model: str, sealed: bool) -> None:
    profile, deeds, events = DEEDS[model]
    scene = Scene()
    made = KINDS[model](scene.body(3, key=KEY if sealed else b""))
    settings = device(load_profile(profile), {"mac": made.address})
    if sealed:
        settings = dataclasses.replace(settings, secrets={"bindkey": Secret(KEY.hex())})
    decoder = DeviceDecoder(settings)
    values: dict[str, Value] = {}
    told: list[str] = []
    for number, one in enumerate(await heard(made, scene, deeds)):
        meaning = decoder.advertisement(_as_received(one, number))
        if meaning is not None:
            values |= {key: value for key, (value, _) in meaning.values.items()}
            told += [_named(each.name, each.number, events) for each in meaning.occurrences]
    assert told == events
    assert decoder.garbled == 0
    assert values.items() >= MUST.get(model, {}).items()
    if "battery_pct" in values:
        assert values["battery_pct"] == made.battery_pct


@pytest.mark.parametrize(
    ("model", "profile"),
    [
        ("blood-pressure-cuff", "health/blood-pressure"),
        ("thermometer", "health/thermometer"),
        ("pulse-oximeter", "health/pulse-oximeter"),
        ("weight-scale", "health/weight-scale"),
    ],
)
async def test_what_a_health_corner_tells_is_decoded_to_what_it_measured(model: str, profile: str) -> None:
    scene = Scene()
    made = KINDS[model](scene.body(3))
    assert isinstance(made, Station)
    result = made.measure()
    loaded = load_profile(profile)
    async with scene.running(made):
        line = Line(made)
        notifying: Callable[[bool], None] | None = made.services[0].characteristics[0].notifying
        assert notifying is not None
        notifying(True)
        await scene.clock.advance(2)
    assert loaded.bluetooth is not None
    assert loaded.bluetooth.visit is not None
    reads = {one.characteristic: one for one in loaded.bluetooth.visit.reads}
    (which, data), *_ = line.told
    meaning: Meaning = DeviceDecoder(device(loaded, {"mac": made.address})).characteristic(reads[which], data)
    decoded = {key: value for key, (value, quality) in meaning.values.items() if quality == 0}
    names = {
        "systolic": "systolic_mmhg",
        "diastolic": "diastolic_mmhg",
        "pulse": "heart_rate_bpm",
        "celsius": "body_temp_c",
        "spo2": "spo2_pct",
        "kg": "weight_kg",
    }
    assert {names[key]: value for key, value in result.items()}.items() <= decoded.items()
    assert [each.name for each in meaning.occurrences] == (["measured"] if which != "2a5f" else [])


async def test_spoilt_data_means_nothing() -> None:
    scene = Scene()
    made = KINDS["sos-pendant"](scene.body(3, every_s=0.05))
    decoder = DeviceDecoder(device(load_profile("sos/ble-field-map"), {"mac": made.address}))
    async with scene.running(made):
        scene.ear.got.clear()
        made.garble()
        made.press()  # type: ignore[attr-defined]
        await scene.clock.advance(10)
    for number, one in enumerate(scene.ear.got):
        try:
            meaning = decoder.advertisement(_as_received(one, number))
        except CorruptAnswer:
            continue
        assert meaning is None or not meaning.values


def _as_received(one: Broadcast, number: int) -> Advertisement:
    return Advertisement(one.address, number, one.rssi, one.name or "", one.companies, one.services, one.uuids)


def _named(name: str, number: str, events: list[str]) -> str:
    return f"{name}:{number}" if any(":" in event for event in events) else name
