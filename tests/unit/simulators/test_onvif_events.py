"""What pretended cameras say word for word, and how long their subscriptions last, on a lent clock."""

import asyncio
import re
from xml.etree import ElementTree

import pytest

from runtime.testing import FakeClock
from simulators.onvif.camera import Camera
from simulators.onvif.device import Body
from simulators.onvif.door import Door
from simulators.onvif.events import Told, notification
from simulators.onvif.makers import CONCRETE, MAKERS, SIMPLE
from simulators.onvif.pullpoints import seconds_of
from simulators.onvif.relay import Relay
from simulators.onvif.soap import NAMESPACES, Markup, SoapFault, envelope, tag
from simulators.onvif.timers import Timers

NOON = 1_700_000_000_000_000


def camera(maker: str, clock: FakeClock | None = None) -> Camera:
    return Camera(Body(clock or FakeClock(NOON), MAKERS[maker]))


async def said(one: Camera) -> list[dict[str, str]]:
    """Return what the only subscription holds, as it goes over the wire."""
    subscription = one.points.open[0]
    told = await one.points.pull(subscription, 0, 1000)
    return [_read(message, one) for message in told]


def _read(told: Told, one: Camera) -> dict[str, str]:
    root = ElementTree.fromstring(envelope(notification(told, one.maker)))  # noqa: S314 - our own simulator said it
    topic, message = root.find(".//wsnt:Topic", NAMESPACES), root.find(".//tt:Message", NAMESPACES)
    assert topic is not None
    assert message is not None
    found = {"topic": topic.text or "", "dialect": topic.get("Dialect", "")}
    found |= {"operation": message.get("PropertyOperation", "-"), "time": message.get("UtcTime", "")}
    items = message.iterfind(".//tt:SimpleItem", NAMESPACES)
    return found | {item.get("Name", ""): item.get("Value", "") for item in items}


async def subscribed(maker: str) -> Camera:
    one = camera(maker)
    one.points.create(60)
    await said(one)
    return one


async def test_a_plate_as_profile_m_has_it() -> None:
    one = await subscribed("specified")
    picture = one.pass_car("京A12345", 0.875)
    told = one.points.open[0].waiting[0]
    text = notification(told, one.maker)
    (event,) = await said(one)
    assert event["topic"] == "tns1:RuleEngine/Recognition/LicensePlate"
    assert (event["operation"], event["dialect"], event["Likelihood"]) == ("-", CONCRETE, "0.875")
    assert (event["ImageURI"], event["Rule"]) == (picture, "LPR_1")
    assert '<tt:PlateNumber Likelihood="0.875">京A12345</tt:PlateNumber>' in text


async def test_a_plate_as_hikvision_has_it() -> None:
    one = await subscribed("hikvision")
    one.pass_car("浙FD12345", 0.71, "reverse", 2)
    (event,) = await said(one)
    assert event["topic"] == "tns1:RuleEngine/VehicleDetector/tnshik:Vehicle"
    assert (event["operation"], event["PlateNumber"], event["Likelihood"]) == ("Changed", "浙FD12345", "71")
    assert (event["VehicleDirection"], event["VehicleLaneNumber"]) == ("reverse", "2")


async def test_a_plate_as_axis_has_it() -> None:
    one = await subscribed("axis")
    one.pass_car("浙FA0001")
    events = await said(one)
    assert [event["carState"] for event in events] == ["new", "update", "lost"]
    assert {(event["carID"], event["text"], event["dialect"]) for event in events} == {("1", "浙FA0001", SIMPLE)}
    assert {event["topic"] for event in events} == {"tnsaxis:CameraApplicationPlatform/LPR"}
    assert {event["capture_timestamp"] for event in events} == {str(NOON // 1000)}


@pytest.mark.parametrize(
    ("maker", "topic", "item", "value", "operation"),
    [
        ("specified", "tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", "true", "Changed"),
        ("axis", "tns1:VideoSource/MotionAlarm", "State", "1", "Changed"),
        ("reolink", "tns1:VideoSource/MotionAlarm", "State", "true", "Changed"),
        ("tp-link", "tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", "true", "Initialized"),
    ],
)
async def test_motion_in_each_dialect(maker: str, topic: str, item: str, value: str, operation: str) -> None:
    one = await subscribed(maker)
    one.move()
    event = (await said(one))[0]
    assert (event["topic"], event[item], event["operation"]) == (topic, value, operation)


async def test_a_crossed_line_and_a_covered_lens() -> None:
    for maker, line, item in (("specified", "Crossed", "ObjectId"), ("tp-link", "LineCross", "IsLineCross")):
        one = await subscribed(maker)
        one.cross_line()
        one.cover()
        crossed, covered = await said(one)
        assert crossed["topic"].endswith(line)
        assert crossed[item] in ("1", "true")
        assert covered["topic"].endswith(("GlobalSceneChange/ImagingService", "TamperDetector/Tamper"))


async def test_reolink_tells_all_states_at_each_change() -> None:
    one = await subscribed("reolink")
    one.move()
    states = await said(one)
    assert len(states) == 4
    assert [event["State"] for event in states if event["topic"].endswith("MotionAlarm")] == ["true"]
    one.cross_line()
    assert len(await said(one)) == 1


async def test_a_subscription_ends_unless_it_is_renewed() -> None:
    clock = FakeClock()
    one = camera("specified", clock)
    kept, left = one.points.create(60), one.points.create(60)
    await clock.advance(40)
    one.points.renew(kept, 60)
    await clock.advance(25)
    assert one.points.open == [kept]
    with pytest.raises(SoapFault, match="no such subscription"):
        one.points.find(left.number)


async def test_a_poll_waits_for_the_first_event_and_no_longer_than_it_said() -> None:
    clock = FakeClock()
    one = camera("specified", clock)
    subscription = one.points.create(600)
    await one.points.pull(subscription, 0, 100)
    waiting = asyncio.create_task(one.points.pull(subscription, 20, 100))
    await clock.advance(19)
    assert not waiting.done()
    one.move()
    assert [told.operation for told in await waiting] == ["Changed"]
    waiting = asyncio.create_task(one.points.pull(subscription, 20, 100))
    await clock.advance(21)
    assert await waiting == []


async def test_what_nobody_pulls_gives_way_the_oldest_first() -> None:
    one = camera("specified")
    subscription = one.points.create(60)
    for number in range(3000):
        one.pass_car(f"{number}")
    assert len(subscription.waiting) == 2000
    assert subscription.lost == 3000 + 4 - 2000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT60S", 60), ("PT1H2M3.5S", 3723.5), ("", 7), ("2023-11-14T22:14:20Z", 60), ("2023-11-15T06:14:20+08:00", 60)],
)
def test_how_long_is_said_in_two_ways(text: str, seconds: float) -> None:
    assert seconds_of(text, NOON, 7) == seconds


@pytest.mark.parametrize("text", ["60", "P1D", "PT", "PTS", "soon"])
def test_how_long_is_not_said_like_this(text: str) -> None:
    with pytest.raises(SoapFault):
        seconds_of(text, NOON, 7)


def test_what_is_written_into_an_element_cannot_break_out_of_it() -> None:
    made = tag("tt:Name", '</tt:Name>&"', Markup("<tt:X/>"), attributes={"a": '"><'})
    root = ElementTree.fromstring(envelope(made))  # noqa: S314 - made here
    name = root.find(".//tt:Name", NAMESPACES)
    assert name is not None
    assert (name.text, name.get("a"), len(name)) == ('</tt:Name>&"', '"><', 1)


async def test_a_door_that_stands_open_or_was_forced_says_so() -> None:
    clock = FakeClock()
    said_: list[str] = []
    door = Door(clock, Timers(clock), lambda what, now: said_.append(f"{what}={now}"), access_s=5, too_long_s=30)
    assert door.access()
    assert door.open()
    await clock.advance(31)
    door.close()
    assert door.open("forced")
    door.close()
    assert [one for one in said_ if re.match("DoorAlarm", one)] == [
        "DoorAlarm=DoorOpenTooLong",
        "DoorAlarm=Normal",
        "DoorAlarm=DoorForcedOpen",
        "DoorAlarm=Normal",
    ]
    assert [one.how for one in door.openings] == ["unlocked", "forced"]
    assert not door.released
    assert door.rest("Unlocked")
    assert door.access()
    await clock.advance(6)
    assert door.mode == "Unlocked"


async def test_a_relay_that_is_set_again_begins_its_time_anew() -> None:
    clock = FakeClock()
    heard: list[bool] = []
    relay = Relay("R", Timers(clock), heard.append, mode="Monostable", delay_s=2)
    relay.set(True)
    await clock.advance(1.5)
    relay.set(True)
    await clock.advance(1.5)
    assert relay.active
    await clock.advance(1)
    assert (heard, relay.pulses) == ([True, False], 1)
