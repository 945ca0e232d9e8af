"""Wearables on a lent clock: what they send when, who can connect to them, and the truth about it."""

import asyncio

import pytest

from simulators.ble.wearables.addresses import resolvable_address
from simulators.ble.wearables.bands import HeartRateBand, MiBand
from simulators.ble.wearables.callers import CALLING_S, FallBand, Pendant
from simulators.ble.wearables.crowd import Crowd
from simulators.ble.wearables.homes import HomeSensor
from simulators.ble.wearables.kinds import KINDS
from simulators.ble.wearables.payloads import FALL, LAYOUT_COMPANY, SOS, TEST, WORN
from simulators.ble.wearables.stations import Station
from simulators.ble.wearables.strangers import Phone
from tests.fakes.ether import Line, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_press_is_in_the_air_at_once_and_fast_with_its_number_for_a_while(scene: Scene) -> None:
    pendant = Pendant(scene.body())
    async with scene.running(pendant):
        assert [data[3:5] for data in scene.ear.calls()] == [bytes([0, 0])]
        scene.ear.got.clear()
        assert pendant.press() == 1
        await scene.clock.advance(0)
        assert scene.ear.got[0].companies[LAYOUT_COMPANY][3:5] == bytes([SOS, 1])
        await scene.clock.advance(CALLING_S - 0.1)
        assert len(scene.ear.got) >= 40
        await scene.clock.advance(3)
        assert [data[3:5] for data in scene.ear.calls()] == [bytes([SOS, 1]), bytes([0, 1])]
    happened = pendant.truth()["happened"]
    assert [(one["what"], one["number"]) for one in happened] == [("sos", 1)]
    assert happened[0]["aired"] >= 40


async def test_the_flags_are_those_of_the_last_event_and_a_band_falls_only_while_it_is_worn(scene: Scene) -> None:
    band = FallBand(scene.body())
    async with scene.running(band):
        scene.ear.got.clear()
        for do in (band.fall, band.press, band.test):
            assert do() is not None
            await scene.clock.advance(1)
        band.take_off()
        assert band.fall() is None
        await scene.clock.advance(CALLING_S + 1)
    flags = [(data[3], data[4]) for data in dict.fromkeys(data[:5] for data in scene.ear.calls())]
    assert flags == [(FALL | WORN, 1), (SOS | WORN, 2), (TEST | WORN, 3), (TEST, 3), (0, 3)]
    assert scene.ear.calls()[-1][6] == 0xFF
    assert [one["what"] for one in band.truth()["happened"]] == ["fall", "sos", "test"]


async def test_a_call_ends_soon_when_all_is_to_be_calm(scene: Scene) -> None:
    pendant = Pendant(scene.body())
    async with scene.running(pendant):
        pendant.press()
        pendant.calm()
        await scene.clock.advance(2.9)
        assert pendant.truth()["calling"]
        await scene.clock.advance(0.2)
        assert not pendant.truth()["calling"]


async def test_who_walks_away_fades_and_cannot_be_reached_until_they_are_back(scene: Scene) -> None:
    band = HeartRateBand(scene.body(rssi=-60))
    async with scene.running(band):
        assert scene.air.peripheral(band.address) is band
        band.walk_away(over_s=20)
        await scene.clock.advance(10)
        assert -95 < scene.ear.got[-1].rssi < -80
        await scene.clock.advance(12)
        scene.ear.got.clear()
        assert scene.air.peripheral(band.address) is None
        assert scene.ear.gone == [band.address]
        await scene.clock.advance(60)
        assert scene.ear.got == []
        band.come_back(over_s=5)
        await scene.clock.advance(8)
        assert scene.ear.got
        assert scene.air.peripheral(band.address) is band


async def test_a_flat_battery_is_slow_and_then_silent_until_it_is_changed(scene: Scene) -> None:
    pendant = Pendant(scene.body())
    async with scene.running(pendant):
        pendant.run_flat(over_s=120)
        await scene.clock.advance(60)
        scene.ear.got.clear()
        await scene.clock.advance(57)
        assert 8 <= len(scene.ear.got) <= 11
        await scene.clock.advance(30)
        scene.ear.got.clear()
        assert pendant.press() is None
        await scene.clock.advance(30)
        assert scene.ear.got == []
        pendant.new_battery()
        await scene.clock.advance(7)
        assert scene.ear.got[-1].companies[LAYOUT_COMPANY][5] == 100


async def test_an_address_changes_and_its_key_still_tells_whose_it_is(scene: Scene) -> None:
    irk = bytes(range(16))
    band = HeartRateBand(scene.body(irk=irk))
    async with scene.running(band):
        assert band.rotate()
        await scene.clock.advance(2)
    addresses = list(dict.fromkeys(one.address for one in scene.ear.got))
    assert len(addresses) == 2
    for address in addresses:
        assert resolvable_address(irk, int(address.replace(":", "")[:6], 16)) == address
    assert not Pendant(scene.body()).rotate()


async def test_garbage_never_looks_like_the_layout_that_it_spoils(scene: Scene) -> None:
    pendant = Pendant(scene.body(every_s=0.1))
    async with scene.running(pendant):
        scene.ear.got.clear()
        pendant.garble(for_s=20)
        pendant.calling_s = 10
        pendant.press()
        await scene.clock.advance(19)
        spoilt = [one.companies[LAYOUT_COMPANY] for one in scene.ear.got]
        await scene.clock.advance(2)
        assert scene.ear.got[-1].companies[LAYOUT_COMPANY][:2] == b"LL"
    assert len(spoilt) > 90
    assert not any(data[:1] == b"L" and len(data) > 2 for data in spoilt)
    assert pendant.truth()["happened"][0]["aired"] == 0


async def test_a_band_tells_its_rate_while_it_is_connected_and_buzzes(scene: Scene) -> None:
    band = HeartRateBand(scene.body(name="Band"))
    async with scene.running(band):
        line = Line(band)
        scene.ear.got.clear()
        await scene.clock.advance(5)
        band.take_off()
        await scene.clock.advance(2)
        assert scene.ear.got == []
        alert = band.services[2].characteristics[0]
        assert alert.write is not None
        alert.write(b"\x02")
        band.disconnected()
        await scene.clock.advance(2)
        assert scene.ear.got
    assert {characteristic for characteristic, _ in line.told} == {"2a37"}
    assert [value[0] for _, value in line.told] == [6] * 5 + [4] * 2
    assert [one["level"] for one in band.truth()["commands"]] == ["02"]


async def test_a_mi_band_tells_a_rate_only_while_it_takes_one(scene: Scene) -> None:
    band = MiBand(scene.body())
    async with scene.running(band):
        assert scene.ear.got[-1].companies[0x0157][3] == 0xFF
        band.exercise()
        await scene.clock.advance(2)
        said = scene.ear.got[-1]
        assert said.companies[0x0157][3] == pytest.approx(band.vitals.heart_rate, abs=2)
        assert said.companies[0x0157][-6:].hex(":").upper() == band.own_address
        assert int.from_bytes(said.services["fee0"], "little") == pytest.approx(band.vitals.steps, abs=1)


async def test_a_phone_changes_its_address_by_itself(scene: Scene) -> None:
    phone = Phone(scene.body(every_s=30))
    async with scene.running(phone):
        await scene.clock.advance(3600)
    assert 4 <= len({one.address for one in scene.ear.got}) <= 6


@pytest.mark.parametrize("model", sorted(KINDS))
async def test_every_kind_sends_what_fits_the_air_and_gives_account(scene: Scene, model: str) -> None:
    made = KINDS[model](scene.body(5))
    if isinstance(made, Station):
        made.measure()
    async with scene.running(made):
        await scene.clock.advance(12)
    assert scene.ear.got
    assert made.truth()["sent"] == len(scene.ear.got)
    assert all(callable(getattr(made, deed)) for deed in made.deeds)
    for one in scene.ear.got:
        size = sum(4 + len(data) for data in (*one.companies.values(), *one.services.values()))
        assert size + 4 * len(one.uuids) <= 62
    if isinstance(made, HomeSensor):
        assert made.deeds >= {"replay"}


async def test_a_crowd_is_the_same_for_a_seed_and_lives(scene: Scene) -> None:
    crowds = [Crowd(60, seed, scene.air, scene.clock) for seed in (3, 3, 4)]
    drawn = [[(one.model, one.address) for one in crowd.wearables.values()] for crowd in crowds]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len({model for model, _ in drawn[0]}) > 10
    tasks = [asyncio.create_task(crowds[0].run()), asyncio.create_task(crowds[0].live(2.0))]
    await scene.clock.advance(120)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    truth = crowds[0].truth()
    assert {one["what"] for account in truth.values() for one in account["happened"]} >= {"sos", "fall"}
    assert len({one.address for one in scene.ear.got}) > 50
