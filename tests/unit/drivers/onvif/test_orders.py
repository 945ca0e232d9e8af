"""What a camera is told to do: once, and with what is known afterwards."""

import asyncio

import pytest

from drivers.api import AnswerLost, DeviceRefused, Misconfigured, NotSupported
from drivers.onvif.calls import Door
from drivers.onvif.orders import obey
from runtime.testing import FakeClock
from tests.fakes.camera import FakeCalls
from tests.unit.drivers.onvif.seeing import target
from wire.reading import Value


async def told(profile: str, command: str, calls: FakeCalls, **args: Value) -> dict[str, Value]:
    return await obey(target(profile), calls, FakeClock(), command, args)


async def test_a_relay_is_released_once_for_as_long_as_was_asked() -> None:
    calls = FakeCalls(FakeClock())
    assert await told("door/relay-station", "pulse_unlock", calls, seconds=7) == {"lock_state": "unlocked"}
    assert calls.done == ["release_relay  7"]


async def test_a_door_whose_answer_is_lost_is_not_told_again() -> None:
    calls = FakeCalls(FakeClock())
    calls.losing = 1
    with pytest.raises(AnswerLost):
        await told("door/onvif-station", "pulse_unlock", calls)
    assert calls.counts["access_door"] == 1


async def test_of_a_door_the_lock_is_read_back() -> None:
    calls = FakeCalls(FakeClock())
    calls.ways_in = (Door("Door_1", True, False),)
    assert await told("door/onvif-station", "pulse_unlock", calls) == {"lock_state": "unlocked"}


async def test_a_lock_that_stays_shut_is_said_to() -> None:
    clock = FakeClock()
    calls = FakeCalls(clock)
    done = asyncio.create_task(obey(target("door/onvif-station"), calls, clock, "pulse_unlock", {}))
    await clock.advance(3.5)
    assert await done == {"lock_state": "locked"}
    calls.refusing["doors"] = DeviceRefused("no doors", 400)
    assert await told("door/onvif-station", "pulse_unlock", calls) == {"lock_state": "unknown"}


@pytest.mark.parametrize(("seconds", "command"), [(True, "pulse_unlock"), (0, "pulse_unlock"), (61, "pulse_unlock")])
async def test_nothing_is_sent_with_arguments_that_make_no_sense(seconds: Value, command: str) -> None:
    calls = FakeCalls(FakeClock())
    with pytest.raises(Misconfigured):
        await told("door/relay-station", command, calls, seconds=seconds)
    assert calls.asked == []


async def test_what_the_profile_has_not_is_not_tried() -> None:
    calls = FakeCalls(FakeClock())
    with pytest.raises(NotSupported):
        await told("camera/onvif", "pulse_unlock", calls)
    assert await told("camera/onvif", "goto_preset", calls, preset=3) == {}
    assert await told("camera/onvif", "reboot", calls) == {}
    assert calls.done == ["go_to_preset 3", "reboot"]
