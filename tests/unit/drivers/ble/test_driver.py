"""The driver as the agent uses it, on adapters without a radio and with time in the test's hands."""

import asyncio
from collections.abc import Awaitable, Sequence

import pytest

from config.bus_settings import BleBus
from config.catalog import load_profile
from config.settings import DeviceSettings
from drivers.api import Executes, Heard, LineLost, Misconfigured, NotSupported, Presence, Receives, Tells, Timeout
from drivers.ble.advertisement import Advertisement
from drivers.ble.driver import BleDriver, Ear
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.contract.driver_suite import CANCEL_POINTS, cancel_at
from tests.unit.drivers.ble.home import BAND, CUFF, DEVICES, MEASURED, PENDANT, Home, band, device, pendant
from wire.event import Event
from wire.reading import Batch


def test_it_is_what_the_agent_asks_for() -> None:
    driver = Home().driver
    assert isinstance(driver, Tells)
    assert isinstance(driver, Executes)
    assert isinstance(driver, Receives)


async def test_calls_are_told_in_order_each_with_its_number_and_once() -> None:
    home = Home()
    async with home.listening():
        for number in range(1, 30):
            await home.press(number)
            await home.press(number)
    assert [event.id for event in home.events()] == [str(number) for number in range(1, 30)]
    assert [event.fields["seq"] for event in home.events()] == [event.id for event in home.events()]


async def test_a_call_overtakes_the_readings_of_others() -> None:
    home = Home(devices=[device(f"band-{n}", "band/pendant-with-fall", f"C2:00:00:00:00:{n:02X}") for n in range(200)])
    async with home.listening():
        home.go_on.clear()
        for number in range(200):
            await home.say(f"C2:00:00:00:00:{number:02X}", band(70))
        await home.say("C2:00:00:00:00:C7", band(70, 8 | 2, 5))
        home.go_on.set()
        await home.clock.advance(0.1)
    told = [item.device for item in home.heard if isinstance(item, Batch)]
    called = next(place for place, item in enumerate(home.heard) if isinstance(item, Event))
    assert called <= 3, "before everything but the first thing, which was being told already"
    assert len(set(told)) == 200


async def test_garbage_costs_itself() -> None:
    home = Home()
    async with home.listening():
        for data in (b"", b"\x4c", b"\x4c\x4c\x01", bytes(30), b"\xff" * 9):
            await home.say(PENDANT, data)
        await home.press(2)
    assert [event.id for event in home.events()] == ["2"]


async def test_strangers_are_not_told() -> None:
    home = Home()
    async with home.listening():
        await home.say("C1:00:00:00:00:99", pendant(1, 1))
    assert home.heard == []


async def test_two_adapters_hear_one_press() -> None:
    home = Home(("hci0", "hci1"))
    async with home.listening():
        for through in ("hci0", "hci1", "hci0", "hci1"):
            await home.press(7, through=through)
    assert [event.id for event in home.events()] == ["7"]


async def test_one_of_two_adapters_may_die_and_comes_back() -> None:
    home = Home(("hci0", "hci1"))
    async with home.listening() as task:
        await home.press(1)
        home.receivers["hci0"].lose("adapter gone")
        await home.clock.advance(0.1)
        await home.press(2, through="hci1")
        assert (home.driver.deaf(), task.done()) == ("", False)
        await home.clock.advance(5)
        await home.press(3)
    assert [event.id for event in home.events()] == ["1", "2", "3"]


async def test_where_nobody_hears_the_line_is_lost_and_back_once_somebody_is_heard() -> None:
    home = Home()
    async with home.listening() as task:
        await home.press(1)
        home.receivers["hci0"].fail([LineLost("bluetoothd does not run")])
        home.receivers["hci0"].lose("daemon gone")
        await home.clock.advance(1.5)
        assert isinstance(task.exception(), LineLost)
        assert "daemon gone" in home.driver.deaf()
    opening = asyncio.create_task(home.driver.open())
    await home.clock.advance(3)
    assert not opening.done(), "it listens, which proves nothing"
    await home.press(1)
    await home.clock.advance(1)
    await opening
    assert home.driver.deaf() == ""
    async with home.listening():
        await home.press(2)
    assert [event.id for event in home.events()] == ["1", "2"], "the press that was still in the air is no other one"


async def test_a_radio_that_stays_silent_is_not_opened() -> None:
    home = Home()
    async with home.listening() as task:
        home.receivers["hci0"].deafen()
        home.receivers["hci0"].lose("adapter off")
        await home.clock.advance(1.5)
        assert task.done()
    opening = asyncio.create_task(home.driver.open())
    await home.clock.advance(30)
    with pytest.raises(LineLost, match="adapter off"):
        await opening


async def test_who_was_silent_because_the_radio_was_is_not_out_of_reach() -> None:
    home = Home()
    async with home.listening():
        await home.walk(30, BAND, PENDANT)
        home.receivers["hci0"].deafen("start")
        await home.clock.advance(95)
    opening = asyncio.create_task(home.driver.open())
    await home.walk(3, BAND, PENDANT)
    await opening
    async with home.listening():
        await home.walk(30, BAND, PENDANT)
        assert not [item for item in home.heard if isinstance(item, Presence) and not item.there]
        await home.walk(75, BAND)
    [gone] = [item for item in home.heard if isinstance(item, Presence) and not item.there]
    assert (gone.device, gone.why.partition(":")[0]) == ("sos-1", "out_of_range")


async def test_a_radio_that_was_silent_for_a_while_and_says_nothing_of_it_accuses_nobody() -> None:
    home = Home()
    async with home.listening() as task:
        await home.walk(30, BAND, PENDANT)
        await home.clock.advance(70)
        await home.walk(5, BAND, PENDANT)
        assert not task.done()
    assert not [item for item in home.heard if isinstance(item, Presence) and not item.there]


@pytest.mark.parametrize("error", [LineLost("no adapter"), Misconfigured("group bluetooth")])
async def test_what_cannot_be_opened_says_why(error: LineLost | Misconfigured) -> None:
    home = Home()
    home.receivers["hci0"].fail([error])
    with pytest.raises(type(error), match=str(error)):
        await home.driver.open()
    with pytest.raises(LineLost):
        await home.driver.listen(home.hear)


async def test_a_library_that_is_missing_is_the_technicians() -> None:
    def ear(bus: BleBus, adapter: str, clock: Clock) -> Ear:
        raise ModuleNotFoundError("No module named 'bleak'", name="bleak")

    driver = BleDriver(Home().bus, DEVICES, FakeClock(), ear)
    with pytest.raises(Misconfigured, match="needs bleak, which is not installed"):
        await driver.open()


def test_what_is_no_bluetooth_device_is_refused() -> None:
    with pytest.raises(Misconfigured):
        Home(devices=[device("x", "sos/json-pendant", PENDANT)])
    with pytest.raises(Misconfigured):
        Home(devices=[DeviceSettings(id="x", name="x", bus="ble", unit=0, profile=load_profile("sos/ble-field-map"))])


async def test_a_cuff_that_shows_up_is_visited_and_its_measurement_told() -> None:
    home = Home()
    async with home.listening():
        home.receivers["hci0"].say(Advertisement(CUFF, home.clock.now(), -50, uuids=("1810",), receiver="hci0"))
        await home.clock.advance(2)
        home.connector.connection(CUFF).notify("2a35", MEASURED)
        await home.clock.advance(1)
    values = {
        key: value
        for item in home.heard
        if isinstance(item, Batch)
        for key, value in zip(item.points, item.values, strict=True)
    }
    assert (values["systolic_mmhg"], values["diastolic_mmhg"]) == (120, 80)


async def test_a_band_is_made_to_vibrate() -> None:
    home = Home()
    async with home.listening():
        await home.walk(2, BAND)
        order = asyncio.create_task(home.driver.execute("band-1", "vibrate", {}))
        await home.clock.advance(3)
        assert await order == {}
    assert [(mac, value) for _, mac, value in home.connector.written] == [(BAND, b"\x01")]


async def test_what_cannot_be_done_is_refused_before_anything_is_sent() -> None:
    home = Home()
    with pytest.raises(LineLost):
        await home.driver.execute("band-1", "vibrate", {})
    async with home.listening():
        with pytest.raises(NotSupported):
            await home.driver.execute("sos-1", "vibrate", {})
        with pytest.raises(Misconfigured):
            await home.driver.execute("band-1", "vibrate", {"pattern": 1})
        with pytest.raises(Timeout, match="not heard lately"):
            await home.driver.execute("band-1", "vibrate", {})
    assert home.connector.tried == []


async def test_what_hearing_raises_leaves_as_it_is() -> None:
    async def fails(told: Sequence[Heard]) -> Awaitable[object]:
        raise ZeroDivisionError

    home = Home()
    await home.driver.open()
    listening = asyncio.create_task(home.driver.listen(fails))
    await home.clock.advance(0.1)
    await home.press(1)
    await home.clock.advance(5)
    with pytest.raises(ZeroDivisionError):
        await listening
    await home.driver.close()


async def test_cancelled_anywhere_it_leaves_nothing_behind() -> None:
    home = Home(("hci0", "hci1"))
    before = len(asyncio.all_tasks())
    for step in range(CANCEL_POINTS):
        await cancel_at(step, home.driver.open)
        await home.driver.close()
    await home.driver.open()
    for step in range(CANCEL_POINTS):
        await cancel_at(step, lambda: home.driver.listen(home.hear))
    await home.driver.close()
    await home.driver.close()
    assert len(asyncio.all_tasks()) == before
    assert not any(receiver.listening for receiver in home.receivers.values())
