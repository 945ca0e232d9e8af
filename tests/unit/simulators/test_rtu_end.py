"""The far end of a serial line on a lent clock: bytes at their pace, and everything that can go wrong on copper."""

import random

import pytest

from config.catalog import load_profile
from runtime.testing import FakeClock
from simulators.devices.profiled import ProfiledUnit
from simulators.modbus.faults import Faults, How
from simulators.modbus.frames import Frame, crc16, rtu_bytes
from simulators.modbus.line import Line
from simulators.modbus.rtu_end import RtuEnd
from simulators.modbus.speed import Speed

READ_VOLTAGE = bytes.fromhex("01 04 00 00 00 02 71 CB")
VOLTAGE = rtu_bytes(Frame(1, bytes.fromhex("04 04 43 66 33 33")))


class Client:
    """A client at a line with a meter at unit 1: what it sends arrives, what comes is noted with its time."""

    def __init__(self, *, paced: bool = False, speed: Speed | None = None) -> None:
        self.clock = FakeClock()
        self.line = Line("line")
        self.faults = Faults(dice=random.Random(5))
        self.meter = self.unit()
        self.line.add(self.meter, self.faults)
        self.speed = speed or Speed(9600)
        self.got: list[tuple[float, bytes]] = []
        self.end = RtuEnd(self.line, self.clock, send=self._take, speed=lambda: self.speed, paced=paced)

    def unit(self, voltage: float = 230.2) -> ProfiledUnit:
        return ProfiledUnit(1, self.clock, load_profile("meter/eastron-sdm120"), values={"voltage_v": voltage})

    def _take(self, data: bytes) -> bool:
        self.got.append((self.clock.monotonic(), data))
        return True

    @property
    def heard(self) -> bytes:
        return b"".join(data for _, data in self.got)

    def ask(self) -> bytes:
        """Ask once and return what came at once."""
        before = len(self.heard)
        self.end.arrived(READ_VOLTAGE)
        return self.heard[before:]


@pytest.mark.parametrize(
    ("speed", "char_s", "gap_s"),
    [
        (Speed(9600), 10 / 9600, 35 / 9600),
        (Speed(2400, "8E1"), 11 / 2400, 38.5 / 2400),
        (Speed(115200), 10 / 115200, 0.00175),
    ],
    ids=str,
)
async def test_a_question_and_its_answer_take_the_time_of_their_bits(speed: Speed, char_s: float, gap_s: float) -> None:
    client = Client(paced=True, speed=speed)
    client.end.arrived(READ_VOLTAGE)
    await client.clock.advance(1)
    assert client.heard == VOLTAGE
    times = [at for at, _ in client.got]
    first = 8 * char_s + gap_s + char_s
    assert times == pytest.approx([first + number * char_s for number in range(9)])
    assert client.meter.reads == 1


async def test_bytes_that_come_together_take_their_turn() -> None:
    client = Client(paced=True)
    client.end.arrived(READ_VOLTAGE[:3])
    client.end.arrived(READ_VOLTAGE[3:])
    await client.clock.advance(1)
    assert client.got[0][0] == pytest.approx(9 * 10 / 9600 + 35 / 9600)


async def test_a_slow_unit_thinks_longer() -> None:
    client = Client(paced=True)
    client.faults.slow_s = 0.5
    client.end.arrived(READ_VOLTAGE)
    await client.clock.advance(0.5)
    assert client.heard == b""
    await client.clock.advance(0.5)
    assert client.heard == VOLTAGE


async def test_a_slow_answer_that_nobody_waits_for_is_forgotten() -> None:
    client = Client()
    client.faults.slow_s = 0.5
    client.end.arrived(READ_VOLTAGE)
    assert len(client.end.cancel()) == 1
    await client.clock.advance(1)
    assert client.heard == b""


@pytest.mark.parametrize("paced", [False, True])
async def test_an_adapter_that_hears_itself_gives_the_question_back(paced: bool) -> None:
    client = Client(paced=paced)
    client.line.echo = True
    client.end.arrived(READ_VOLTAGE)
    await client.clock.advance(1)
    assert client.heard == READ_VOLTAGE + VOLTAGE


async def test_two_units_of_one_address_answer_at_once() -> None:
    client = Client()
    client.line.add(client.unit(215.0), twin=True)
    mixed = client.ask()
    assert len(mixed) == len(VOLTAGE) + 1
    assert mixed[0] == 1
    assert crc16(mixed) != 0
    assert crc16(mixed[:-1]) != 0
    client.faults.silent = True
    assert len(client.ask()) == len(VOLTAGE)


async def test_twins_behind_a_tcp_gateway_are_a_target_that_does_not_answer() -> None:
    client = Client()
    client.line.add(client.unit(), twin=True)
    reply = client.line.serve(Frame(1, READ_VOLTAGE[1:-2], 7), tcp=True)
    assert reply is not None
    assert reply[0].hex() == "000700000003" + "01840b"


async def test_noise_comes_before_the_answer() -> None:
    client = Client()
    client.faults.noise = 3
    answer = client.ask()
    assert answer[3:] == VOLTAGE
    assert len(answer) == 3 + len(VOLTAGE)


@pytest.mark.parametrize(
    ("wrong", "changed"),
    [("bad_frame", VOLTAGE[:-1]), ("short", VOLTAGE[: len(VOLTAGE) // 2]), ("exception", bytes.fromhex("01 84 04"))],
)
async def test_an_answer_is_wrong_as_ordered(wrong: How, changed: bytes) -> None:
    client = Client()
    client.faults.wrong = wrong
    answer = client.ask()
    assert answer.startswith(changed)
    assert answer != VOLTAGE
    assert (crc16(answer) == 0) == (wrong == "exception")
    assert client.meter.reads == 0


async def test_words_come_in_the_other_order() -> None:
    client = Client()
    client.faults.wrong = "swapped"
    assert client.ask() == rtu_bytes(Frame(1, bytes.fromhex("04 04 33 33 43 66")))


async def test_a_stuck_unit_shows_what_it_showed() -> None:
    client = Client()
    client.faults.stuck = True
    assert client.ask() == VOLTAGE
    client.meter.set("voltage_v", 190.0)
    assert client.ask() == VOLTAGE
    client.faults.stuck = False
    assert client.ask() != VOLTAGE


async def test_after_a_restart_with_another_baud_rate_it_is_garbage() -> None:
    client = Client()
    client.faults.speaks = Speed(2400)
    garbage = client.ask()
    assert garbage
    assert VOLTAGE not in garbage
    client.speed = Speed(2400)
    assert client.ask() == VOLTAGE


async def test_a_unit_that_wants_parity_does_not_hear_a_question_without() -> None:
    client = Client()
    client.faults.speaks = Speed(9600, "8E1")
    assert client.ask() == b""
    client.speed = Speed(9600, "8E1")
    assert client.ask() == VOLTAGE
