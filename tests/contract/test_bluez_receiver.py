"""A receiver on the real bleak: hears every repetition, says when the stack lost it, and leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bleak import BleakClient
from dbus_fast import Variant

from drivers.api import LineLost, Misconfigured, NotSupported
from drivers.ble import bluez as bluez_module
from drivers.ble import system_bus, usb
from drivers.ble.advertisement import Advertisement
from drivers.ble.bluez import KNOWN_S, BluezReceiver
from simulators.ble.air import Broadcast, GattCharacteristic, GattService, Link
from simulators.ble.bluez.adapter import INTERFACE
from simulators.ble.bluez.errors import Refusal
from tests.contract.bluez_site import Site, site, until

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


async def test_an_advertisement_is_told_as_it_was_sent(here: Site, receiver: BluezReceiver) -> None:
    await here.hears(BAND, receiver)
    assert here.heard[0] == Advertisement(
        BAND.address,
        here.clock.now(),
        -60,
        "Band",
        {0x0157: b"\x02\x01\x00\x48"},
        {"180d": b"\x01"},
        ("180d",),
        4,
        "hci0",
        "public",
    )


@pytest.mark.parametrize("version", ["5.66", "5.82"])
async def test_a_beacon_that_never_changes_is_heard_each_time(here: Site, version: str) -> None:
    faults = here.bluez.adapter().faults
    faults.version = "5.82" if version == "5.82" else "5.66"
    receiver = here.receiver()
    await receiver.start(here.heard.append)
    await here.hears(BEACON, receiver)
    for minute in range(30):  # far longer than a scan of 5.82 hears anything, were it not told to
        for _ in range(3):
            await here.clock.advance(20.0)
            count = len(here.heard)
            here.air.transmit(BEACON)
            await until(lambda count=count: len(here.heard) > count)  # type: ignore[misc]
        assert receiver.device(BEACON.address) is not None, minute
    await receiver.stop()


async def test_a_device_can_be_connected_to_while_it_was_heard_lately(here: Site, receiver: BluezReceiver) -> None:
    await here.hears(BAND, receiver)
    found = receiver.device(BAND.address)
    assert found is not None
    assert found.details["path"] == "/org/bluez/hci0/dev_C0_00_00_00_00_01"
    assert receiver.device(BEACON.address) is None
    await here.clock.advance(KNOWN_S + 1)
    assert receiver.device(BAND.address) is None


async def test_no_more_devices_are_remembered_than_may_be(
    here: Site, receiver: BluezReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bluez_module, "MOST_KNOWN", 3)
    passing = [Broadcast(f"C0:00:00:00:01:{number:02X}", name="passer-by") for number in range(5)]
    for one in passing:
        await here.hears(one, receiver)
    assert [receiver.device(one.address) is not None for one in passing] == [False, False, True, True, True]


async def test_what_is_no_advertisement_is_not_told(here: Site, receiver: BluezReceiver) -> None:
    await here.hears(BAND, receiver)
    await here.hears(BEACON, receiver)  # by then everything that was sent before has come
    count, adapter = len(here.heard), here.bluez.adapter()
    path = "/org/bluez/hci0/dev_C0_00_00_00_00_01"
    for name, value in (("Connected", True), ("ServicesResolved", True), ("Connected", False)):
        adapter.objects.change(path, "org.bluez.Device1", {name: Variant("b", value)})
    await here.hears(BEACON, receiver)
    assert {one.address for one in here.heard[count:]} == {BEACON.address}


@pytest.mark.parametrize("word", ["restarted", "killed"])
async def test_a_daemon_that_ends_is_noticed_and_a_new_scan_hears_again(
    here: Site, receiver: BluezReceiver, word: str
) -> None:
    await here.hears(BAND, receiver)
    await (here.bluez.stop() if word == "restarted" else here.bluez.kill())
    assert await here.lost(receiver) == "daemon gone"
    with pytest.raises(LineLost, match="bluetoothd does not run"):
        await receiver.start(here.heard.append)
    await here.bluez.start()
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)


async def test_after_a_kill_bleaks_connections_know_that_they_are_gone(here: Site, receiver: BluezReceiver) -> None:
    here.bluez.adapter().faults.connect_s = (0.0, 0.0)
    here.air.add(BAND.address, Wearable())
    await here.hears(BAND, receiver)
    found, ended = receiver.device(BAND.address), asyncio.Event()
    assert found is not None
    client = BleakClient(found, lambda _: ended.set())
    await client.connect()
    await receiver.stop()  # a scan that ends for another reason leaves it alone
    await receiver.start(here.heard.append)
    assert client.is_connected
    await here.bluez.kill()
    assert await here.lost(receiver) == "daemon gone"
    await receiver.stop()
    await until(ended.is_set)
    assert not client.is_connected
    await client.disconnect()  # its own connection to the bus is the client's to give back


async def test_an_adapter_that_is_switched_off_is_noticed_and_switched_on(here: Site, receiver: BluezReceiver) -> None:
    await here.hears(BAND, receiver)
    await here.bluez.adapter().set_power(False)
    assert await here.lost(receiver) == "adapter off"
    with pytest.raises(LineLost, match="switched off"):
        await receiver.start(here.heard.append)
    await receiver.power_cycle()
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)


async def test_a_silent_adapter_is_cured_by_switching_it(here: Site, receiver: BluezReceiver) -> None:
    here.bluez.adapter().deafen("power")
    await receiver.stop()
    await receiver.power_cycle()
    assert here.bluez.adapter().powered
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)


async def test_switching_that_is_broken_off_leaves_the_adapter_on(
    here: Site, receiver: BluezReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await receiver.stop()
    adapter, switched = here.bluez.adapter(), asyncio.Event()
    set_power = adapter.set_power

    async def slowly(on: bool) -> None:
        await set_power(on)
        switched.set()
        if not on:
            await asyncio.Event().wait()

    await here.bluez.stop()
    monkeypatch.setattr(adapter, "set_power", slowly)
    await here.bluez.start()
    cycling = asyncio.create_task(receiver.power_cycle())
    await switched.wait()
    assert not adapter.powered
    cycling.cancel()
    await asyncio.gather(cycling, return_exceptions=True)
    assert adapter.powered


async def test_an_adapter_that_is_pulled_out_is_found_again_by_its_address(here: Site) -> None:
    address = here.bluez.adapter().address
    receiver = here.receiver(address.lower())
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)
    here.bluez.remove_adapter("hci0")
    assert await here.lost(receiver) == "adapter gone"
    with pytest.raises(LineLost, match=r"there is no adapter .*\(there: none\)"):
        await receiver.start(here.heard.append)
    here.bluez.add_adapter("hci1", address=address)
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
    await here.bluez.start()
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)


async def test_a_scan_that_somebody_ends_is_noticed_and_a_pause_is_not(here: Site, receiver: BluezReceiver) -> None:
    adapter = here.bluez.adapter()

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
    here.bluez.adapter().faults.refuse("StartDiscovery", Refusal(f"org.bluez.Error.{word}", "no"))
    with pytest.raises(LineLost, match="busy with another scan" if word == "InProgress" else "Failed: no"):
        await receiver.start(here.heard.append)
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)
    await receiver.stop()


async def test_who_may_not_is_told_what_right_is_missing(here: Site) -> None:
    receiver = here.receiver()
    denied = Refusal("org.freedesktop.DBus.Error.AccessDenied", "no")
    here.bluez.adapter().faults.refuse("StartDiscovery", denied)
    with pytest.raises(Misconfigured, match="group bluetooth"):
        await receiver.start(here.heard.append)
    here.bluez.adapter().faults.refuse("Set", denied)
    with pytest.raises(Misconfigured, match="group bluetooth"):
        await receiver.power_cycle()


async def test_a_daemon_that_hangs_costs_a_bounded_time(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluez_module, "CALL_S", 0.1)
    monkeypatch.setattr(bluez_module, "_STOP_S", 0.1)
    monkeypatch.setattr(system_bus, "CALL_S", 0.1)
    receiver, faults = here.receiver(), here.bluez.adapter().faults
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


async def test_listening_passively_takes_an_experimental_daemon(here: Site) -> None:
    receiver = here.receiver(passive=True)
    with pytest.raises(Misconfigured, match="bluetoothd -E"):
        await receiver.start(here.heard.append)
    await here.bluez.stop()
    here.bluez.adapter().faults.monitors = True
    await here.bluez.start()
    await receiver.start(here.heard.append)
    await here.hears(BEACON, receiver)
    await receiver.stop()


async def test_two_adapters_are_heard_and_brought_back_each_for_itself(here: Site) -> None:
    here.bluez.add_adapter("hci1")
    one, other = here.receiver("hci0"), here.receiver("hci1")
    for receiver in (one, other):
        await receiver.start(here.heard.append)
    for receiver in (one, other):
        await here.hears(BAND, receiver)
    await here.bluez.kill()
    assert await here.lost(one) == await here.lost(other) == "daemon gone"
    await here.bluez.start()
    await one.start(here.heard.append)
    await here.hears(BAND, one)
    await other.start(here.heard.append)  # ends what the other adapter had of the old daemon, and nothing newer
    for receiver in (one, other):
        await here.hears(BAND, receiver)
    await one.stop()
    await here.hears(BAND, other)
    await other.stop()


async def test_it_may_be_stopped_and_started_at_any_time(here: Site) -> None:
    receiver = here.receiver()
    await receiver.stop()
    assert await receiver.lost() == "stopped"
    for _ in range(20):
        await receiver.start(here.heard.append)
        await receiver.stop()
        await receiver.stop()
    starting = asyncio.create_task(receiver.start(here.heard.append))
    await asyncio.sleep(0)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await receiver.start(here.heard.append)
    await here.hears(BAND, receiver)
    await receiver.stop()


async def test_hardware_is_reset_where_it_can_be(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def node_of(adapter: str) -> Path:
        asked.append(adapter)
        raise NotSupported("not on USB")

    monkeypatch.setattr(usb, "node_of", node_of)
    receiver = here.receiver(here.bluez.adapter().address)
    with pytest.raises(NotSupported):
        await receiver.reset()
    await here.bluez.kill()
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
