"""A radio that goes deaf is noticed, brought back by the rung that helps, and talked of twice: when lost, when back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from drivers.api import LineLost, Misconfigured
from drivers.ble.advertisement import Advertisement
from drivers.ble.radio import Radio
from runtime.testing import FakeClock
from tests.fakes.air import FakeReceiver

BAND = Advertisement("C0:00:00:00:00:01", 0, -60, companies={0x0157: b"\x02\x01\x00\x48"})
EMPTY = Advertisement("C0:00:00:00:00:02", 0, -60)


class Site:
    """A radio with its adapter, a clock, and what was heard."""

    def __init__(self, name: str = "hci0", *, can_reset: bool = True, deaf_s: float = 90.0) -> None:
        self.clock = FakeClock()
        self.receiver = FakeReceiver(name, can_reset=can_reset)
        self.heard: list[Advertisement] = []
        self.radio = Radio(self.receiver, self.clock, deaf_s=deaf_s, heard=self.heard.append)

    async def pass_by(self, seconds: float, *, advertising: bool = True) -> None:
        """Let ``seconds`` pass, a band advertising in each of them."""
        for _ in range(round(seconds)):
            await self.clock.advance(1.0)
            if advertising:
                self.receiver.say(BAND)
        await self.clock.advance(0.0)

    def tried(self) -> list[str]:
        """Return what was done about it, without what goes with every new scanner."""
        return [call for call in self.receiver.calls if call in ("power_cycle", "reset")]


@asynccontextmanager
async def kept(site: Site) -> AsyncIterator[Site]:
    """Keep a site's radio for as long as the block lasts; nothing is left afterwards."""
    name = site.receiver.name
    await site.radio.start()
    keeping = asyncio.create_task(site.radio.keep(), name=f"{name} kept")
    try:
        yield site
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await site.radio.stop()
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith(name)]
        assert not site.receiver.listening


async def test_it_hears_and_leaves_the_adapter_alone() -> None:
    async with kept(Site()) as site:
        await site.pass_by(600)
        assert site.radio.deaf == ""
        assert len(site.heard) == 600
        assert site.receiver.calls == ["start"]


@pytest.mark.parametrize(
    ("cure", "tried", "within_s"),
    [("start", [], 17), ("power_cycle", ["power_cycle"], 37), ("reset", ["power_cycle", "reset"], 62)],
)
async def test_silence_is_noticed_and_ended_by_the_first_rung_that_helps(
    cure: str, tried: list[str], within_s: int
) -> None:
    with capture_logs() as logs:
        async with kept(Site()) as site:
            await site.pass_by(300)
            site.receiver.deafen(cure)
            await site.pass_by(89)
            assert site.radio.deaf == ""
            await site.pass_by(1 if cure == "start" else 2)
            assert [line["event"] for line in logs][:1] == ["radio_lost"]
            await site.pass_by(within_s)
            assert site.radio.deaf == ""
            assert site.tried() == tried
            await site.pass_by(300)
            assert site.tried() == tried
    assert [(line["event"], line["adapter"]) for line in logs] == [("radio_lost", "hci0"), ("radio_back", "hci0")]
    assert logs[0]["why"] == "silent for 90 s"
    assert 0 <= logs[1]["after_s"] <= within_s


async def test_what_the_stack_says_is_believed_at_once() -> None:
    with capture_logs() as logs:
        async with kept(Site()) as site:
            await site.pass_by(10)
            site.receiver.lose("daemon restarted")
            await site.clock.advance(0.0)
            assert site.radio.deaf == "daemon restarted"
            assert site.receiver.calls == ["start", "stop", "start"]
            await site.pass_by(1)
            assert site.radio.deaf == ""
    assert [line["event"] for line in logs] == ["radio_lost", "radio_back"]
    assert logs[1]["after_s"] == 1.0


async def test_a_daemon_that_takes_its_time_is_waited_for_before_anything_is_switched_off() -> None:
    async with kept(Site()) as site:
        site.receiver.fail([LineLost("bluetoothd does not run")] * 2)
        site.receiver.lose("daemon gone")
        await site.clock.advance(0.0)
        assert site.radio.deaf == "daemon gone; bluetoothd does not run"
        await site.pass_by(8)
        assert site.radio.deaf == ""
        assert site.tried() == []


async def test_an_adapter_that_somebody_switched_off_is_switched_on() -> None:
    async with kept(Site()) as site:
        site.receiver.off = True
        site.receiver.lose("adapter off")
        await site.pass_by(14)
        assert site.radio.deaf == "adapter off; the adapter is switched off"
        await site.pass_by(3)
        assert site.radio.deaf == ""
        assert site.tried() == ["power_cycle"]


async def test_a_stack_that_hangs_does_not_hold_the_ladder_up() -> None:
    async with kept(Site()) as site:
        site.receiver.hanging = {"start", "power_cycle"}
        site.receiver.lose("daemon gone")
        await site.pass_by(60)
        assert site.tried() == ["power_cycle", "reset"]
        assert site.radio.deaf == "daemon gone; the stack does not answer in time"
        site.receiver.hanging = set()
        await site.pass_by(10)
        assert site.radio.deaf == ""


async def test_it_is_lost_anew_while_it_is_brought_back() -> None:
    with capture_logs() as logs:
        async with kept(Site()) as site:
            site.receiver.deafen("power_cycle")
            await site.pass_by(95)
            site.receiver.lose("daemon gone")
            await site.pass_by(12)
            assert site.radio.deaf == ""
            assert site.tried() == ["power_cycle"]
    assert [line["event"] for line in logs] == ["radio_lost", "radio_back"]


async def test_empty_advertisements_are_no_sign_of_life() -> None:
    async with kept(Site()) as site:
        for _ in range(91):
            await site.clock.advance(1.0)
            site.receiver.say(EMPTY)
        assert site.radio.deaf == "silent for 90 s"
        assert len(site.heard) == 91


async def test_a_chip_that_cannot_be_reset_still_listens_and_is_not_asked_again() -> None:
    async with kept(Site(can_reset=False)) as site:
        site.receiver.deafen()
        await site.pass_by(1200)
        assert site.tried().count("reset") == 1
        assert site.receiver.listening


async def test_where_nothing_is_in_reach_it_is_said_and_little_is_switched_off() -> None:
    with capture_logs() as logs:
        async with kept(Site()) as site:
            await site.pass_by(7200, advertising=False)
            assert site.radio.deaf == (
                "silent for 90 s; it scans, and a new scanner, switching the adapter off and on, resetting its "
                "hardware did not help: perhaps nothing is in reach"
            )
            assert site.tried().count("power_cycle") <= 15
            assert site.receiver.listening
            await site.pass_by(1)
            assert site.radio.deaf == ""
    assert [line["event"] for line in logs] == ["radio_lost", "radio_back"]


async def test_a_radio_that_hears_nothing_at_the_start_is_tried_again() -> None:
    site = Site()
    site.receiver.fail([LineLost("there is no adapter hci0")])
    with pytest.raises(LineLost):
        await site.radio.start()
    assert site.radio.deaf == "there is no adapter hci0"
    await site.radio.stop()
    async with kept(site):
        await site.pass_by(1)
        assert site.radio.deaf == ""


async def test_a_start_that_cannot_work_is_told_as_such() -> None:
    site = Site()
    site.receiver.fail([Misconfigured("this user may not use Bluetooth")])
    with pytest.raises(Misconfigured):
        await site.radio.start()
    await site.radio.stop()


async def test_it_goes_on_where_it_was_after_it_was_stopped_and_started() -> None:
    site = Site()
    async with kept(site):
        site.receiver.deafen("power_cycle")
        await site.pass_by(92)
        assert site.radio.deaf == "silent for 90 s"
    await site.clock.advance(20.0)
    async with kept(site):
        assert site.tried() == ["power_cycle"]
        await site.pass_by(1)
        assert site.radio.deaf == ""


async def test_stopping_and_starting_does_not_undo_the_rarity_of_hard_measures() -> None:
    site = Site()
    site.receiver.deafen()
    for _ in range(60):
        async with kept(site):
            await site.pass_by(60)
        await site.clock.advance(60.0)
    assert site.tried().count("power_cycle") <= 15


async def test_time_that_passes_while_it_is_stopped_is_no_silence() -> None:
    site = Site()
    async with kept(site):
        await site.pass_by(5)
    await site.clock.advance(3600.0)
    async with kept(site):
        await site.pass_by(80, advertising=False)
        assert site.radio.deaf == ""


async def test_each_adapter_is_brought_back_for_itself() -> None:
    one, other = Site("hci0"), Site("hci1")
    async with kept(one), kept(other):
        one.receiver.deafen("power_cycle")
        for _ in range(100):
            await one.pass_by(1)
            await other.pass_by(1)
        assert one.radio.deaf != ""
        assert other.radio.deaf == ""
        assert other.receiver.calls == ["start"]


async def test_it_may_be_stopped_in_any_state() -> None:
    site = Site()
    await site.radio.stop()
    await site.radio.start()
    await site.radio.stop()
    await site.radio.stop()
    for seconds in (91, 106, 126, 151, 400):
        site = Site()
        async with kept(site):
            site.receiver.deafen()
            await site.pass_by(seconds)
        site.receiver.lose("daemon gone")
        await site.radio.stop()
