"""The emulated BlueZ through unmodified bleak: adapters and daemons that go away, come back, or only look alive."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.bluezdbus.manager import get_global_bluez_manager
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakDBusError, BleakError
from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus

from simulators.ble.air import Broadcast
from simulators.ble.bluez.errors import in_progress, not_ready
from simulators.ble.bus import MessageBusDaemon, NoBus
from tests.contract.test_bluez_links import Band
from tests.fakes.bluez import FakeBluez, fake_bluez, until

ADDRESS = "D4:CA:6E:00:00:01"


@pytest.fixture
async def bluez(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeBluez]:
    async with fake_bluez(monkeypatch) as made:
        yield made


class Ears:
    """A scanner of bleak's, and which devices it heard."""

    def __init__(self, bluez: FakeBluez) -> None:
        self.told: list[BLEDevice] = []
        self.strengths: list[int] = []
        self._bluez = bluez
        self.scanner = BleakScanner(
            self._note,
            bluez={"adapter": "hci0", "filters": {"DuplicateData": True}},
        )

    def _note(self, device: BLEDevice, heard: AdvertisementData) -> None:
        self.told.append(device)
        self.strengths.append(heard.rssi)

    async def hear(self) -> BLEDevice:
        """Have something sent, and wait until it is heard."""
        before = len(self.told)
        self._bluez.air.transmit(Broadcast(ADDRESS))
        await until(lambda: len(self.told) > before)
        return self.told[-1]


async def known(path: str, there: bool = True) -> None:
    """Wait until bleak knows of an object, or of none there."""
    manager = await get_global_bluez_manager()
    await until(lambda: (path in manager._properties) == there)


async def called(bluez: FakeBluez, interface: str, member: str, signature: str = "", *body: object) -> Message:
    """Call the adapter as another program."""
    bus = await MessageBus(bus_address=bluez.bus.address).connect()
    try:
        return await bus.call(
            Message(
                destination="org.bluez",
                path="/org/bluez/hci0",
                interface=interface,
                member=member,
                signature=signature,
                body=list(body),
            )
        )
    finally:
        bus.disconnect()


async def test_a_restarted_daemon_says_that_all_goes_and_a_new_scan_hears(bluez: FakeBluez) -> None:
    ears = Ears(bluez)
    await ears.scanner.start()
    device = await ears.hear()
    await bluez.through(bluez.stack.restart(down_s=2))
    await known(device.details["path"], there=False)
    await known("/org/bluez/hci0")
    with pytest.raises(BleakDBusError, match="No discovery started"):
        await ears.scanner.stop()
    bluez.air.transmit(Broadcast(ADDRESS))
    again = Ears(bluez)
    async with again.scanner:
        await again.hear()
    assert len(ears.told) == 1


async def test_a_killed_daemon_says_nothing_and_connections_only_look_alive(bluez: FakeBluez) -> None:
    band = Band(ADDRESS)
    bluez.air.add(ADDRESS, band)
    ears = Ears(bluez)
    await ears.scanner.start()
    client = BleakClient(await ears.hear())
    await bluez.through(client.connect())
    await bluez.stack.kill()
    assert band.link is None
    with pytest.raises(BleakDBusError, match=r"ServiceUnknown|NoReply"):
        await ears.scanner.stop()
    assert client.is_connected
    await bluez.stack.start()
    again = Ears(bluez)
    async with again.scanner:
        await again.hear()
    with pytest.raises(BleakDBusError):
        await client.disconnect()


async def test_after_a_restart_the_name_is_there_before_the_adapters(bluez: FakeBluez) -> None:
    ears = Ears(bluez)
    async with ears.scanner:
        await ears.hear()
    await bluez.stack.stop()
    await known("/org/bluez/hci0", there=False)
    starting = asyncio.create_task(bluez.stack.start(ready_s=2))
    await until(lambda: bluez.waits(2, 2))
    with pytest.raises(BleakError, match="adapter 'hci0' not found"):
        await ears.scanner.start()
    await bluez.clock.advance(2)
    await starting
    await known("/org/bluez/hci0")
    async with ears.scanner:
        await ears.hear()


async def test_the_name_is_seen_to_go_and_to_come(bluez: FakeBluez) -> None:
    bus = await MessageBus(bus_address=bluez.bus.address).connect()
    owners: list[bool] = []

    def note(message: Message) -> None:
        if message.member == "NameOwnerChanged" and message.body[0] == "org.bluez":
            owners.append(bool(message.body[2]))

    bus.add_message_handler(note)
    rule = "type='signal',member='NameOwnerChanged',arg0='org.bluez'"
    to = "org.freedesktop.DBus"
    match = Message(
        destination=to, path="/org/freedesktop/DBus", interface=to, member="AddMatch", signature="s", body=[rule]
    )
    await bus.call(match)
    await bluez.through(bluez.stack.restart())
    await bluez.stack.kill()
    await bluez.stack.start()
    await until(lambda: owners == [False, True, False, True])
    bus.disconnect()


async def test_an_adapter_that_is_off_scans_no_more_until_it_is_on(bluez: FakeBluez) -> None:
    ears = Ears(bluez)
    await ears.scanner.start()
    await called(
        bluez, "org.freedesktop.DBus.Properties", "Set", "ssv", "org.bluez.Adapter1", "Powered", Variant("b", False)
    )
    assert not bluez.hci0.scanning
    await ears.scanner.stop()  # bleak takes NotReady for stopped
    with pytest.raises(BleakDBusError, match="NotReady"):
        await ears.scanner.start()
    await called(
        bluez, "org.freedesktop.DBus.Properties", "Set", "ssv", "org.bluez.Adapter1", "Powered", Variant("b", True)
    )
    async with ears.scanner:
        await ears.hear()


async def test_an_adapter_is_pulled_out_and_put_back(bluez: FakeBluez) -> None:
    ears = Ears(bluez)
    await ears.scanner.start()
    device = await ears.hear()
    bluez.stack.remove_adapter("hci0")
    await known("/org/bluez/hci0", there=False)
    await known(device.details["path"], there=False)
    with pytest.raises(BleakDBusError, match="UnknownObject"):
        await ears.scanner.stop()
    with pytest.raises(BleakError, match="not found"):
        await ears.scanner.start()
    bluez.stack.add_adapter("hci0")
    await known("/org/bluez/hci0")
    async with ears.scanner:
        await ears.hear()


@pytest.mark.parametrize("cure", ["scan", "power", "reset"])
async def test_a_deaf_adapter_hears_again_after_its_cure(bluez: FakeBluez, cure: str) -> None:
    adapter, ears = bluez.hci0, Ears(bluez)
    await ears.scanner.start()
    await ears.hear()
    adapter.deafen(cure)  # type: ignore[arg-type]
    bluez.air.transmit(Broadcast(ADDRESS, rssi=-99))
    if cure != "scan":
        await ears.scanner.stop()
        await ears.scanner.start()
        bluez.air.transmit(Broadcast(ADDRESS, rssi=-99))
    if cure == "reset":
        await adapter.set_power(False)
        await adapter.set_power(True)
        adapter.reset()
    elif cure == "power":
        await adapter.set_power(False)
        await adapter.set_power(True)
    else:
        await ears.scanner.stop()
    again = Ears(bluez)
    await known("/org/bluez/hci0")
    async with again.scanner:
        await again.hear()
    assert -99 not in ears.strengths


async def test_calls_can_be_refused_or_left_without_an_answer(bluez: FakeBluez) -> None:
    ears = Ears(bluez)
    bluez.hci0.faults.refuse("StartDiscovery", not_ready())
    with pytest.raises(BleakDBusError, match="NotReady"):
        await ears.scanner.start()
    bluez.hci0.faults.refuse("StartDiscovery", None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ears.scanner.start(), 0.1)
    async with ears.scanner:
        bluez.hci0.faults.refuse("StopDiscovery", in_progress())
        bluez.hci0.faults.refuse("StartDiscovery", in_progress())
    assert bluez.hci0.scanning  # bleak could not clear it, as with the real one


async def test_the_bus_itself_dies_and_comes_back(bluez: FakeBluez) -> None:
    ears = Ears(bluez)
    await ears.scanner.start()
    await bluez.bus.restart()
    await until(lambda: not bluez.stack.runs)
    await bluez.stack.start()
    again = Ears(bluez)
    async with again.scanner:
        await again.hear()


async def test_a_device_is_removed_when_a_program_says_so(bluez: FakeBluez) -> None:
    ears = Ears(bluez)
    async with ears.scanner:
        path = (await ears.hear()).details["path"]
        await called(bluez, "org.bluez.Adapter1", "RemoveDevice", "o", path)
        await known(path, there=False)
        reply = await called(bluez, "org.bluez.Adapter1", "RemoveDevice", "o", path)
        assert reply.error_name == "org.bluez.Error.DoesNotExist"
        await ears.hear()


async def test_unknown_things_are_refused_by_name(bluez: FakeBluez) -> None:
    reply = await called(bluez, "org.bluez.Adapter1", "Fly")
    assert reply.error_name == "org.freedesktop.DBus.Error.UnknownMethod"
    reply = await called(bluez, "org.freedesktop.DBus.Properties", "Get", "ss", "org.bluez.Adapter1", "Wings")
    assert reply.error_name == "org.freedesktop.DBus.Error.InvalidArgs"
    reply = await called(bluez, "org.freedesktop.DBus.Properties", "GetAll", "s", "org.bluez.Adapter1")
    assert reply.body[0]["Roles"].value == ["central", "peripheral"]
    reply = await called(bluez, "org.bluez.Adapter1", "SetDiscoveryFilter", "s", "all")
    assert reply.error_name == "org.freedesktop.DBus.Error.InvalidArgs"


async def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    async def life() -> None:
        async with fake_bluez(monkeypatch) as bluez:
            band = Band(ADDRESS)
            bluez.air.add(ADDRESS, band)
            ears = Ears(bluez)
            await ears.scanner.start()
            client = BleakClient(await ears.hear())
            await bluez.through(client.connect())
            await client.start_notify("2a37", lambda *_: None, bluez={"use_start_notify": False})
            await bluez.stack.kill()
            with pytest.raises(BleakDBusError):
                await client.disconnect()

    await life()
    gc.collect()
    before = len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    for _ in range(5):
        await life()
    gc.collect()
    assert (len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())) == before
    assert Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii") == children


async def test_a_machine_without_a_bus_is_told_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBus, match="dbus-daemon is not installed"):
        await MessageBusDaemon(tmp_path).start()
    with pytest.raises(NoBus, match="too long"):
        MessageBusDaemon(tmp_path / ("x" * 100))
