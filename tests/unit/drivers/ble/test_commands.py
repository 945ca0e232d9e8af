"""Commands on a lent clock: at once, once, and honest about what came of them."""

import asyncio

import pytest

from drivers.api import AnswerLost, LineLost, Timeout
from tests.unit.drivers.ble.visited import PULSE, RING, House, every, running, stream


async def house_writes(house: House, device: str) -> None:
    writing = asyncio.create_task(house.visiting.write(device, RING))
    await house.live(5)
    await writing


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


async def test_a_command_to_a_stream_that_has_just_broken_waits_for_the_next_connection() -> None:
    async with running(House(stream("heart"))) as house:
        await house.live(5)
        house.radio.connection("heart").drop()
        writing = asyncio.create_task(house.visiting.write("heart", RING))
        await house.live(15)
        await writing
        assert len(house.radio.written) == 1
        assert len(house.radio.tried) >= 2
