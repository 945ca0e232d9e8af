"""One device shown live: what came, what was made of it and why no more, and what a visit brings."""

import asyncio
from contextlib import aclosing

import pytest

from config.settings import DeviceSettings
from drivers.api import LineLost, Made, Shown
from drivers.ble.advertisement import Advertisement
from drivers.ble.showing import show
from drivers.ble.tapping import Tap
from runtime.testing import FakeClock
from tests.fakes.air import FakeReceiver
from tests.fakes.connecting import FakeConnector
from tests.unit.drivers.ble.products import BAND, BAND_AT, CUFF, CUFF_AT, PENDANT, PENDANT_AT, device, pendant
from wire.reading import Quality


class Watching:
    """Somebody who watches ``settings``; ``shown`` grows."""

    def __init__(self, settings: DeviceSettings) -> None:
        self.clock, self.receiver = FakeClock(), FakeReceiver()
        self.shown: list[Shown] = []
        self.connector = FakeConnector(self.clock)
        self._settings = settings
        self.task: asyncio.Task[None] | None = None

    def _mine(self, heard: Advertisement) -> bool:
        return heard.address == self._settings.options["mac"]

    async def _watch(self, seconds: float | None) -> None:
        telling = show(self._settings, [(self.receiver, self.connector)], self.clock, self._mine, seconds)
        async with aclosing(telling) as told:
            async for shown in told:
                self.shown.append(shown)

    async def begin(self, seconds: float | None = 60.0) -> asyncio.Task[None]:
        self.task = asyncio.create_task(self._watch(seconds))
        await self.clock.advance(0)
        return self.task

    async def hear(self, heard: Advertisement) -> Shown:
        self.receiver.say(heard)
        await self.clock.advance(0)
        return self.shown[-1]


async def test_every_step_from_bytes_to_points_and_events_is_there() -> None:
    watching = Watching(device(PENDANT, mac=PENDANT_AT))
    task = await watching.begin()
    first = await watching.hear(pendant(7))
    assert [(one.where, one.data.hex()) for one in first.elements] == [("company 0a5e", "5a010750")]
    assert dict(first.fields) == {"presses": 7, "battery_pct": 80}
    assert first.made == (
        Made("battery_pct", "battery_pct", 80, 80),
        Made("pressed", "presses", 7, None, why="same", is_event=True),
        Made("rssi_dbm", "rssi", -70, -70),
    )
    pressed = await watching.hear(pendant(8, at=2))
    assert pressed.made[1] == Made("pressed", "presses", 8, "8", is_event=True)
    assert (await watching.hear(pendant(8, at=3))).repeated
    await watching.clock.advance(60)
    await task
    assert watching.receiver.calls[-1] == "stop"


@pytest.mark.parametrize(
    ("battery", "value", "quality", "why"),
    [(255, None, Quality.NO_VALUE, "no_value"), (180, 180, Quality.IMPLAUSIBLE, "implausible")],
)
async def test_a_value_that_is_not_believed_says_why(
    battery: int, value: int | None, quality: Quality, why: str
) -> None:
    watching = Watching(device(PENDANT, mac=PENDANT_AT))
    await watching.begin()
    made = (await watching.hear(pendant(1, battery))).made[0]
    assert (made.value, made.quality, made.why) == (value, quality, why)
    assert watching.task is not None
    watching.task.cancel()


async def test_others_are_not_shown_and_garbage_is_named() -> None:
    watching = Watching(device(BAND, mac=BAND_AT))
    await watching.begin()
    watching.receiver.say(pendant(1))
    shown = await watching.hear(
        Advertisement(BAND_AT, 5, -60, companies={0x0157: b"\x02"}, receiver="hci0", address_type="random")
    )
    assert len(watching.shown) == 1
    assert shown.error.startswith("corrupt: ")
    assert (shown.kind, shown.foreign, [made.key for made in shown.made]) == ("static", False, ["rssi_dbm"])
    other = await watching.hear(Advertisement(BAND_AT, 6, -60, companies={0x004C: b"\x02"}, receiver="hci0"))
    assert (other.foreign, other.made, other.error) == (True, (), "")
    assert watching.task is not None
    watching.task.cancel()


async def test_the_rhythm_is_learnt() -> None:
    watching = Watching(device(PENDANT, mac=PENDANT_AT))
    await watching.begin()
    for second in range(1, 18):
        last = await watching.hear(pendant(1, at=second * 2_000_000))
    assert (last.every_s, last.stale_s) == (2.0, 60.0)
    assert watching.shown[3].stale_s == 0.0
    assert watching.task is not None
    watching.task.cancel()


PRESSURE = bytes.fromhex("00 78 00 50 00 5D 00".replace(" ", ""))


def _cuff() -> Advertisement:
    return Advertisement(CUFF_AT, 9, -55, uuids=("1810",), receiver="hci0", address_type="public")


async def test_a_cuff_is_connected_to_once_and_what_it_tells_is_shown() -> None:
    watching = Watching(device(CUFF, mac=CUFF_AT))
    connector = watching.connector
    task = await watching.begin()
    await watching.hear(_cuff())
    await watching.hear(_cuff())
    await watching.clock.advance(2)
    connector.connection(CUFF_AT).notify("2a35", PRESSURE)
    await watching.clock.advance(0)
    told = watching.shown[-1]
    assert told.source == "1810/2a35"
    assert {made.key: made.value for made in told.made} == {"systolic_mmhg": 120, "diastolic_mmhg": 80}
    await watching.clock.advance(60)
    await task
    assert [address for _, address in connector.tried] == [CUFF_AT]
    assert (connector.open, [one.error for one in watching.shown if one.error]) == ({}, [])


async def test_a_connection_that_is_refused_is_shown_and_listening_goes_on() -> None:
    watching = Watching(device(CUFF, mac=CUFF_AT))
    watching.connector.aborts = {CUFF_AT}
    task = await watching.begin()
    await watching.hear(_cuff())
    await watching.clock.advance(2)
    assert (watching.shown[-1].source, watching.shown[-1].error) == ("connect", "device_refused: it broke off")
    assert not (await watching.hear(_cuff())).error
    await watching.clock.advance(60)
    await task


async def test_a_radio_that_cannot_listen_or_stops_listening_is_an_error() -> None:
    watching = Watching(device(PENDANT, mac=PENDANT_AT))
    watching.receiver.off = True
    with pytest.raises(LineLost, match="switched off"):
        await (await watching.begin())
    watching = Watching(device(PENDANT, mac=PENDANT_AT))
    task = await watching.begin(None)
    watching.receiver.lose("daemon gone")
    with pytest.raises(LineLost, match="daemon gone"):
        await task
    assert watching.receiver.calls[-1] == "stop"


async def test_an_error_beside_the_radio_is_not_lost() -> None:
    async def fail() -> None:
        raise ValueError("a bug")

    tap: Tap[int] = Tap()
    receiver = FakeReceiver()
    with pytest.raises(ValueError, match="a bug"):
        await anext(tap.run([receiver], lambda _: None, FakeClock(), None, [fail()]))
    assert receiver.calls[-1] == "stop"
