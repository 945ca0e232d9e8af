"""The emulated BlueZ through unmodified bleak: what a scan hears, under the manners of both versions."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
from bleak import BleakScanner
from bleak.assigned_numbers import AdvertisementDataType
from bleak.backends.bluezdbus.manager import get_global_bluez_manager
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakDBusError, BleakError

from simulators.ble.air import Broadcast, Reach
from simulators.ble.bluez.faults import Faults
from tests.fakes.bluez import FakeBluez, fake_bluez, until

EVERYTHING = {"DuplicateData": True}
BAND = Broadcast(
    "D4:CA:6E:00:00:01",
    rssi=-61,
    name="Band 7",
    companies={0x0157: bytes.fromhex("02ffff4800")},
    services={"fee0": b"\x01\x02", "0000fff1-aaaa-bbbb-cccc-1234567890ab": b"\x03"},
    uuids=("180d", "fee0"),
    tx_power=4,
    address_type="random",
)
MARK = "00:00:00:00:00:FF"


@pytest.fixture
async def bluez(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeBluez]:
    async with fake_bluez(monkeypatch) as made:
        yield made


class Ears:
    """A scanner of bleak's, and all that it was told."""

    def __init__(self, bluez: FakeBluez, adapter: str = "hci0", filters: Mapping[str, object] | None = None) -> None:
        self.told: list[tuple[BLEDevice, AdvertisementData]] = []
        self._bluez = bluez
        self._marks = 0
        self.scanner = BleakScanner(
            lambda device, heard: self.told.append((device, heard)),
            bluez={"adapter": adapter, "filters": filters or {}},  # type: ignore[typeddict-item]
        )

    def of(self, address: str) -> list[AdvertisementData]:
        return [heard for device, heard in self.told if device.address == address]

    async def settle(self) -> None:
        """Wait until all that was sent before has arrived: signals come in their order."""
        self._marks += 1
        mark = Broadcast(MARK, companies={0xFFFF: self._marks.to_bytes(4, "big")})
        listens = self._bluez.hci0.faults.listens_s
        self._bluez.hci0.faults.listens_s = 1e9  # a mark is heard in a blind gap too
        self._bluez.air.transmit(mark)
        self._bluez.hci0.faults.listens_s = listens
        await until(
            lambda: any(h.manufacturer_data.get(0xFFFF) == mark.companies[0xFFFF] for h in reversed(self.of(MARK)))
        )


async def test_everything_that_is_sent_is_heard_with_all_its_elements(bluez: FakeBluez) -> None:
    ears = Ears(bluez, filters=EVERYTHING)
    async with ears.scanner:
        for _ in range(3):
            bluez.air.transmit(BAND)
        await ears.settle()
    heard = ears.of(BAND.address)
    assert len(heard) == 3
    assert heard[2].local_name == "Band 7"
    assert heard[2].manufacturer_data == BAND.companies
    assert heard[2].service_data == {
        "0000fee0-0000-1000-8000-00805f9b34fb": b"\x01\x02",
        "0000fff1-aaaa-bbbb-cccc-1234567890ab": b"\x03",
    }
    assert heard[2].service_uuids[0] == "0000180d-0000-1000-8000-00805f9b34fb"
    assert (heard[2].rssi, heard[2].tx_power) == (-61, 4)
    assert heard[2].platform_data[1]["AddressType"] == "random"


async def test_a_device_without_a_name_has_none(bluez: FakeBluez) -> None:
    ears = Ears(bluez)
    async with ears.scanner:
        bluez.air.transmit(Broadcast("00:11:22:33:44:55"))
        await ears.settle()
    assert [device.name for device, _ in ears.told if device.address == "00:11:22:33:44:55"] == [None]


async def test_what_was_sent_once_stays_beside_what_is_sent_now(bluez: FakeBluez) -> None:
    ears = Ears(bluez, filters=EVERYTHING)
    async with ears.scanner:
        for companies in ({1: b"a"}, {2: b"b"}, {1: b"c"}):
            bluez.air.transmit(Broadcast(BAND.address, companies=companies))
        await ears.settle()
    assert [heard.manufacturer_data for heard in ears.of(BAND.address)] == [
        {1: b"a"},
        {1: b"a", 2: b"b"},
        {1: b"c", 2: b"b"},
    ]


@pytest.mark.parametrize(("version", "filters", "told"), [("5.66", {}, 42), ("5.82", {}, 1), ("5.82", EVERYTHING, 42)])
async def test_how_often_a_constant_advertisement_is_told_in_42_seconds(
    bluez: FakeBluez, version: str, filters: dict[str, object], told: int
) -> None:
    bluez.hci0.faults.version = version  # type: ignore[assignment]
    ears = Ears(bluez, filters=filters)
    async with ears.scanner:
        for _ in range(42):
            bluez.air.transmit(BAND)
            await bluez.clock.advance(1)
        await ears.settle()
    assert len(ears.of(BAND.address)) == told


@pytest.mark.parametrize(
    ("version", "filters", "gap"), [("5.66", {}, False), ("5.82", {}, True), ("5.82", EVERYTHING, False)]
)
async def test_blind_gaps_swallow_even_what_is_new(
    bluez: FakeBluez, version: str, filters: dict[str, object], gap: bool
) -> None:
    bluez.hci0.faults.version = version  # type: ignore[assignment]
    ears = Ears(bluez, filters=filters)
    async with ears.scanner:
        for second in range(31):
            bluez.air.transmit(Broadcast(BAND.address, companies={1: bytes([second])}))
            await bluez.clock.advance(1)
        await ears.settle()
    seconds = [heard.manufacturer_data[1][0] for heard in ears.of(BAND.address)]
    blind = {10, 11, 12, 13, 14, 15, 26, 27, 28, 29, 30} if gap else set()
    assert seconds == [second for second in range(31) if second not in blind]


@pytest.mark.parametrize(
    ("filters", "heard"),
    [({"UUIDs": ["180d"]}, {BAND.address}), ({"RSSI": -70}, {BAND.address}), ({"Pattern": "Ba"}, {BAND.address})],
)
async def test_a_filter_is_obeyed(bluez: FakeBluez, filters: dict[str, object], heard: set[str]) -> None:
    ears = Ears(bluez, filters=filters)
    async with ears.scanner:
        bluez.air.transmit(Broadcast("00:11:22:33:44:55", rssi=-71, name="Cuff", uuids=("1810",)))
        bluez.air.transmit(BAND)
        await until(lambda: ears.told)
        assert {device.address for device, _ in ears.told} == heard


async def test_a_second_scan_of_one_program_is_in_progress_and_spoils_the_first(bluez: FakeBluez) -> None:
    bluez.hci0.faults.version = "5.82"
    ears = Ears(bluez, filters=EVERYTHING)
    async with ears.scanner:
        with pytest.raises(BleakDBusError, match="InProgress"):
            await Ears(bluez).scanner.start()
        for _ in range(5):
            bluez.air.transmit(BAND)
        await ears.settle()
    assert len(ears.of(BAND.address)) == 1  # the refused scan's filter took the place of the first one's


async def test_a_device_that_is_heard_no_more_is_gone_after_30_seconds(bluez: FakeBluez) -> None:
    bluez.hci0.faults.expiry_s = Faults().expiry_s
    ears = Ears(bluez)
    async with ears.scanner:
        bluez.air.transmit(BAND)
        await until(lambda: ears.told)
    manager = await get_global_bluez_manager()
    path = ears.told[0][0].details["path"]
    await bluez.clock.advance(29)
    assert bluez.hci0.devices
    await bluez.clock.advance(3)
    await until(lambda: path not in manager._properties)


async def test_two_adapters_hear_the_same_band_differently(bluez: FakeBluez) -> None:
    bluez.stack.add_adapter("hci1", reach=Reach(attenuation_db=20))
    bluez.stack.add_adapter("hci2", reach=Reach(loss=1.0))
    near, far, deaf = (Ears(bluez, name, EVERYTHING) for name in ("hci0", "hci1", "hci2"))
    manager = await get_global_bluez_manager()
    await until(lambda: len(manager._adapters) == 3)
    async with near.scanner, far.scanner, deaf.scanner:
        bluez.air.transmit(BAND)
        await until(lambda: near.told and far.told)
    assert [near.told[0][1].rssi, far.told[0][1].rssi, len(deaf.told)] == [-61, -81, 0]


async def test_a_passive_scan_hears_what_matches_without_the_name(bluez: FakeBluez) -> None:
    hci1 = bluez.stack.add_adapter("hci1", faults=Faults(monitors=True))
    told: list[AdvertisementData] = []
    pattern = (0, AdvertisementDataType.MANUFACTURER_SPECIFIC_DATA, b"\x57\x01")
    scanner = BleakScanner(
        lambda _, heard: told.append(heard),
        scanning_mode="passive",
        bluez={"adapter": "hci1", "or_patterns": [pattern]},
    )
    manager = await get_global_bluez_manager()
    await until(lambda: len(manager._adapters) == 2)
    async with scanner:
        await until(lambda: hci1.scanning)
        bluez.air.transmit(Broadcast("00:11:22:33:44:55", companies={7: b"x"}))
        bluez.air.transmit(BAND)
        await until(lambda: told)
    await until(lambda: not hci1.scanning)
    assert [(heard.local_name, heard.manufacturer_data) for heard in told] == [(None, BAND.companies)]


async def test_a_passive_scan_needs_an_experimental_daemon(bluez: FakeBluez) -> None:
    pattern = (0, AdvertisementDataType.MANUFACTURER_SPECIFIC_DATA, b"\x57\x01")
    scanner = BleakScanner(None, scanning_mode="passive", bluez={"adapter": "hci0", "or_patterns": [pattern]})
    with pytest.raises(BleakError, match="experimental"):
        await scanner.start()


async def test_five_thousand_signals_in_one_moment_all_arrive(bluez: FakeBluez) -> None:
    ears = Ears(bluez, filters=EVERYTHING)
    async with ears.scanner:
        for number in range(5_000):
            bluez.air.transmit(
                Broadcast(f"00:00:00:00:00:{number % 200:02X}", companies={1: number.to_bytes(2, "big")})
            )
        await until(lambda: len(ears.told) == 5_000)
    assert bluez.stack.runs


async def test_a_program_that_leaves_the_bus_scans_no_more(bluez: FakeBluez) -> None:
    ears = Ears(bluez)
    await ears.scanner.start()
    assert bluez.hci0.scanning
    manager = await get_global_bluez_manager()
    assert manager._bus is not None
    manager._bus.disconnect()
    await until(lambda: not bluez.hci0.scanning)
    await asyncio.sleep(0)
