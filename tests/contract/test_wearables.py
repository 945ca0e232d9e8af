"""A neighbourhood of wearables in the air, as an unmodified bleak hears it and connects to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from runtime.clock import SystemClock
from simulators.ble.bus import bus_installed
from simulators.ble.neighbourhood import Neighbourhood
from simulators.ble.wearables.bands import HeartRateBand
from simulators.ble.wearables.callers import FallBand, Pendant
from simulators.ble.wearables.crowd import Crowd
from simulators.ble.wearables.homes import HomeSensor
from simulators.ble.wearables.stations import Cuff, Station
from simulators.ble.wearables.wearable import Wearable

pytestmark = pytest.mark.skipif(not bus_installed(), reason="dbus-daemon is not installed")

PATIENCE_S = 60
EVERYBODY = 200
UUIDS = "0000{}-0000-1000-8000-00805f9b34fb"


class Heard:
    """What bleak's callback was given, by address."""

    def __init__(self) -> None:
        self.devices: dict[str, BLEDevice] = {}
        self.newest: dict[str, AdvertisementData] = {}
        self.calls: dict[str, list[bytes]] = {}

    def __call__(self, device: BLEDevice, said: AdvertisementData) -> None:
        self.devices[device.address], self.newest[device.address] = device, said
        if 0xFFFF in said.manufacturer_data:
            self.calls.setdefault(device.address, []).append(said.manufacturer_data[0xFFFF])


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Neighbourhood]:
    made = Neighbourhood(tmp_path / "ble", SystemClock(), version="5.82")
    await made.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", made.address)
    yield made
    await made.stop()


async def until(condition: object, *arguments: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(PATIENCE_S):
        while not condition(*arguments):
            await asyncio.sleep(0.05)


def one(crowd: Crowd, kind: type[Wearable]) -> Wearable:
    return next(each for each in crowd.wearables.values() if isinstance(each, kind))


async def test_two_hundred_wearables_are_heard_and_what_they_call_is_heard_once_each(place: Neighbourhood) -> None:
    crowd, heard = Crowd(EVERYBODY, 6, place.air, SystemClock()), Heard()
    running = asyncio.create_task(crowd.run())
    talkers = [each for each in crowd.wearables.values() if not isinstance(each, Station)]
    async with BleakScanner(heard, bluez={"filters": {"DuplicateData": True}}):
        await until(lambda: all(each.address in heard.devices for each in talkers))
        callers = [each for each in talkers if isinstance(each, Pendant)]
        for each in callers:
            each.calling_s = 2.0
            each.press()
        await until(lambda: not any(each.calling for each in callers))
        await until(lambda: all(heard.calls[each.address][-1][3] & 1 == 0 for each in callers))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for each in callers:
        pressed = dict.fromkeys(data[4] for data in heard.calls[each.address] if data[3] & 1)
        assert list(pressed) == [1], each.truth()
    assert all(len(heard.calls[each.address][0]) == 9 for each in callers)
    sensors = [each for each in talkers if isinstance(each, HomeSensor)]
    assert all(heard.newest[each.address].service_data for each in sensors)
    assert len(talkers) + sum(isinstance(each, Station) for each in crowd.wearables.values()) == EVERYBODY
    assert any(isinstance(each, FallBand) for each in callers)


async def test_a_band_streams_and_a_cuff_tells_what_it_measured(place: Neighbourhood) -> None:
    crowd, heard = Crowd(EVERYBODY, 6, place.air, SystemClock()), Heard()
    band, cuff = one(crowd, HeartRateBand), one(crowd, Cuff)
    assert isinstance(cuff, Cuff)
    rates: list[bytes] = []
    results: list[bytes] = []
    running = [asyncio.create_task(each.run()) for each in (band, cuff)]
    async with BleakScanner(heard, bluez={"filters": {"DuplicateData": True}}):
        await until(lambda: band.address in heard.devices)
        assert cuff.address not in heard.devices
        async with BleakClient(heard.devices[band.address]) as client:
            await client.start_notify(UUIDS.format("2a37"), lambda _, data: rates.append(bytes(data)))
            charge = await client.read_gatt_char(UUIDS.format("2a19"))
            await client.write_gatt_char(UUIDS.format("2a06"), b"\x02", response=False)
            cuff.measure(systolic=131, diastolic=84, pulse=70)
            await until(lambda: cuff.address in heard.devices and len(rates) > 1)
        gone = asyncio.Event()
        async with BleakClient(heard.devices[cuff.address], lambda _: gone.set()) as client:
            await client.start_notify(UUIDS.format("2a35"), lambda _, data: results.append(bytes(data)))
            await until(gone.is_set)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert charge == bytes([band.battery_pct])
    assert [told[0] for told in rates[:2]] == [6, 6]
    assert [alert["level"] for alert in band.truth()["commands"]] == ["02"]
    assert [told[1:7].hex() for told in results] == ["830054006400"]
    assert cuff.truth()["happened"][0]["told"]
