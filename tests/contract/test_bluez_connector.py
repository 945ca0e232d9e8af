"""Connecting through unmodified bleak to the emulated BlueZ: every error by its name, and no end goes unnoticed."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from config.bluetooth import Characteristic
from drivers.api import AnswerLost, DeviceRefused, DriverError, LineLost, NotSupported, Timeout
from drivers.ble.air import Connection
from drivers.ble.bluez import BluezReceiver
from drivers.ble.connecting import BluezConnector
from drivers.ble.errors import NoSlot
from drivers.ble.visiting import Visiting
from drivers.ble.visits import VisitTarget
from simulators.ble.air import AttError, Broadcast, GattCharacteristic, GattService, Link
from simulators.ble.bluez.errors import Refusal
from simulators.ble.bluez.faults import ALWAYS
from tests.fakes.bluez import FakeBluez, fake_bluez, until

ADDRESS = "D4:CA:6E:00:00:01"
HEART, PULSE = "180d", "2a37"
THERMOMETER, TEMPERATURE = "1809", "2a1c"
BATTERY, LEVEL = "180f", "2a19"
ALERT, RING = "1802", "2a06"
PATIENCE_S = 5.0


class Band:
    """A band with everything; ``written`` is what it was told."""

    def __init__(self) -> None:
        self.link: Link | None = None
        self.written: list[bytes] = []
        self.subscribed: set[str] = set()
        self.services = [
            GattService(HEART, [GattCharacteristic(PULSE, ("notify",), notifying=self._noting(PULSE))]),
            GattService(
                THERMOMETER, [GattCharacteristic(TEMPERATURE, ("indicate",), notifying=self._noting(TEMPERATURE))]
            ),
            GattService(BATTERY, [GattCharacteristic(LEVEL, ("read",), read=lambda: b"\x50")]),
            GattService(ALERT, [GattCharacteristic(RING, ("write", "write-without-response"), write=self._take)]),
        ]

    def connected(self, link: Link) -> None:
        self.link = link

    def disconnected(self) -> None:
        self.link = None

    def _take(self, value: bytes) -> None:
        if value == b"\xff":
            raise AttError(0x80)
        self.written.append(value)

    def _noting(self, uuid: str):  # type: ignore[no-untyped-def]
        return lambda on: self.subscribed.add(uuid) if on else self.subscribed.discard(uuid)


class House:
    """The stack, a receiver that listens, a connector, and a band that both know."""

    def __init__(self, bluez: FakeBluez) -> None:
        self.bluez, self.band = bluez, Band()
        self.receiver = BluezReceiver("hci0", clock=bluez.clock)
        self.connector = BluezConnector(self.receiver, timeout_s=PATIENCE_S)
        self.heard: set[str] = set()

    async def hear(self, *addresses: str) -> None:
        for address in addresses:
            self.bluez.air.add(address, self.band)

        def there() -> bool:
            for address in addresses:
                self.bluez.air.transmit(Broadcast(address))
            return self.heard >= set(addresses)

        await until(there)

    async def connect(self, address: str = ADDRESS) -> Connection:
        return await self.bluez.through(self.connector.connect(address))


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with fake_bluez(monkeypatch) as bluez:
        made = House(bluez)
        bluez.hci0.faults.expiry_s = 1e6
        await made.receiver.start(lambda heard: made.heard.add(heard.address))
        await made.hear(ADDRESS)
        try:
            yield made
        finally:
            await made.receiver.stop()


@asynccontextmanager
async def connected(house: House) -> AsyncIterator[Connection]:
    connection = await house.connect()
    try:
        yield connection
    finally:
        await house.bluez.through(connection.close())


async def test_what_a_device_offers(house: House) -> None:
    async with connected(house) as connection:
        told: list[tuple[str, bytes]] = []
        await connection.subscribe(HEART, PULSE, lambda value: told.append((PULSE, value)))
        await connection.subscribe(THERMOMETER, TEMPERATURE, lambda value: told.append((TEMPERATURE, value)))
        assert await connection.read(BATTERY, LEVEL) == b"\x50"
        await connection.write(ALERT, RING, b"\x02", answer=True)
        await connection.write(ALERT, RING, b"\x01", answer=False)
        assert house.band.written == [b"\x02", b"\x01"]
        assert house.band.link is not None
        assert house.band.link.tell(HEART, PULSE, b"\x06\x48")
        assert house.band.link.tell(THERMOMETER, TEMPERATURE, b"\x00\x6c\x01\x00\xff")
        await until(lambda: len(told) == 2)
        assert told == [(PULSE, b"\x06\x48"), (TEMPERATURE, b"\x00\x6c\x01\x00\xff")]
    assert house.band.link is None
    with pytest.raises(LineLost):
        await connection.read(BATTERY, LEVEL)


async def test_what_a_device_does_not_have_or_does_not_want(house: House) -> None:
    async with connected(house) as connection:
        with pytest.raises(NotSupported):
            await connection.read(BATTERY, RING)
        with pytest.raises(NotSupported):
            await connection.read("1810", "2a35")
        with pytest.raises(NotSupported):
            await connection.subscribe(BATTERY, LEVEL, lambda _: None)
        with pytest.raises(DeviceRefused) as refused:
            await connection.write(ALERT, RING, b"\xff", answer=True)
        assert refused.value.code == 0x80


@pytest.mark.parametrize("code", [0x02, 0x05, 0x08, 0x0E, 0x81])
async def test_an_att_error_keeps_its_number(house: House, code: int) -> None:
    uuid = f"0000{LEVEL}-0000-1000-8000-00805f9b34fb"
    house.bluez.hci0.faults.att_errors[ADDRESS, uuid] = code
    async with connected(house) as connection:
        with pytest.raises(DeviceRefused) as refused:
            await connection.read(BATTERY, LEVEL)
        assert refused.value.code == code


async def test_a_stack_that_is_busy_is_asked_again(house: House) -> None:
    async with connected(house) as connection:
        house.bluez.hci0.faults.in_progress = 3
        assert await connection.read(BATTERY, LEVEL) == b"\x50"


async def test_a_device_that_was_never_heard_is_not_looked_for(house: House) -> None:
    with pytest.raises(Timeout):
        await house.connector.connect("00:00:00:00:00:00")


async def test_a_device_that_does_not_answer_is_a_timeout_and_frees_its_slot(house: House) -> None:
    house.bluez.hci0.faults.absent.add(ADDRESS)
    house.bluez.hci0.faults.absent_s = 1e6
    with pytest.raises(Timeout):
        await BluezConnector(house.receiver, timeout_s=0.3).connect(ADDRESS)
    assert house.bluez.hci0.links() == 0


async def test_a_device_that_breaks_off_while_it_is_connected_to(house: House) -> None:
    house.bluez.hci0.faults.aborts[ADDRESS] = ALWAYS
    with pytest.raises(DeviceRefused):
        await house.connect()
    assert house.bluez.hci0.links() == 0


async def test_an_adapter_that_holds_no_more(house: House) -> None:
    others = [f"D4:CA:6E:00:01:{number:02X}" for number in range(7)]
    await house.hear(*others)
    connections = [await house.connect(address) for address in others]
    with pytest.raises(NoSlot):
        await house.connect()
    await house.bluez.through(connections[0].close())
    connections.append(await house.connect())
    for connection in connections:
        await house.bluez.through(connection.close())
    assert house.bluez.hci0.links() == 0


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (Refusal("NotReady", "Resource Not Ready"), LineLost),
        (Refusal("InProgress", "Operation already in progress"), NoSlot),
        (Refusal("org.freedesktop.DBus.Error.UnknownObject", "no such object"), Timeout),
        (Refusal("Failed", "le-connection-timeout"), DeviceRefused),
    ],
)
async def test_what_bluez_says_of_an_attempt(house: House, refusal: Refusal, kind: type[DriverError]) -> None:
    house.bluez.hci0.faults.refuse("Connect", refusal)
    with pytest.raises(kind):
        await house.connect()


async def test_a_connection_that_a_dead_program_left_is_cleared_away(house: House) -> None:
    left = await house.connect()
    async with connected(house) as connection:
        assert await connection.read(BATTERY, LEVEL) == b"\x50"
    await house.bluez.through(left.close())


async def test_a_device_that_breaks_off_ends_what_was_asked(house: House) -> None:
    async with connected(house) as connection:
        house.bluez.hci0.faults.refuse("ReadValue", None)
        reading = asyncio.create_task(connection.read(BATTERY, LEVEL))
        await asyncio.sleep(0.05)
        assert house.band.link is not None
        house.band.link.drop()
        await connection.gone()
        with pytest.raises(LineLost):
            await reading


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_the_end_of_the_daemon_ends_everything(house: House, end: str) -> None:
    async with connected(house) as connection:
        house.bluez.hci0.faults.refuse("ReadValue", None)
        house.bluez.hci0.faults.refuse("WriteValue", None)
        reading = asyncio.create_task(connection.read(BATTERY, LEVEL))
        writing = asyncio.create_task(connection.write(ALERT, RING, b"\x02", answer=True))
        await asyncio.sleep(0.05)
        await getattr(house.bluez.stack, end)()
        await asyncio.wait_for(connection.gone(), PATIENCE_S)
        with pytest.raises(LineLost):
            await reading
        with pytest.raises(AnswerLost):
            await writing
        with pytest.raises(LineLost):
            await house.connector.connect(ADDRESS)


async def test_nothing_is_left_of_connections_or_of_attempts(house: House) -> None:
    async with connected(house):
        pass  # bleak opens its shared connection with the first
    files, tasks = len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())
    for _ in range(3):
        async with connected(house) as connection:
            await connection.read(BATTERY, LEVEL)
    attempt = asyncio.create_task(house.connector.connect(ADDRESS))
    await asyncio.sleep(0.05)
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await house.bluez.through(attempt)
    await until(lambda: house.bluez.hci0.links() == 0)
    await until(lambda: len(asyncio.all_tasks()) == tasks)
    assert len(os.listdir("/proc/self/fd")) == files


async def test_visits_and_a_stream_over_a_restart_of_the_daemon(house: House) -> None:
    pulse = Characteristic(service=HEART, characteristic=PULSE, how="notify")
    told: list[bytes] = []
    visiting = Visiting(
        [VisitTarget("heart", "stream", 900.0, 20.0, (pulse,))],
        {"hci0": house.connector},
        house.bluez.clock,
        slots=5,
        told=lambda _device, _which, value: told.append(value),
        gone=lambda _device, _why: None,
    )
    run = asyncio.create_task(visiting.run())
    for round_ in range(2):
        if round_:
            await house.bluez.stack.kill()
            await house.receiver.stop()
            await house.bluez.stack.start()
            await house.receiver.start(lambda heard: house.heard.add(heard.address))
            house.heard.clear()
            await house.hear(ADDRESS)
        for _ in range(600):
            visiting.sighted("heart", ADDRESS, "hci0", -60)
            house.bluez.air.transmit(Broadcast(ADDRESS))
            await house.bluez.clock.advance(0.1)
            await asyncio.sleep(0.001)
            if house.band.link is not None and house.band.link.tell(HEART, PULSE, bytes((0, 60 + round_))):
                break
        await until(lambda: told[-1:] == [bytes((0, 60 + round_))])  # noqa: B023 - called before the round ends
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await house.bluez.through(run)
    assert house.bluez.hci0.links() == 0
