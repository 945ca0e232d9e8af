"""A camera is looked at and asked: what it says, what it does not say, and what is wrong with its picture."""

import asyncio
from concurrent.futures import Executor, Future
from typing import Any

from drivers.api import CorruptAnswer, DeviceRefused, Misconfigured, NotSupported, Timeout
from drivers.onvif.calls import MediaProfile, Recorded
from drivers.onvif.health.watch import RARELY_S, REFUSED_S, SPREAD_S, HealthWatch
from runtime.testing import FakeClock
from simulators.onvif.picture import jpeg
from tests.fakes.camera import FakeCalls, FakeVoice
from tests.unit.drivers.onvif.seeing import target
from wire.reading import Quality, Value


class AtOnce(Executor):
    """A thread that takes no time: what it is given is done when ``submit`` returns."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for the result
            done.set_exception(error)
        return done


class Watched:
    """A pretended camera that is watched on lent time; ``scene`` is what it sees."""

    def __init__(self, profile: str = "camera/onvif") -> None:
        self.clock = FakeClock()
        self.calls, self.voice = FakeCalls(self.clock), FakeVoice()
        self.watch = HealthWatch(self.calls, self.voice, self.clock, target(profile), threads=AtOnce())
        self.moment = 0

    async def __aenter__(self) -> "Watched":
        self.see("normal")
        self._task = asyncio.create_task(self.watch.run())
        await self.clock.advance(SPREAD_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def see(self, scene: str) -> None:
        self.moment += 1
        self.calls.jpeg = jpeg(scene, self.moment)

    async def minutes(self, scene: str, looks: int) -> None:
        for _ in range(looks):
            self.see(scene)
            await self.clock.advance(60)

    def told(self, point: str) -> list[tuple[Value, Quality]]:
        return [each[point] for each in self.voice.stood if point in each]

    def states(self) -> list[Value]:
        said = [value for value, _ in self.told("picture_state")]
        return [one for one, before in zip(said, [None, *said], strict=False) if one != before]


async def test_what_a_camera_has_is_asked_and_told_with_its_quality() -> None:
    async with Watched() as one:
        one.calls.offset_s = 7200.04
        await one.clock.advance(300)
    assert one.told("time_offset_s") == [(0.0, Quality.GOOD), (7200.0, Quality.GOOD)]
    assert one.told("fps")[0] == (25.0, Quality.UNCERTAIN)
    assert one.told("bitrate_kbps")[0] == (4096, Quality.UNCERTAIN)
    assert one.told("recording")[0] == (True, Quality.GOOD)
    assert one.told("storage_days")[0] == (30.0, Quality.GOOD)
    assert 130 < float(one.told("mean_luma")[0][0] or 0) < 140
    assert one.told("sharpness")[0][1] is Quality.GOOD
    assert not one.told("clock_offset_s"), "that is what another class calls it"


async def test_of_a_door_only_its_clock_is_asked() -> None:
    async with Watched("door/onvif-station") as one:
        await one.clock.advance(600)
    assert set(one.calls.counts) == {"clock_offset_s"}


async def test_a_video_that_runs_here_is_believed_before_what_is_set() -> None:
    async with Watched() as one:
        one.watch.measured(14.8, 1800)
        await one.clock.advance(60)
        assert one.told("fps")[-1] == (14.8, Quality.GOOD)
        assert one.told("bitrate_kbps")[-1] == (1800, Quality.GOOD)
        await one.clock.advance(400)
        assert one.told("fps")[-1] == (25.0, Quality.UNCERTAIN)


async def test_the_largest_video_is_the_one_that_is_told() -> None:
    async with Watched() as one:
        small = MediaProfile("P2", "sub", "H264", 640, 360, 12.0, 512)
        one.calls.videos = (small, MediaProfile("P1", "main", "H265", 2560, 1440, 20.0, None))
        await one.clock.advance(300)
    assert one.told("fps")[-1] == (20.0, Quality.UNCERTAIN)
    assert one.told("bitrate_kbps")[-1] == (None, Quality.NO_VALUE)


async def test_what_a_camera_has_not_is_said_once_and_asked_rarely() -> None:
    one = Watched()
    for name in ("recorded", "picture"):
        one.calls.refusing[name] = NotSupported("there is none")
    async with one:
        await one.clock.advance(RARELY_S - 60)
        assert (one.calls.counts["recorded"], one.calls.counts["picture"]) == (1, 1)
        assert one.told("storage_days") == one.told("recording") == [(None, Quality.NO_VALUE)]
        assert one.told("mean_luma") == [(None, Quality.NO_VALUE)]
        assert one.told("picture_state") == [("unknown", Quality.GOOD)]
        del one.calls.refusing["recorded"]
        await one.clock.advance(RARELY_S)
    assert one.told("storage_days")[-1] == (30.0, Quality.GOOD)
    assert not one.voice.errors


async def test_half_an_answer_is_half_told() -> None:
    one = Watched()
    one.calls.record = Recorded(None, False)
    async with one:
        await one.clock.advance(60)
    assert one.told("recording")[0] == (False, Quality.GOOD)
    assert one.told("storage_days")[0] == (None, Quality.NO_VALUE)


async def test_a_broken_answer_is_said_once_and_the_camera_is_there() -> None:
    async with Watched() as one:
        before = one.voice.answers
        one.calls.jpeg = b"\xff\xd8 broken"
        one.calls.refusing["recorded"] = DeviceRefused("500", 500)
        await one.clock.advance(900)
        assert one.told("mean_luma")[-1] == (None, Quality.CORRUPT)
        assert len(one.told("mean_luma")) == 2
        assert one.told("recording") == [(True, Quality.GOOD), (None, Quality.BAD)]
        assert one.voice.answers > before
        one.see("normal")
        await one.clock.advance(60)
    assert one.told("mean_luma")[-1][1] is Quality.GOOD
    assert not one.voice.errors


async def test_a_camera_that_is_gone_is_asked_again_every_minute_and_comes_back_whole() -> None:
    one = Watched()
    one.calls.refusing["recorded"] = NotSupported("there is none")
    async with one:
        gone = Timeout("no answer")
        one.calls.refusing |= dict.fromkeys(("clock_offset_s", "profiles", "recorded", "picture"), gone)
        await one.clock.advance(300)
        assert one.voice.errors
        assert set(map(type, one.voice.errors)) == {Timeout}
        assert 4 <= one.calls.counts["picture"] <= 7
        before = len(one.told("recording"))
        one.calls.refusing = {"recorded": NotSupported("there is none")}
        await one.clock.advance(120)
    assert one.told("recording")[before:] == [(None, Quality.NO_VALUE)]
    assert one.told("time_offset_s")[-1][1] is Quality.GOOD


async def test_a_wrong_password_is_not_shown_again_and_again() -> None:
    one = Watched()
    one.calls.refusing = dict.fromkeys(("profiles", "recorded", "picture"), Misconfigured("wrong password"))
    async with one:
        await one.clock.advance(REFUSED_S * 3 - 60)
        shown = one.calls.counts["profiles"] + one.calls.counts["recorded"] + one.calls.counts["picture"]
        assert shown == 3
        one.calls.refusing.clear()
        await one.clock.advance(REFUSED_S)
    assert one.told("mean_luma")[-1][1] is Quality.GOOD


async def test_one_question_that_is_never_answered_costs_the_others_nothing() -> None:
    one = Watched()
    one.calls.refusing["clock_offset_s"] = Timeout("no answer")
    async with one:
        await one.minutes("normal", 10)
    assert len(one.told("mean_luma")) > 9
    assert one.told("storage_days")


async def test_each_trouble_begins_once_and_ends_once() -> None:
    async with Watched("anpr/onvif") as one:
        await one.minutes("normal", 12)
        assert one.states() == ["ok"]
        for scene, looks in (("covered", 8), ("normal", 6), ("moved", 8), ("normal", 6), ("blurred", 8), ("normal", 6)):
            await one.minutes(scene, looks)
        frozen = one.calls.jpeg
        await one.clock.advance(600)
        assert one.calls.jpeg == frozen
        await one.minutes("normal", 6)
        await one.minutes("dark", 8)
    assert one.states() == ["ok", "covered", "ok", "moved", "ok", "defocused", "ok", "frozen", "ok", "dark"]
    kinds = [(name, fields["kind"]) for name, fields, _, _ in one.voice.events]
    assert kinds == [("camera_tamper", kind) for kind in ("covered", "moved", "defocus", "frozen", "dark")]
    assert all(picture.startswith(b"\xff\xd8") for _, _, _, picture in one.voice.events)


async def test_a_camera_that_people_turn_is_never_moved_and_is_learnt_anew() -> None:
    one = Watched("camera/onvif")
    assert any(each.camera and each.camera.call == "preset" for each in target("camera/onvif").commands.values())
    async with one:
        await one.minutes("normal", 12)
        await one.minutes("moved", 12)
        one.watch.turned()
        await one.minutes("moved", 12)
    assert one.states() == ["ok"]
    assert not one.voice.events


async def test_nothing_is_left_behind() -> None:
    before = asyncio.all_tasks()
    one = Watched()
    one.calls.hanging.add("picture")
    async with one:
        await one.clock.advance(600)
    assert asyncio.all_tasks() == before


async def test_what_is_no_picture_costs_an_error() -> None:
    one = Watched()
    one.calls.fail("picture", CorruptAnswer("no JPEG"))
    async with one:
        await one.clock.advance(60)
    assert [quality for _, quality in one.told("sharpness")] == [Quality.CORRUPT, Quality.GOOD]
