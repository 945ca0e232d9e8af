"""What becomes of a camera's messages: batches, events with the reference of their picture, presence, floods."""

import pytest

from drivers.api import CorruptAnswer, Heard, Kept, LineLost, Overrun, Picture, Presence, Timeout
from drivers.onvif.outbox import Outbox
from drivers.onvif.speaking import BURST, FLOOD, MOTION_S, Speaking
from runtime.testing import FakeClock
from tests.unit.drivers.onvif.saying import answer, data, notification
from tests.unit.drivers.onvif.seeing import target
from wire.event import Event
from wire.reading import Batch, Quality

MOVES = answer(notification("tns1:VideoSource/MotionAlarm", data(State="true"), ""))
STILL = answer(notification("tns1:VideoSource/MotionAlarm", data(State="false")))
PLATE = answer(notification("tnsaxis:CameraApplicationPlatform/LPR", data(text="浙FA0001", carState="new", carID="7")))


class Heardness:
    """A camera's voice, and what came of it."""

    def __init__(self, **options: bool) -> None:
        self.clock = FakeClock()
        self.outbox = Outbox()
        self.wanted: list[str] = []
        self.came: list[str] = []
        self.speaking = Speaking(
            target("anpr/onvif", **options),
            self.clock,
            self.outbox,
            self.wanted.append,
            self.came.append,
            essential=["onvif"],
        )
        self.voice = self.speaking.voice("onvif")

    async def told(self) -> list[Heard]:
        self.outbox.put_now("end", Presence("end", there=True))
        taken: list[Heard] = []
        while not taken or taken[-1] != Presence("end", there=True):
            taken += await self.outbox.take()
        return [one for one in taken[:-1] if not (isinstance(one, Batch) and one.points == ("online",))]


async def test_what_stands_is_a_batch_and_what_happens_an_event() -> None:
    heard = Heardness()
    await heard.voice.body(MOVES)
    batch, event = await heard.told()
    assert isinstance(batch, Batch)
    assert (batch.points, batch.values, batch.at) == (("moving",), (True,), heard.clock.now())
    assert isinstance(event, Event)
    assert (event.name, event.at) == ("motion", heard.clock.now())
    assert event.fields["snapshot_ref"] == heard.wanted[0]


async def test_a_plate_leaves_before_its_picture_which_bears_its_name() -> None:
    heard = Heardness()
    await heard.voice.body(PLATE)
    (event,) = await heard.told()
    assert isinstance(event, Event)
    assert event.fields["plate"] == "浙FA0001"
    assert heard.wanted == [event.fields["snapshot_ref"]]
    heard.speaking.pictured(heard.wanted[0], b"jpeg")
    assert await heard.told() == [Picture("gate-cam", heard.wanted[0], heard.clock.now(), b"jpeg")]


async def test_a_picture_that_the_camera_sends_is_not_fetched() -> None:
    heard = Heardness()
    await heard.voice.body(PLATE)
    await heard.voice.picture(b"jpeg")
    assert heard.came == heard.wanted
    assert [one.reference for one in await heard.told() if isinstance(one, Picture)] == heard.wanted


async def test_what_moves_all_day_is_not_pictured_all_day() -> None:
    heard = Heardness()
    await heard.voice.body(MOVES)
    await heard.clock.advance(1)
    await heard.voice.body(MOVES)
    assert len(heard.wanted) == 1
    await heard.clock.advance(MOTION_S)
    await heard.voice.body(MOVES)
    assert len(heard.wanted) == 2


async def test_where_pictures_are_off_nothing_refers_to_one() -> None:
    heard = Heardness(snapshots=False)
    await heard.voice.body(PLATE)
    (event,) = await heard.told()
    assert isinstance(event, Event)
    assert "snapshot_ref" not in event.fields
    assert heard.wanted == []


async def test_a_point_that_the_device_has_not_is_left_out_and_quality_is_kept() -> None:
    heard = Heardness()
    await heard.voice.points({"fps": (12.0, Quality.GOOD), "recording": (True, Quality.GOOD)})
    await heard.voice.points({"fps": (None, Quality.NO_VALUE)})
    first, second = await heard.told()
    assert isinstance(first, Batch)
    assert isinstance(second, Batch)
    assert (first.points, first.quality) == (("fps",), ())
    assert (second.values, second.quality) == ((None,), (Quality.NO_VALUE,))


async def test_garbage_costs_itself() -> None:
    heard = Heardness()
    await heard.voice.body(b"<broken")
    await heard.voice.body(PLATE)
    assert len(await heard.told()) == 1
    assert heard.speaking.garbled == 1


async def test_beyond_the_ration_messages_are_counted_and_not_decoded() -> None:
    heard = Heardness()
    for _ in range(BURST + 3):
        await heard.voice.body(b"Heartbeat")
    assert await heard.told() == [Overrun("gate-cam", 3, heard.clock.now())]
    await heard.clock.advance(1)
    await heard.voice.body(PLATE)
    assert len(await heard.told()) == 1


async def test_a_camera_that_floods_is_not_listened_to() -> None:
    heard = Heardness()
    for _ in range(BURST + FLOOD - 1):
        await heard.voice.body(b"Heartbeat")
    with pytest.raises(CorruptAnswer, match="more than anybody"):
        await heard.voice.body(b"Heartbeat")
    (overrun,) = await heard.told()
    assert isinstance(overrun, Overrun)
    assert overrun.count == FLOOD


async def test_a_lost_camera_is_told_once_and_its_return_once() -> None:
    heard = Heardness()
    heard.voice.gone(Timeout("no answer"))
    heard.voice.gone(Timeout("no answer"))
    heard.voice.gone(LineLost("refused"))
    assert await heard.told() == [Presence("gate-cam", there=False, why="timeout: no answer")]
    heard.voice.there()
    heard.outbox.put_now("end", Presence("end", there=True))
    online = (await heard.outbox.take())[0]
    assert isinstance(online, Batch)
    assert (online.points, online.values) == (("online",), (True,))


async def test_a_gap_is_told_with_its_length() -> None:
    heard = Heardness()
    since = heard.clock.now()
    await heard.clock.advance(12)
    await heard.voice.missed(since, "timeout: no answer")
    (event,) = await heard.told()
    assert isinstance(event, Event)
    assert event.name == "listening_gap"
    assert (event.fields["from"], event.fields["seconds"]) == (since, 12.0)


def passed(seconds: int) -> bytes:
    """Return a car's passage so many seconds after eight, by the camera's clock."""
    when = f'UtcTime="2026-01-01T08:{seconds // 60:02}:{seconds % 60:02}Z"'
    fields = data(text="浙FA0001", carState="new", carID=str(seconds))
    return answer(notification("tnsaxis:CameraApplicationPlatform/LPR", fields, when))


async def test_what_a_camera_kept_back_is_dated_when_it_happened() -> None:
    heard = Heardness()
    began = heard.clock.now()
    for at, said in ((0, 0), (10, 10), (130, 30), (131, 131)):
        await heard.clock.advance(began / 1e6 + at - heard.clock.now() / 1e6)
        await heard.voice.body(passed(said))
    events = [one for one in await heard.told() if isinstance(one, Event)]
    assert [round((one.at - began) / 1e6) for one in events] == [0, 10, 30, 131]
    assert len(heard.wanted) == 3  # a picture of now would show another car


async def test_points_of_a_camera_that_tells_no_events_are_no_sign_of_life() -> None:
    heard = Heardness()
    health = heard.speaking.voice("health")
    heard.voice.there()
    await health.points({"fps": (12.0, Quality.GOOD)})
    heard.voice.gone(Timeout("no answer"))
    await health.points({"fps": (12.0, Quality.GOOD)})
    heard.voice.there()
    await health.points({"fps": (12.0, Quality.GOOD)})
    assert [type(one) for one in await heard.told()] == [Batch, Kept, Batch]


async def test_the_input_of_the_bell_is_the_bell() -> None:
    clock, outbox = FakeClock(), Outbox()
    wanted: list[str] = []
    station = target("door/onvif-station", bell="Bell_1", snapshots=False)
    voice = Speaking(station, clock, outbox, wanted.append, wanted.append).voice("onvif")
    source = '<tt:Source><tt:SimpleItem Name="InputToken" Value="{}"/></tt:Source>'
    for token, state in (("Bell_1", "true"), ("Bell_1", "false"), ("Input_1", "true")):
        told = notification("tns1:Device/Trigger/DigitalInput", source.format(token) + data(LogicalState=state))
        await voice.body(answer(told))
    outbox.put_now("end", Presence("end", there=True))
    heard = await outbox.take()
    assert [one.name for one in heard if isinstance(one, Event)] == ["doorbell"]


async def test_a_way_that_nobody_counts_on_makes_no_camera_gone() -> None:
    heard = Heardness()
    heard.voice.there()
    heard.speaking.voice("snapshots").gone(CorruptAnswer("a picture that is none"))
    assert await heard.told() == []


async def test_a_picture_is_of_what_its_own_way_told() -> None:
    heard = Heardness()
    await heard.voice.body(PLATE)
    await heard.clock.advance(1)
    await heard.speaking.voice("isapi").body(MOVES)
    await heard.voice.picture(b"the plate")
    plate, moved = heard.wanted
    assert plate != moved
    assert [one.reference for one in await heard.told() if isinstance(one, Picture)] == [plate]


async def test_a_picture_of_what_is_not_pictured_is_none_of_what_was_before() -> None:
    heard = Heardness()
    await heard.voice.body(PLATE)
    await heard.voice.body(answer(notification("tns1:Device/Trigger/DigitalInput", data(LogicalState="true"))))
    await heard.voice.picture(b"an input")
    assert not [one for one in await heard.told() if isinstance(one, Picture)]
