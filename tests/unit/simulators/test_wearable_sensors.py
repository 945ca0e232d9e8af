"""Health corners and sensors of homes on a lent clock: told once, sealed, numbered, and gone when nobody came."""

import pytest

from simulators.ble.wearables.homes import Button, DoorContact, MiMotion, MotionSensor
from simulators.ble.wearables.stations import OFFERED_S, Cuff, Oximeter
from tests.fakes.ether import Line, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_cuff_is_silent_until_it_has_measured_and_tells_it_once(scene: Scene) -> None:
    cuff = Cuff(scene.body())
    async with scene.running(cuff):
        assert scene.ear.got == []
        cuff.measure(systolic=131, diastolic=84, pulse=70)
        await scene.clock.advance(2)
        assert scene.ear.got[-1].uuids == ("1810",)
        assert scene.air.peripheral(cuff.address) is cuff
        line = Line(cuff)
        await scene.clock.advance(2)
        assert line.told == []
        notifying = cuff.services[0].characteristics[0].notifying
        assert notifying is not None
        notifying(True)
        await scene.clock.advance(1.2)
        assert [(which, value[1:7].hex()) for which, value in line.told] == [("2a35", "830054006400")]
        assert line.dropped
        scene.ear.got.clear()
        await scene.clock.advance(OFFERED_S)
        assert scene.ear.got == []
        assert scene.air.peripheral(cuff.address) is None
    assert [(one["what"], one["told"], one["systolic"]) for one in cuff.truth()["happened"]] == [
        ("measured", True, 131)
    ]


async def test_a_result_that_nobody_fetches_is_gone(scene: Scene) -> None:
    oximeter = Oximeter(scene.body())
    async with scene.running(oximeter):
        oximeter.measure()
        await scene.clock.advance(OFFERED_S + 2)
        assert not oximeter.truth()["waits"]
        scene.ear.got.clear()
        await scene.clock.advance(60)
        assert scene.ear.got == []
    assert not oximeter.truth()["happened"][0]["told"]


async def test_a_button_sends_one_packet_several_times(scene: Scene) -> None:
    button = Button(scene.body(every_s=1000))
    async with scene.running(button):
        scene.ear.got.clear()
        number = button.press("long")
        await scene.clock.advance(2)
    data = [one.services["fcd2"] for one in scene.ear.got]
    assert len(data) == 5
    assert set(data) == {bytes([0x44, 0x00, number, 0x01, button.battery_pct, 0x3A, 0x04])}
    assert [(one["what"], one["number"], one["kind"]) for one in button.truth()["happened"]] == [
        ("pressed", number, "long")
    ]


async def test_a_sealed_sensor_counts_on_and_an_old_packet_can_be_replayed(scene: Scene) -> None:
    door = DoorContact(scene.body(every_s=1000, key=bytes(16)))
    async with scene.running(door):
        scene.ear.got.clear()
        door.open()
        await scene.clock.advance(2)
        door.close()
        await scene.clock.advance(2)
        sent = list(dict.fromkeys(one.services["fcd2"] for one in scene.ear.got))
        scene.ear.got.clear()
        assert door.replay()
        await scene.clock.advance(1)
    assert len(sent) == 2
    counters = [int.from_bytes(data[-8:-4], "little") for data in sent]
    assert counters[1] == counters[0] + 1
    assert [one.services["fcd2"] for one in scene.ear.got] == [sent[0]]
    assert [one["what"] for one in door.truth()["happened"]] == ["opened", "closed"]


async def test_motion_is_told_and_taken_back_by_one_and_only_told_by_the_other(scene: Scene) -> None:
    plain, mi = MotionSensor(scene.body(1, every_s=1000)), MiMotion(scene.body(2, every_s=1000))
    async with scene.running(plain, mi):
        scene.ear.got.clear()
        for sensor in (plain, mi):
            sensor.move()
            await scene.clock.advance(2)
            sensor.still()
            await scene.clock.advance(2)
    told = list(dict.fromkeys(tuple(one.services.items()) for one in scene.ear.got))
    assert [[uuid for uuid, _ in services] for services in told] == [["fcd2"], ["fcd2"], ["fe95"]]
    assert [services[0][1][-2:] for services in told[:2]] == [b"\x21\x01", b"\x21\x00"]
