"""What does something at a door goes out once: whatever happens to the answer, the camera's own count says so."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from drivers.api import AnswerLost, CorruptAnswer, DeviceRefused, Misconfigured, Timeout
from drivers.onvif.wire.onvif_calls import OnvifCalls
from runtime.testing import FakeClock
from tests.contract.cameras import Station, asking, lent_clock, station

Do: TypeAlias = Callable[[OnvifCalls], Awaitable[None]]

COMMANDS: dict[str, Do] = {
    "AccessDoor": lambda calls: calls.access_door("Door_1"),
    "SetRelayOutputState": lambda calls: calls.release_relay("Relay_1", 1),
    "GotoPreset": lambda calls: calls.go_to_preset(2),
    "SystemReboot": lambda calls: calls.reboot(),
}


def posted(camera: Station, name: str) -> int:
    """Return how often the command came in, whatever became of it."""
    return sum(f":{name}>".encode() in one.body for one in camera.heard)


async def warm(calls: OnvifCalls) -> None:
    """Have everything asked that is asked before a command."""
    await calls.doors()
    await calls.profiles()


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("believes", ["wsse", "digest"])
async def test_a_lost_answer_is_told_and_nothing_is_sent_again(name: str, believes: str) -> None:
    async with station(authentication=believes) as camera, asking(camera) as calls:
        await warm(calls)
        camera.faults(lose_answers=1)
        with pytest.raises(AnswerLost):
            await COMMANDS[name](calls)
        assert camera.done() == [name]


@pytest.mark.parametrize("name", ["AccessDoor", "SetRelayOutputState"])
async def test_what_was_cut_off_is_not_known_to_be_undone_and_is_not_sent_again(name: str) -> None:
    async with station() as camera, asking(camera) as calls:
        await COMMANDS[name](calls)
        camera.drops = 1
        with pytest.raises(AnswerLost):
            await COMMANDS[name](calls)
        assert posted(camera, name) == 2
        assert camera.done() == [name]


@pytest.mark.parametrize(
    "fault", [{"truncated": True}, {"bomb": True}, {"huge_mb": 2}, {"frozen": True}, {"drip_s": 1.0}]
)
async def test_an_answer_that_cannot_be_read_is_a_lost_one(fault: dict[str, bool | int | float]) -> None:
    clock = lent_clock()
    async with station(clock=clock) as camera, asking(camera, clock) as calls:
        await warm(calls)
        camera.faults(**fault)
        opening = asyncio.create_task(calls.access_door("Door_1"))
        while not opening.done():
            await clock.advance(0.5)
        with pytest.raises(AnswerLost):
            await opening
        assert posted(camera, "AccessDoor") == 1


async def test_what_never_left_is_no_lost_answer() -> None:
    async with station() as camera, asking(camera) as calls:
        await warm(calls)
        await camera.server.stop()
        with pytest.raises(Timeout, match="cannot be reached"):
            await calls.access_door("Door_1")
        assert camera.done() == []


async def test_a_redirect_and_a_refusal_are_answers_too() -> None:
    async with station() as camera, asking(camera) as calls:
        await warm(calls)
        camera.door.rest("Blocked")
        with pytest.raises(DeviceRefused, match="Failed"):
            await calls.access_door("Door_1")
        camera.faults(redirect="http://127.0.0.1:9/")
        with pytest.raises(CorruptAnswer, match="redirect"):
            await calls.access_door("Door_1")
        assert posted(camera, "AccessDoor") == 2
        assert camera.done() == []


async def test_a_command_waits_for_no_connection_that_was_kept() -> None:
    async with station() as camera, asking(camera) as calls:
        await warm(calls)
        before = camera.truth()["connections"]
        await calls.access_door("Door_1")
        assert camera.truth()["connections"] == before + 1


async def test_a_question_is_asked_again_once() -> None:
    async with station() as camera, asking(camera) as calls:
        await calls.product()
        camera.drops = 1
        await calls.product()
        assert posted(camera, "GetDeviceInformation") == 3
        camera.drops = 2
        with pytest.raises(Timeout):
            await calls.product()
        assert posted(camera, "GetDeviceInformation") == 5


async def test_subscriptions_are_not_made_twice_nor_events_taken_twice() -> None:
    async with station() as camera, asking(camera) as calls:
        address = await calls.subscribe(60)
        camera.drops = 1
        with pytest.raises(Timeout):
            await calls.pull(address, 1, 10)
        await calls.pull(address, 1, 10)
        assert posted(camera, "PullMessages") == 2
        await calls.product()
        services = camera.truth()["requests"]["tds:GetServices"]
        camera.edit = lambda answer: None if b"CreatePullPoint" in answer.body else answer
        with pytest.raises(Timeout):
            await calls.subscribe(60)
        assert camera.truth()["subscriptions"]["created"] == 2
        assert camera.truth()["requests"]["tds:GetServices"] == services + 1


@pytest.mark.parametrize("lacking", [(), ("tmd:",)])
async def test_an_output_that_would_stay_is_first_set_to_let_go_by_itself(lacking: tuple[str, ...]) -> None:
    clock = lent_clock()
    async with station(clock=clock) as camera:
        async with asking(camera, clock) as calls:
            camera.relay.mode, camera.lacking = "Bistable", lacking
            with pytest.raises(Misconfigured, match="seconds"):
                await calls.release_relay("Relay_1", 0)
            assert camera.done() == []
            await calls.release_relay("Relay_1", 3)
            assert camera.done() == ["SetRelayOutputSettings", "SetRelayOutputState"]
            assert (camera.relay.active, camera.relay.mode, camera.relay.delay_s) == (True, "Monostable", 3)
        await clock.advance(3)
        assert not camera.relay.active  # with nobody there any more who could have told it


async def test_one_that_cannot_be_set_so_is_not_put_at_all() -> None:
    async with station() as camera, asking(camera) as calls:
        camera.relay.mode = "Bistable"
        camera.lacking = ("tmd:SetRelayOutputSettings", "tds:SetRelayOutputSettings")
        with pytest.raises(Misconfigured, match="let go by itself"):
            await calls.release_relay("Relay_1", 3)
        assert camera.done() == []
        assert not camera.relay.active


async def test_one_that_lets_go_after_its_own_time_is_put_whatever_it_says_of_ours() -> None:
    async with station() as camera, asking(camera) as calls:
        camera.lacking = ("tmd:SetRelayOutputSettings", "tds:SetRelayOutputSettings")
        await calls.release_relay("Relay_1", 30)
        assert camera.done() == ["SetRelayOutputState"]


async def until(clock: FakeClock, so: Callable[[], bool]) -> None:
    """Let time pass until it is so."""
    for _ in range(200):
        if so():
            return
        await clock.advance(0.1)
    raise AssertionError("it never was so")
