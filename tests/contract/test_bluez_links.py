"""The emulated BlueZ through unmodified bleak: connections, characteristics, and how both go wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.bluezdbus.manager import get_global_bluez_manager
from bleak.backends.device import BLEDevice
from bleak.exc import BleakDBusError, BleakError, BleakGATTProtocolError

from simulators.ble.air import AttError, Broadcast, GattCharacteristic, GattService, Link
from simulators.ble.bluez.errors import in_progress
from simulators.ble.bluez.faults import ALWAYS, Faults
from tests.fakes.bluez import FakeBluez, fake_bluez, until

HEART_RATE = "00002a37-0000-1000-8000-00805f9b34fb"
LOCATION = "00002a38-0000-1000-8000-00805f9b34fb"
CONTROL = "00002a39-0000-1000-8000-00805f9b34fb"
PRESSURE = "00002a35-0000-1000-8000-00805f9b34fb"
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"


class Band:
    """A wearable that can do all that a characteristic can."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.link: Link | None = None
        self.written: list[bytes] = []
        self.subscribed: list[bool] = []
        self.battery: Callable[[], bytes] = lambda: b"\x57"
        heart = [
            GattCharacteristic("2a37", ("notify",), notifying=self.subscribed.append),
            GattCharacteristic("2a38", ("read",), read=lambda: b"\x02", descriptors={"2901": b"where"}),
            GattCharacteristic("2a39", ("write", "write-without-response"), write=self.take),
        ]
        self.services = [
            GattService("180d", heart),
            GattService("1810", [GattCharacteristic("2a35", ("indicate",))]),
            GattService("180f", [GattCharacteristic("2a19", ("read",), read=lambda: self.battery())]),
        ]

    def take(self, value: bytes) -> None:
        if value == b"\x00":
            raise AttError(0x80)
        self.written.append(value)

    def connected(self, link: Link) -> None:
        self.link = link

    def disconnected(self) -> None:
        self.link = None


@pytest.fixture
async def bluez(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeBluez]:
    async with fake_bluez(monkeypatch) as made:
        yield made


async def heard(bluez: FakeBluez, count: int = 1) -> tuple[list[Band], list[BLEDevice]]:
    """Put bands into the air, and return them with what a scan, stopped again, found."""
    bands = [Band(f"D4:CA:6E:00:00:{number:02X}") for number in range(count)]
    found: dict[str, BLEDevice] = {}
    async with BleakScanner(lambda device, _: found.update({device.address: device}), bluez={"adapter": "hci0"}):
        for band in bands:
            bluez.air.add(band.address, band)
            bluez.air.transmit(Broadcast(band.address, name="Band"))
        await until(lambda: len(found) == count)
    return bands, [found[band.address] for band in bands]


async def test_a_device_is_connected_to_read_written_and_left(bluez: FakeBluez) -> None:
    [band], [device] = await heard(bluez)
    client = BleakClient(device)
    await bluez.through(client.connect())
    assert client.is_connected
    assert band.link is not None
    assert {service.uuid[4:8] for service in client.services} == {"180d", "1810", "180f"}
    assert bytes(await client.read_gatt_char(LOCATION)) == b"\x02"
    assert bytes(await client.read_gatt_char(BATTERY)) == b"\x57"
    [words] = [d for d in client.services.descriptors.values() if d.uuid.startswith("00002901")]
    assert bytes(await client.read_gatt_descriptor(words)) == b"where"
    await client.write_gatt_char(CONTROL, b"\x01", response=True)
    await client.write_gatt_char(CONTROL, b"\x02", response=False)
    await client.write_gatt_char(CONTROL, b"\x00", response=False)  # refused, and nobody is told
    assert band.written == [b"\x01", b"\x02"]
    await bluez.through(client.disconnect())
    assert not client.is_connected
    assert band.link is None


async def test_connecting_takes_its_time_and_so_does_leaving(bluez: FakeBluez) -> None:
    [band], [device] = await heard(bluez)
    client = BleakClient(device)
    connecting = asyncio.create_task(client.connect())
    await until(lambda: bluez.hci0.links() == 1)
    await bluez.clock.advance(0.69)
    assert band.link is None
    await bluez.clock.advance(1.31)
    await connecting
    leaving = asyncio.create_task(client.disconnect())
    await until(lambda: bluez.waits(2.0, 2.7))
    await bluez.clock.advance(1.99)
    assert band.link is not None
    await bluez.clock.advance(0.71)
    await leaving
    assert bluez.hci0.links() == 0


@pytest.mark.parametrize("by_signal", [True, False])
@pytest.mark.parametrize(("service", "characteristic"), [("180d", HEART_RATE), ("1810", PRESSURE)])
async def test_values_are_notified_and_indicated(
    bluez: FakeBluez, by_signal: bool, service: str, characteristic: str
) -> None:
    [band], [device] = await heard(bluez)
    client = BleakClient(device)
    await bluez.through(client.connect())
    told: list[bytes] = []
    assert band.link is not None
    assert not band.link.tell(service, characteristic, b"too early")
    await client.start_notify(
        characteristic, lambda _, value: told.append(bytes(value)), bluez={"use_start_notify": by_signal}
    )
    for value in (b"\x00\x48", b"\x00\x48", b"\x00\x49"):
        assert band.link.tell(service, characteristic, value)
    await until(lambda: len(told) == 3)
    assert told == [b"\x00\x48", b"\x00\x48", b"\x00\x49"]
    await client.stop_notify(characteristic)
    await until(lambda: band.link is not None and not band.link.tell(service, characteristic, b"too late"))
    assert band.subscribed == ([True, False] if service == "180d" else [])
    await bluez.through(client.disconnect())


@pytest.mark.parametrize("code", [0x02, 0x05, 0x06, 0x08, 0x0D, 0x0E, 0x80])
async def test_a_device_refuses_a_read(bluez: FakeBluez, code: int) -> None:
    [band], [device] = await heard(bluez)
    client = BleakClient(device)
    await bluez.through(client.connect())

    def refuse() -> bytes:
        raise AttError(code)

    band.battery = refuse
    with pytest.raises((BleakGATTProtocolError, BleakDBusError)) as raised:
        await client.read_gatt_char(BATTERY)
    if code == 0x05:  # BlueZ has one word for what needs a bond
        assert "Not paired" in str(raised.value)
    else:
        assert isinstance(raised.value, BleakGATTProtocolError)
        assert raised.value.code == code
    await bluez.through(client.disconnect())


@pytest.mark.parametrize("hidden", [False, True])
async def test_the_battery_is_a_property_too_and_may_be_nothing_else(bluez: FakeBluez, hidden: bool) -> None:
    bluez.hci0.faults.hides_battery = hidden
    _, [device] = await heard(bluez)
    client = BleakClient(device)
    await bluez.through(client.connect())
    manager = await get_global_bluez_manager()
    of_device = manager._properties[device.details["path"]]
    assert of_device["org.bluez.Battery1"] == {"Percentage": 0x57}
    assert (client.services.get_characteristic(BATTERY) is None) == hidden
    await bluez.through(client.disconnect())
    await until(lambda: "org.bluez.Battery1" not in of_device)


async def test_how_much_fits_into_a_packet_is_told(bluez: FakeBluez) -> None:
    bluez.hci0.faults.mtu = 185
    _, [device] = await heard(bluez)
    client = BleakClient(device)
    await bluez.through(client.connect())
    await client._backend._acquire_mtu()  # type: ignore[attr-defined]
    assert client.mtu_size == 185
    [control] = [c for c in client.services.characteristics.values() if c.uuid == CONTROL]
    assert control.max_write_without_response_size == 182
    await bluez.through(client.disconnect())


async def test_an_error_may_be_laid_on_a_characteristic(bluez: FakeBluez) -> None:
    [band], [device] = await heard(bluez)
    client = BleakClient(device)
    await bluez.through(client.connect())
    bluez.hci0.faults.att_errors[band.address, CONTROL] = 0x0E
    with pytest.raises(BleakGATTProtocolError):
        await client.write_gatt_char(CONTROL, b"\x01", response=True)
    bluez.hci0.faults.att_errors.clear()
    bluez.hci0.faults.in_progress = 2  # bleak asks again
    await client.write_gatt_char(CONTROL, b"\x01", response=True)
    assert band.written == [b"\x01"]
    await bluez.through(client.disconnect())


async def test_a_connection_more_than_there_are_slots_is_refused(bluez: FakeBluez) -> None:
    _, devices = await heard(bluez, 3)
    bluez.hci0.faults.slots = 2
    clients = [BleakClient(device) for device in devices]
    await bluez.through(asyncio.gather(*(client.connect() for client in clients[:2])))
    with pytest.raises(BleakDBusError, match="concurrent-connection-limit"):
        await clients[2].connect()
    await bluez.through(clients[0].disconnect())
    await bluez.through(clients[2].connect())
    await bluez.through(asyncio.gather(*(client.disconnect() for client in clients[1:])))


async def test_a_connection_that_breaks_off_while_it_is_made_is_made_again(bluez: FakeBluez) -> None:
    [band], [device] = await heard(bluez)
    bluez.hci0.faults.aborts[band.address] = 2
    ended: list[bool] = []
    client = BleakClient(device, disconnected_callback=lambda _: ended.append(True))
    await bluez.through(client.connect())
    assert client.is_connected
    assert len(ended) == 2  # bleak says so for each
    await bluez.through(client.disconnect())


async def test_a_device_that_always_breaks_off_is_given_up(bluez: FakeBluez) -> None:
    [band], [device] = await heard(bluez)
    bluez.hci0.faults.aborts[band.address] = ALWAYS
    with pytest.raises(TimeoutError):
        await bluez.through(BleakClient(device, timeout=0.5).connect())
    await until(lambda: bluez.hci0.links() == 0)  # an attempt ends when its turn on the bus comes


async def test_a_device_that_is_not_there_is_waited_for_until_it_is_given_up(bluez: FakeBluez) -> None:
    [band], [device] = await heard(bluez)
    bluez.hci0.faults.absent.add(band.address)
    with pytest.raises(TimeoutError):
        await BleakClient(device, timeout=0.2).connect()
    await until(lambda: bluez.hci0.links() == 0)


async def test_a_device_that_expired_is_not_found(bluez: FakeBluez) -> None:
    bluez.hci0.faults.expiry_s = Faults().expiry_s
    [band], [device] = await heard(bluez)
    await bluez.clock.advance(40)
    bluez.air.remove(band.address)
    with pytest.raises(BleakError, match="not found"):
        await BleakClient(device).connect()


@pytest.mark.parametrize("ending", ["device", "range", "adapter"])
async def test_a_link_is_lost(bluez: FakeBluez, ending: str) -> None:
    [band], [device] = await heard(bluez)
    lost: list[bool] = []
    client = BleakClient(device, disconnected_callback=lambda _: lost.append(True))
    await bluez.through(client.connect())
    assert band.link is not None
    if ending == "device":
        band.link.drop()
    elif ending == "range":
        bluez.air.remove(band.address)
    else:
        await bluez.hci0.set_power(False)
    await until(lambda: lost)
    assert not client.is_connected
    assert band.link is None
    await client.disconnect()


async def test_a_program_that_connects_twice_is_told_that_it_does(bluez: FakeBluez) -> None:
    [_], [device] = await heard(bluez)
    first, second = BleakClient(device), BleakClient(device)
    connecting = asyncio.create_task(first.connect())
    await until(lambda: bluez.hci0.links() == 1)
    bluez.hci0.faults.refuse("Disconnect", in_progress())  # bleak's second client would end the attempt of the first
    with pytest.raises(BleakDBusError, match="InProgress"):
        await second.connect()
    await bluez.through(connecting)
    await bluez.through(first.disconnect())
