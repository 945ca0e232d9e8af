"""A receiver on the real bleak hears every repetition, tells nothing but advertisements, and leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from dbus_fast import Variant

from drivers.api import Misconfigured
from drivers.ble import bluez as bluez_module
from drivers.ble.advertisement import Advertisement
from drivers.ble.bluez import KNOWN_S, BluezReceiver
from simulators.ble.air import Broadcast
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
    faults = here.hci0.faults
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
    assert receiver.device("C0:FF:FF:FF:FF:FF") is None
    await here.hears(BEACON, receiver)  # by then everything that was sent before has come
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
    count, adapter = len(here.heard), here.hci0
    path = "/org/bluez/hci0/dev_C0_00_00_00_00_01"
    for name, value in (("Connected", True), ("ServicesResolved", True), ("Connected", False)):
        adapter.objects.change(path, "org.bluez.Device1", {name: Variant("b", value)})
    await here.hears(BEACON, receiver)
    assert {one.address for one in here.heard[count:]} == {BEACON.address}
    changed = {"Connected": Variant("b", True), "RSSI": Variant("n", -50)}  # in one breath, as BlueZ may
    adapter.objects.change(path, "org.bluez.Device1", changed)
    await until(lambda: (here.heard[-1].address, here.heard[-1].rssi) == (BAND.address, -50))


async def test_listening_passively_takes_an_experimental_daemon(here: Site) -> None:
    receiver = here.receiver(passive=True)
    with pytest.raises(Misconfigured, match="bluetoothd -E"):
        await receiver.start(here.heard.append)
    await here.stack.stop()
    here.hci0.faults.monitors = True
    await here.stack.start()
    await receiver.start(here.heard.append)
    await here.hears(BEACON, receiver)
    await receiver.stop()


async def test_two_adapters_are_heard_and_brought_back_each_for_itself(here: Site) -> None:
    here.stack.add_adapter("hci1")
    one, other = here.receiver("hci0"), here.receiver("hci1")
    for receiver in (one, other):
        await receiver.start(here.heard.append)
    for receiver in (one, other):
        await here.hears(BAND, receiver)
    await here.stack.kill()
    assert await here.lost(one) == await here.lost(other) == "daemon gone"
    await here.stack.start()
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
