"""The MQTT driver under the contract, against a real Mosquitto, and what is MQTT's own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.address import Scalar
from config.bus_settings import MqttBus
from config.catalog import load_profile
from config.hidden import Secret
from config.settings import DeviceSettings
from drivers.api import Executes, Misconfigured, Overrun, Presence
from drivers.api import Timeout as DeviceTimeout
from drivers.mqtt import mqtt_driver
from drivers.mqtt.decode import LARGEST
from drivers.mqtt.inbox import AT_ONCE, MOST, Inbox
from runtime.broker import Mail
from runtime.clock import SystemClock
from simulators.mqtt.device import JsonDevice
from tests.contract.telling_suite import Listener, Telling, TellingContract, listening
from tests.fakes.broker_rights import rights
from tests.fakes.mosquitto import Mosquitto
from wire.reading import Quality

GARBAGE = (
    b"", b"\xff\xfe", b"{", b"NaN", b'{"lel": NaN}', b'{"lel": 1e999}', b"[" * 20_000, b'"' + b"x" * LARGEST + b'"',
    b'{"lel": "12"}', b'{"lel": [1]}', b'{"event": {"a": 1}}', b"null", b"[1, 2]", b'{"lel": 123456789012345678901}',
)  # fmt: skip


def device(profile: str, name: str) -> DeviceSettings:
    """Return a device of a shipped profile, called the same at the broker."""
    options: dict[str, Scalar | dict[str, int]] = {"id": name, "base": "linli"}
    return DeviceSettings(id=name, name=name, bus="broker", unit=0, profile=load_profile(profile), options=options)


class MqttHarness(Telling):
    """A gas detector with a valve, an SOS pendant beside it."""

    device, point, event, command = "gas", "gas_lel_pct", "gas_alarm", "close_valve"
    args = {}  # noqa: RUF012 - the harness's own field

    def __init__(self, folder: Path) -> None:
        self.mosquitto = Mosquitto(folder)
        self.gas = JsonDevice(self.mosquitto.broker(), "gas", {"valve": "OPEN"})
        self.pendant = JsonDevice(self.mosquitto.broker(), "pendant")
        bus = MqttBus(id="broker", type="mqtt", host="127.0.0.1", port=self.mosquitto.port, timeout_s=2.0)
        devices = [_hasty(device("gas/json-valve", "gas")), device("sos/json-pendant", "pendant")]
        self.driver = mqtt_driver(bus, devices, SystemClock())

    async def start(self) -> None:
        await self.mosquitto.start()
        await self.gas.start()
        await self.pendant.start(obeys=False)

    async def stop(self) -> None:
        self.mosquitto.stop()
        await self.gas.stop()
        await self.pendant.stop()

    async def tell(self, value: int) -> None:
        await self.gas.tell(lel=value)

    async def happen(self, number: int) -> None:
        await self.gas.happen("gas_alarm", seq=number)

    async def keep(self, value: int) -> None:
        await self.gas.tell(lel=value, retained=True)

    async def garble(self) -> None:
        for body in GARBAGE:
            await self.gas.say("state", body)
            await self.gas.say("event", body)

    def deafen(self, deaf: bool) -> None:
        self.gas.deaf = deaf

    def done(self) -> int:
        return len(self.gas.orders)


def _hasty(settings: DeviceSettings) -> DeviceSettings:
    """Return the device with commands that wait a third of a second for their effect."""
    commands = {name: replace(how, within_s=0.3) for name, how in settings.profile.commands.items()}
    return replace(settings, profile=replace(settings.profile, commands=commands))


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[MqttHarness]:
    """A running broker, its devices, a driver that is closed."""
    made = MqttHarness(tmp_path)
    await made.start()
    try:
        yield made
    finally:
        await made.driver.close()
        await made.stop()


class TestMqtt(TellingContract):
    """The contract."""


async def test_a_pressed_pendant_is_heard_with_what_it_tells(harness: MqttHarness) -> None:
    await harness.driver.open()
    listener = Listener()
    async with listening(harness.tells, listener.hear):
        await harness.pendant.tell(battery=41, rssi=-70)
        await harness.pendant.happen("pressed", kind="long", time="2020-01-01T00:00:00+08:00")
        await listener.until(lambda: bool(listener.events()))
    event = listener.events()[0]
    assert (event.device, event.name, event.id, event.fields) == (
        "pendant",
        "pressed",
        "1@2020-01-01T00:00:00+08:00",
        {"kind": "long"},
    )
    assert abs(event.at - SystemClock().now()) < 60_000_000, "a button whose clock is years off was believed"
    assert listener.values("battery_pct") == [41]


async def test_a_retained_event_is_no_event(harness: MqttHarness) -> None:
    await harness.pendant.say("event", b'{"event": "pressed", "seq": 1}', retained=True)
    await harness.driver.open()
    listener = Listener()
    async with listening(harness.tells, listener.hear):
        await harness.pendant.happen("test", seq=2)
        await listener.until(lambda: bool(listener.events()))
    assert [event.name for event in listener.events()] == ["test_pressed"]


async def test_who_speaks_for_a_device_says_whether_it_is_there(harness: MqttHarness) -> None:
    await harness.gas.appear(False)
    await harness.driver.open()
    listener = Listener()
    async with listening(harness.tells, listener.hear):
        await harness.gas.appear(True)
        await listener.until(lambda: len(listener.heard) >= 2)
    there = [one.there for one in listener.heard if isinstance(one, Presence)]
    assert there == [False, True]


async def test_a_value_of_the_wrong_type_is_no_value_and_its_neighbours_are(harness: MqttHarness) -> None:
    await harness.driver.open()
    listener = Listener()
    async with listening(harness.tells, listener.hear):
        await harness.gas.say("state", b'{"lel": "12", "valve": "AJAR", "co": 7, "alarm": 1, "preheating": null}')
        await listener.until(lambda: bool(listener.heard))
    batch = listener.heard[0]
    assert dict(zip(batch.points, zip(batch.values, batch.quality, strict=True), strict=True)) == {  # type: ignore[union-attr]
        "gas_alarm": (None, Quality.BAD), "gas_lel_pct": (None, Quality.BAD),
        "co_ppm": (7, 0), "valve_open": (None, Quality.BAD),
    }  # fmt: skip


async def test_what_is_not_safe_yet_is_repeated_by_the_broker_and_heard_once(harness: MqttHarness) -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    listener = Listener()

    async def unsafe(told: object) -> "asyncio.Future[None]":
        await listener.hear(told)  # type: ignore[arg-type]
        return never

    await harness.driver.open()
    async with listening(harness.tells, unsafe):
        await harness.pendant.happen("pressed")
        await listener.until(lambda: bool(listener.events()))
    await harness.driver.close()
    await harness.driver.open()
    async with listening(harness.tells, listener.hear):
        await harness.pendant.happen("test")
        await listener.until(lambda: len(listener.events()) > 1)
    assert [event.name for event in listener.events()] == ["pressed", "test_pressed"]


async def test_a_command_that_nobody_listens_to_was_not_done(harness: MqttHarness) -> None:
    await harness.gas.stop()
    await harness.driver.open()
    assert isinstance(harness.driver, Executes)
    with pytest.raises(DeviceTimeout, match="nobody listens"):
        await harness.driver.execute("gas", "close_valve", {})


async def test_a_broker_that_does_not_know_us_is_the_technicians(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, *rights(tmp_path, somebody="else"))
    await broker.start()
    try:
        secret = Secret("wrong")
        bus = MqttBus(
            id="broker", type="mqtt", host="127.0.0.1", port=broker.port, username="somebody", password=secret
        )
        driver = mqtt_driver(bus, [device("sos/json-pendant", "p")], SystemClock())
        with pytest.raises(Misconfigured, match="not_authorized"):
            await driver.open()
        await driver.close()
    finally:
        broker.stop()


def test_what_cannot_be_served_is_refused_when_it_is_made() -> None:
    bus = MqttBus(id="broker", type="mqtt", host="127.0.0.1")
    for name in ("", "a/+", "#"):
        with pytest.raises(Misconfigured):
            mqtt_driver(bus, [device("sos/json-pendant", name)], SystemClock())
    with pytest.raises(Misconfigured, match="cannot be on"):
        mqtt_driver(bus, [device("door/waveshare-relay-d8", "door")], SystemClock())


async def test_a_full_inbox_drops_what_nobody_keeps_and_says_how_much() -> None:
    inbox = Inbox()
    for number in range(MOST + 5):
        inbox.put(Mail("t", b"x"), number, ["a"])
    inbox.put(Mail("t", b"kept", number=9), 0, ["a"])
    taken = await inbox.take()
    assert taken is not None
    assert len(taken[0]) == AT_ONCE
    assert taken[1] == [Overrun("a", 5, MOST)]
    bodies = [mail.body for mail, _ in taken[0]]
    while taken[0] and bodies[-1] != b"kept":
        taken = await inbox.take()
        assert taken is not None
        bodies += [mail.body for mail, _ in taken[0]]
    assert len(bodies) == MOST + 1
