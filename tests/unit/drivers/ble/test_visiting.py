"""Visits on a lent clock: slots, streams, cuffs that have just measured, devices that spoil it."""

import asyncio
from itertools import pairwise

import pytest

from drivers.api import LineLost
from drivers.ble.visits import VisitTarget
from tests.unit.drivers.ble.visited import BATTERY, PULSE, RING, House, every, running, stream


def pairs(times: list[float]) -> list[tuple[float, float]]:
    return list(pairwise(times))


async def test_two_hundred_are_read_in_a_round_of_five_to_six_minutes_and_again_after_their_period() -> None:
    async with running(House(*(every(f"band-{n}") for n in range(200)))) as house:
        await house.live(360)
        assert {who for _, who, _ in house.told} == set(house.devices)
        assert len(house.told) == 200
        assert house.radio.most == 3
        await house.live(900)
        assert all(len(house.told_by(device)) == 2 for device in house.devices)
        apart = [later - at for device in house.devices for at, later in pairs(house.told_by(device))]
        assert 899.9 < min(apart) <= max(apart) < 905


async def test_the_strongest_signal_comes_first() -> None:
    async with running(House(every("far"), every("near"), every("middle"), slots=2)) as house:
        house.rssi = {"far": -95, "near": -50, "middle": -70}
        await house.live(20)
        assert [who for _, who, _ in house.told] == ["near", "middle", "far"]


async def test_the_eighth_connection_waits_its_turn() -> None:
    streams = [stream(f"stream-{n}") for n in range(5)]
    house = House(*streams, every("visited", 900, 20, PULSE), every("lamp"), every("buzzer"), slots=7)
    house.quiet.update(("lamp", "buzzer"))
    async with running(house):
        await house.live(5)
        assert len(house.radio.open) == 6
        house.visiting.sighted("lamp", "lamp", "hci0", -60)
        house.visiting.sighted("buzzer", "buzzer", "hci0", -60)
        writing = [asyncio.create_task(house.visiting.write(device, RING)) for device in ("lamp", "buzzer")]
        await house.live(2)
        assert (len(house.radio.open), [who for _, who, _ in house.radio.written]) == (7, ["lamp"])
        await house.live(6)
        assert [who for _, who, _ in house.radio.written] == ["lamp", "buzzer"]
        await asyncio.gather(*writing)
        assert (house.radio.most, house.gone) == (7, [])


async def test_an_adapter_with_fewer_slots_than_it_says_is_asked_again_later_and_nobody_is_blamed() -> None:
    house = House(*(every(f"band-{n}") for n in range(6)), slots=7)
    house.radio.slots = 2
    async with running(house):
        await house.live(60)
        assert len({who for _, who, _ in house.told}) == 6
        assert not house.gone


@pytest.mark.parametrize("spoiler", ["absent", "aborts", "stuck"])
async def test_devices_that_spoil_it_cost_the_others_one_lane_of_three(spoiler: str) -> None:
    bad = [f"bad-{n}" for n in range(10)]
    house = House(*(every(device) for device in bad), *(every(f"good-{n}") for n in range(100)))
    getattr(house.radio, spoiler).update(bad)
    house.rssi = dict.fromkeys(bad, -30)
    async with running(house):
        # The first round is made before anybody knows which are bad; it costs a lane each a first attempt.
        await house.live(900)
        good = [f"good-{n}" for n in range(100)]
        assert all(house.told_by(device) for device in good)
        await house.live(900 + 100 * 4.05 / 2)
        assert all(len(house.told_by(device)) >= 2 for device in good)
        assert all(later - at <= 900 + 100 * 4.05 / 2 for device in good for at, later in pairs(house.told_by(device)))
        assert all(2 <= len(house.tried(device)) <= 14 for device in bad)


async def test_a_device_that_is_not_heard_is_not_tried() -> None:
    house = House(every("here"), every("away"))
    house.quiet.add("away")
    async with running(house):
        await house.live(1800)
        assert house.tried("away") == []
        house.quiet.clear()
        await house.live(5)
        assert len(house.told_by("away")) == 1


async def test_an_absent_device_is_tried_again_only_once_it_was_heard_again() -> None:
    house = House(every("band"))
    house.radio.absent.add("band")
    async with running(house):
        await house.live(1)
        house.quiet.add("band")
        await house.live(120)
        assert len(house.tried("band")) == 1
        house.quiet.clear()
        house.radio.absent.clear()
        await house.live(5)
        assert len(house.told_by("band")) == 1
        assert [word.split(":")[0] for _, word in house.gone] == ["timeout"]


async def test_a_cuff_is_visited_each_time_it_begins_to_advertise_and_before_the_others() -> None:
    cuff = VisitTarget("cuff", "seen", 900.0, 20.0, (PULSE, BATTERY))
    house = House(*(every(f"band-{n}") for n in range(100)), cuff, slots=3)
    house.quiet.add("cuff")
    async with running(house):
        await house.live(60)
        house.quiet.clear()
        await house.live(10)
        house.radio.connection("cuff").notify("2a37", b"\x01")
        house.radio.connection("cuff").drop()
        await house.live(60)
        assert len(house.tried("cuff")) == 1
        assert [value for _, who, value in house.told if who == "cuff"] == [b"\x50", b"\x01"]
        house.quiet.add("cuff")
        await house.live(40)
        house.quiet.clear()
        await house.live(10)
        assert len(house.tried("cuff")) == 2


async def test_a_stream_is_kept_up_and_comes_back() -> None:
    async with running(House(stream("heart"))) as house:
        await house.live(5)
        house.radio.connection("heart").notify("2a37", b"\x00\x48")
        house.radio.connection("heart").drop()
        await house.live(10)
        house.radio.connection("heart").notify("2a37", b"\x00\x49")
        assert [value for _, _, value in house.told] == [b"\x00\x48", b"\x00\x49"]
        assert house.gone == [("heart", "line_lost: the stream broke")]


async def test_streams_come_back_within_a_minute_of_a_daemon_that_was_away() -> None:
    house = House(*(stream(f"stream-{n}") for n in range(3)), slots=5)
    async with running(house):
        await house.live(10)
        house.radio.away = LineLost("bluetoothd does not run")
        for device in house.devices:
            house.radio.connection(device).drop()
        await house.live(120)
        house.radio.away = None
        await house.live(60)
        assert sorted(house.radio.open) == house.devices


async def test_no_more_streams_than_slots_less_two() -> None:
    async with running(House(*(stream(f"stream-{n}") for n in range(5)), every("band"), slots=5)) as house:
        await house.live(60)
        assert house.radio.most == 4
        assert len(house.told_by("band")) == 1


async def test_what_a_device_does_not_have_costs_itself_only() -> None:
    house = House(every("band", 900, 20, PULSE, BATTERY))
    house.radio.refuses["2a37"] = 5
    async with running(house):
        await house.live(60)
        assert len(house.told_by("band")) == 1
        assert house.gone == [("band", "device_refused: ATT error")]


async def test_a_visit_that_hangs_is_ended_after_a_minute() -> None:
    house = House(every("band"))
    house.radio.stuck.add("band")
    async with running(house):
        await house.live(64)
        assert house.radio.open == {}
        assert house.gone == [("band", "timeout: the visit was not done within 60 s")]


async def test_a_bus_that_is_closed_and_opened_again_begins_where_it_was() -> None:
    house = House(every("begun"), every("asked"), stream("heart"), slots=5)
    async with running(house):
        await house.live(1)
        assert len(house.radio.open) == 3
    async with running(house):
        for device in house.devices:
            house.visiting.sighted(device, device, "hci0", -60)
        await asyncio.sleep(0)  # connections are to be made, and are not begun
    async with running(house):
        await house.live(10)
        assert sorted(house.radio.open) == ["heart"]
        assert (len(house.told_by("begun")), len(house.told_by("asked")), house.gone) == (1, 1, [])


@pytest.mark.parametrize("fault", [asyncio.CancelledError(), ValueError("a fault of ours")])
async def test_what_nobody_expected_costs_one_visit_and_no_slot(fault: BaseException) -> None:
    house = House(every("band"), slots=2)
    house.radio.away = fault
    async with running(house):
        await house.live(3)
        house.radio.away = None
        await house.live(30)
        assert len(house.told_by("band")) == 1
