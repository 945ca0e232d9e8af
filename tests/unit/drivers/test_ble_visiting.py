"""Visits on a lent clock: slots, streams, cuffs that have just measured, devices that spoil it, commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from config.bluetooth import Characteristic, GattWrite
from drivers.api import AnswerLost, LineLost, Timeout
from drivers.ble.visiting import Visiting
from drivers.ble.visits import VisitTarget
from runtime.testing import FakeClock
from tests.fakes.connecting import FakeConnector

BATTERY = Characteristic(service="180f", characteristic="2a19")
PULSE = Characteristic(service="180d", characteristic="2a37", how="notify")
RING = GattWrite(service="1802", characteristic="2a06", value="02", answer=True)


def every(device: str, period_s: float = 900.0, stay_s: float = 20.0, *reads: Characteristic) -> VisitTarget:
    return VisitTarget(device, "every", period_s, stay_s, reads or (BATTERY,))


def stream(device: str) -> VisitTarget:
    return VisitTarget(device, "stream", 900.0, 20.0, (PULSE,))


class House:
    """A house full of devices, each of which advertises every second until told otherwise; ``hci0`` hears them."""

    def __init__(self, *targets: VisitTarget, slots: int = 7) -> None:
        self.clock = FakeClock()
        self.radio = FakeConnector(self.clock, slots=slots, values={"2a19": b"\x50"})
        self.told: list[tuple[float, str, bytes]] = []
        self.gone: list[tuple[str, str]] = []
        self.quiet: set[str] = set()
        self.rssi: dict[str, int] = {}
        self.devices = [target.device for target in targets]
        self.visiting = Visiting(
            targets, {"hci0": self.radio}, self.clock, slots=slots,
            told=lambda device, _, value: self.told.append((self.clock.monotonic(), device, value)),
            gone=lambda device, why: self.gone.append((device, why)),
        )  # fmt: skip

    async def live(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            for device in self.devices:
                if device not in self.quiet and device not in self.radio.open:
                    self.visiting.sighted(device, device, "hci0", self.rssi.get(device, -60))
            await self.clock.advance(1.0)

    def told_by(self, device: str) -> list[float]:
        return [at for at, who, _ in self.told if who == device]

    def tried(self, device: str) -> list[float]:
        return [at for at, who in self.radio.tried if who == device]


@asynccontextmanager
async def running(house: House) -> AsyncIterator[House]:
    task = asyncio.create_task(house.visiting.run())
    await asyncio.sleep(0)
    try:
        yield house
    finally:
        task.cancel()
        await house.clock.advance(20.0)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert house.radio.open == {}
        assert len(asyncio.all_tasks()) == 1


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


async def house_writes(house: House, device: str) -> None:
    writing = asyncio.create_task(house.visiting.write(device, RING))
    await house.live(5)
    await writing


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


def pairs(times: list[float]) -> list[tuple[float, float]]:
    return list(pairwise(times))


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


async def test_a_command_gets_the_slot_that_is_kept_free() -> None:
    house = House(*(every(f"band-{n}", 900, 20, PULSE) for n in range(20)), slots=2)
    async with running(house):
        await house.live(5)
        writing = asyncio.create_task(house.visiting.write("band-9", RING))
        await house.live(3)
        assert writing.done()
        await writing
        assert [(who, value) for _, who, value in house.radio.written] == [("band-9", b"\x02")]


async def test_a_command_uses_the_connection_that_there_is() -> None:
    async with running(House(stream("heart"))) as house:
        await house.live(5)
        await house_writes(house, "heart")
        assert len(house.radio.tried) == 1


async def test_a_command_whose_answer_is_lost_is_said_to_be_and_not_sent_again() -> None:
    async with running(House(stream("heart"))) as house:
        await house.live(5)
        house.radio.stuck.add("heart")
        writing = asyncio.create_task(house.visiting.write("heart", RING))
        await house.live(1)
        house.radio.connection("heart").drop()
        await house.live(60)
        with pytest.raises(AnswerLost):
            await writing
        assert len(house.radio.written) == 1


async def test_a_command_that_nobody_confirms_is_unknown_on_a_fresh_connection_too() -> None:
    house = House(every("band"))
    async with running(house):
        await house.live(10)
        house.radio.stuck.add("band")
        writing = asyncio.create_task(house.visiting.write("band", RING))
        await house.live(30)
        with pytest.raises(AnswerLost):
            await writing
        assert len(house.radio.written) == 1


async def test_a_command_to_a_device_that_is_not_heard_or_cannot_be_reached_was_not_sent() -> None:
    house = House(every("band"))
    async with running(house):
        with pytest.raises(Timeout):
            await house.visiting.write("band", RING)
        house.radio.aborts.add("band")
        await house.live(5)
        writing = asyncio.create_task(house.visiting.write("band", RING))
        await house.live(40)
        with pytest.raises(Timeout):
            await writing
        assert not house.radio.written
        assert len(house.radio.tried) > 3


async def test_commands_that_wait_when_the_bus_is_closed_are_told() -> None:
    house = House(every("band"))
    house.radio.absent.add("band")
    async with running(house):
        await house.live(2)
        writing = asyncio.create_task(house.visiting.write("band", RING))
        await house.live(1)
    with pytest.raises(LineLost):
        await writing
