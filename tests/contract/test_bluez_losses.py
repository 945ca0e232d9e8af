"""A receiver on the real bleak says when the stack lost it and what it may not, in bounded time, and begins again."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bleak import BleakClient
from dbus_fast import Variant

from drivers.api import LineLost, Misconfigured, NotSupported
from drivers.ble import bluez as bluez_module
from drivers.ble import system_bus, usb
from drivers.ble.bluez import BluezReceiver
from simulators.ble.air import Broadcast, GattCharacteristic, GattService, Link
from simulators.ble.bluez.adapter import INTERFACE
from simulators.ble.bluez.errors import Refusal
from tests.contract.bluez_site import Site, site
from tests.fakes.bluez import until

BAND = Broadcast("C0:00:00:00:00:01", -60, "Band", {0x0157: b"\x02\x01\x00\x48"}, {"180d": b"\x01"}, ("180d",), 4)
BEACON = Broadcast("C0:00:00:00:00:02", -71, companies={0x004C: b"\x02\x15" + bytes(21)}, connectable=False)


@pytest.fixture
async def here(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("b"), monkeypatch) as made:
        yield made


@pytest.fixture
async def receiver(here: Site) -> AsyncIterator[BluezReceiver]:
    made = here.receiver()
    await made.start(here.heard.append)
    yield made
    await made.stop()


@pytest.mark.parametrize("word", ["restarted", "killed"])
async def test_a_daemon_that_ends_is_noticed_and_a_new_scan_hears_again(
    here: Site, receiver: BluezReceiver, word: str
) -> None:
    await here.hears(BAND, receiver)
    await (here.stack.stop() if word == "restarted" else here.stack.kill())
    assert await here.lost(receiver) == "daemon gone"
    with pytest.raises(LineLost, match="bluetoothd does not run"):
        await receiver.start(here.heard.append)
    await here.stack.start()
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)


async def test_after_a_kill_bleaks_connections_know_that_they_are_gone(here: Site, receiver: BluezReceiver) -> None:
    here.hci0.faults.connect_s = (0.0, 0.0)
    here.air.add(BAND.address, Wearable())
    await here.hears(BAND, receiver)
    found, ended = receiver.device(BAND.address), asyncio.Event()
    assert found is not None
    client = BleakClient(found, lambda _: ended.set())
    await client.connect()
    await receiver.stop()  # a scan that ends for another reason leaves it alone
    await receiver.start(here.heard.append)
    assert client.is_connected
    await here.stack.kill()
    assert await here.lost(receiver) == "daemon gone"
    await receiver.stop()
    await until(ended.is_set)
    assert not client.is_connected
    await client.disconnect()  # its own connection to the bus is the client's to give back


async def test_an_adapter_that_is_switched_off_is_noticed_and_switched_on(here: Site, receiver: BluezReceiver) -> None:
    await here.hears(BAND, receiver)
    await here.hci0.set_power(False)
    assert await here.lost(receiver) == "adapter off"
    with pytest.raises(LineLost, match="switched off"):
        await receiver.start(here.heard.append)
    await receiver.power_cycle()
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)


async def test_a_silent_adapter_is_cured_by_switching_it(here: Site, receiver: BluezReceiver) -> None:
    here.hci0.deafen("power")
    await receiver.stop()
    await receiver.power_cycle()
    assert here.hci0.powered
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)


async def test_switching_that_is_broken_off_leaves_the_adapter_on(
    here: Site, receiver: BluezReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await receiver.stop()
    adapter, switched = here.hci0, asyncio.Event()
    set_power = adapter.set_power

    async def slowly(on: bool) -> None:
        await set_power(on)
        switched.set()
        if not on:
            await asyncio.Event().wait()

    await here.stack.stop()
    monkeypatch.setattr(adapter, "set_power", slowly)
    await here.stack.start()
    cycling = asyncio.create_task(receiver.power_cycle())
    await switched.wait()
    assert not adapter.powered
    cycling.cancel()
    await asyncio.gather(cycling, return_exceptions=True)
    assert adapter.powered


async def test_an_adapter_that_is_pulled_out_is_found_again_by_its_address(here: Site) -> None:
    address = here.hci0.address
    receiver = here.receiver(address.lower())
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)
    here.stack.remove_adapter("hci0")
    assert await here.lost(receiver) == "adapter gone"
    with pytest.raises(LineLost, match=r"there is no adapter .*\(there: none\)"):
        await receiver.start(here.heard.append)
    here.stack.add_adapter("hci1", address=address)
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)
    assert here.heard[-1].receiver == address.lower()
    await receiver.stop()


async def test_a_bus_that_dies_is_noticed_and_one_that_is_not_there_is_named(
    here: Site, receiver: BluezReceiver
) -> None:
    await here.hears(BAND, receiver)
    here.bus.kill()
    assert await here.lost(receiver) == "system bus gone"
    with pytest.raises(LineLost, match="the services dbus and bluetooth"):
        await receiver.start(here.heard.append)
    with pytest.raises(LineLost, match="the services dbus and bluetooth"):
        await receiver.power_cycle()
    await here.bus.start()
    await here.stack.start()
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)


async def test_a_scan_that_somebody_ends_is_noticed_and_a_pause_is_not(here: Site, receiver: BluezReceiver) -> None:
    adapter = here.hci0

    def discovering(on: bool) -> None:
        adapter.objects.change(adapter.path, INTERFACE, {"Discovering": Variant("b", on)})

    discovering(False)
    await here.hears(BAND, receiver)  # comes after it on the same connection of the daemon
    await here.clock.advance(10.0)
    discovering(True)
    await here.hears(BAND, receiver)
    await here.clock.advance(60.0)
    lost = asyncio.create_task(receiver.lost())
    await asyncio.sleep(0)
    assert not lost.done()
    discovering(False)
    assert await here.lost(receiver, 16.0) == "scan ended"
    assert await lost == "scan ended"


@pytest.mark.parametrize("word", ["InProgress", "Failed"])
async def test_a_refusal_is_said_and_leaves_the_next_scan_free(here: Site, word: str) -> None:
    receiver = here.receiver()
    here.hci0.faults.refuse("StartDiscovery", Refusal(f"org.bluez.Error.{word}", "no"))
    with pytest.raises(LineLost, match="busy with another scan" if word == "InProgress" else "Failed: no"):
        await receiver.start(here.heard.append)
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)
    await receiver.stop()


async def test_who_may_not_is_told_what_right_is_missing(here: Site) -> None:
    receiver = here.receiver()
    denied = Refusal("org.freedesktop.DBus.Error.AccessDenied", "no")
    here.hci0.faults.refuse("StartDiscovery", denied)
    with pytest.raises(Misconfigured, match="group bluetooth"):
        await receiver.start(here.heard.append)
    here.hci0.faults.refuse("Set", denied)
    with pytest.raises(Misconfigured, match="group bluetooth"):
        await receiver.power_cycle()


async def test_a_daemon_that_hangs_costs_a_bounded_time(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluez_module, "CALL_S", 0.1)
    monkeypatch.setattr(bluez_module, "_STOP_S", 0.1)
    monkeypatch.setattr(system_bus, "CALL_S", 0.1)
    receiver, faults = here.receiver(), here.hci0.faults
    faults.refuse("StartDiscovery", None)
    with pytest.raises(LineLost, match="does not begin to scan"):
        await receiver.start(here.heard.append)
    faults.refuse("Set", None, 2)
    with pytest.raises(LineLost, match="does not answer"):
        await receiver.power_cycle()
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)
    faults.refuse("StopDiscovery", None)
    await receiver.stop()
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)
    await receiver.stop()


async def test_a_bus_that_hangs_costs_a_bounded_time(
    here: Site, receiver: BluezReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bluez_module, "_STOP_S", 0.1)
    monkeypatch.setattr(system_bus, "CALL_S", 0.1)
    pid = here.bus.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(LineLost, match="system bus does not answer"):
            await receiver.start(here.heard.append)
        with pytest.raises(LineLost, match="system bus does not answer"):
            await receiver.power_cycle()
    finally:
        os.kill(pid, signal.SIGCONT)
    monkeypatch.undo()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", here.bus.address)
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)


async def test_a_bus_that_lets_nobody_in_is_a_matter_of_rights(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n")
        writer.write(b"REJECTED EXTERNAL\r\n")
        await reader.read()
        writer.close()

    address = f"{here.bus.address}-other"
    server = await asyncio.start_unix_server(refuses, address.removeprefix("unix:path="))
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    with pytest.raises(Misconfigured, match="does not let this user in"):
        await here.receiver().start(here.heard.append)
    server.close()
    await server.wait_closed()


async def test_hardware_is_reset_where_it_can_be(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def node_of(adapter: str) -> Path:
        asked.append(adapter)
        raise NotSupported("not on USB")

    monkeypatch.setattr(usb, "node_of", node_of)
    receiver = here.receiver(here.hci0.address)
    with pytest.raises(NotSupported):
        await receiver.reset()
    await here.stack.kill()
    with pytest.raises(NotSupported):
        await receiver.reset()
    assert asked == ["hci0", "hci0"]
    with pytest.raises(LineLost):
        await here.receiver("AA:BB:CC:DD:EE:FF").reset()


class Wearable:
    """What can be connected to."""

    services = (GattService("180f", (GattCharacteristic("2a19", ("read",), read=lambda: b"\x50"),)),)

    def connected(self, link: Link) -> None:
        """Nothing follows."""

    def disconnected(self) -> None:
        """Nothing follows."""
