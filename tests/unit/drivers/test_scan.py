"""Looking at an address: who is there, how sure that is, and that nothing is ever written."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.bus_settings import ModbusRtuBus
from config.profile import RegisterPoint
from drivers.api import QUESTIONS, LineLost, Scans, Sighting
from drivers.modbus import modbus_driver
from drivers.modbus.candidates import candidates, evidence, says_no, weigh
from drivers.modbus.driver import ModbusDriver
from runtime.clock import SystemClock
from runtime.testing import FakeClock
from simulators.devices.meter import Meter
from simulators.devices.profiled import ProfiledUnit
from simulators.devices.relay_board import RelayBoard
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.modbus.faults import Faults
from simulators.modbus.frames import Frame
from simulators.modbus.line import Line, Reply
from simulators.modbus.serial import SerialWire
from simulators.modbus.unit import Read, Unit
from tests.unit.drivers.shipped import made, modbus_profiles, shipped

PROFILES = modbus_profiles()
READS = {1, 2, 3, 4}


class _Listening(Line):
    """A line that remembers which functions it was asked for."""

    def __init__(self) -> None:
        super().__init__("test")
        self.functions: list[int] = []

    def serve(self, request: Frame, *, tcp: bool) -> Reply | None:
        self.functions.append(request.pdu[0])
        return super().serve(request, tcp=tcp)


class Stranger(Unit):
    """Holding registers that hold nothing anybody knows."""

    def read_registers(self, read: Read) -> list[int]:
        return [0xFFFF] * read.count if read.function == 3 else super().read_registers(read)


class Bench:
    """A serial line of pretend devices and an open driver that knows none of them."""

    def __init__(self, folder: Path) -> None:
        self.line = _Listening()
        self.faults: dict[int, Faults] = {}
        self.wire = SerialWire(self.line, SystemClock(), folder / "tty")
        port = str(self.wire.link)
        self.bus = ModbusRtuBus(id="line", type="modbus-rtu", port=port, baud=19200, timeout_s=0.25)
        self.driver: ModbusDriver = modbus_driver(self.bus, (), SystemClock())

    def add(self, unit: Unit) -> Faults:
        faults = self.faults[unit.address] = Faults()
        self.line.add(unit, faults)
        return faults

    async def look(self, unit: int) -> Sighting:
        return await self.driver.look(unit, PROFILES)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.wire.start()
    await made.driver.open()
    yield made
    await made.driver.close()
    await made.wire.stop()


async def test_the_driver_says_that_it_can_look(bench: Bench) -> None:
    assert isinstance(bench.driver, Scans)


async def test_a_sensor_with_an_identity_is_known_for_certain(bench: Bench) -> None:
    bench.add(UltrasonicBin(11, FakeClock()))
    sighting = await bench.look(11)
    best = sighting.matches[0]
    assert (sighting.state, best.profile, best.confidence) == ("answers", "bin/dfrobot-sen0310", "high")
    assert (best.identity, best.factory, best.implausible) == (True, True, 0)
    assert best.values["distance_mm"] in range(250, 1100)
    assert set(bench.line.functions) <= READS


async def test_a_meter_is_known_by_its_values(bench: Bench) -> None:
    bench.add(Meter(21, FakeClock(), start_kwh=100, watts=500))
    best = (await bench.look(21)).matches[0]
    assert (best.profile, best.identity, best.factory) == ("meter/eastron-sdm120", None, False)
    assert best.confidence in ("high", "medium")
    assert best.good == best.points == 6


@pytest.mark.parametrize("temperature", [-5.0, 21.5])
async def test_a_sensor_is_known_in_frost_as_well(bench: Bench, temperature: float) -> None:
    shown = {"temperature_c": temperature, "humidity_pct": 61.2}
    bench.add(ProfiledUnit(1, FakeClock(), shipped("env/kincony-sht30"), values=shown))
    best = (await bench.look(1)).matches[0]
    assert (best.profile, best.confidence, best.implausible) == ("env/kincony-sht30", "high", 0)
    assert best.values == shown


async def test_a_board_of_relays_is_known_by_its_size_and_never_for_certain(bench: Bench) -> None:
    bench.add(RelayBoard(1, FakeClock()))
    sighting = await bench.look(1)
    assert "door/waveshare-relay-d8" in [match.profile for match in sighting.matches]
    best = sighting.matches[0]
    assert (best.size, best.confidence) == (8, "medium")
    assert set(bench.line.functions) <= READS


async def test_nobody_is_silent_and_costs_so_many_questions(bench: Bench) -> None:
    bench.add(RelayBoard(1, FakeClock()))
    sighting = await bench.look(2)
    assert (sighting.state, sighting.tries, sighting.matches) == ("silent", QUESTIONS, ())


async def test_a_device_whose_answers_are_always_spoilt_is_garbled(bench: Bench) -> None:
    bench.add(UltrasonicBin(12, FakeClock())).wrong = "bad_frame"
    sighting = await bench.look(12)
    assert (sighting.state, sighting.tries) == ("garbled", 3)


async def test_one_spoilt_answer_does_not_hide_a_device(bench: Bench) -> None:
    faults = bench.add(UltrasonicBin(12, FakeClock()))
    faults.wrong, faults.share = "bad_frame", 0.2
    assert (await bench.look(12)).state == "answers"


async def test_a_stranger_is_described_by_what_it_answers(bench: Bench) -> None:
    bench.add(Stranger(5))
    sighting = await bench.look(5)
    assert (sighting.state, sighting.matches) == ("answers", ())
    assert sighting.seen == ("FC01 ✘1", "FC02 ✘1", "FC03 0=0xFFFF", "FC04 ✘1")


async def test_a_line_that_is_gone_is_said(bench: Bench) -> None:
    await bench.driver.close()
    with pytest.raises(LineLost):
        await bench.look(1)


def test_the_same_map_under_two_names_is_never_certain() -> None:
    points = [{"key": "power_w", "table": "holding_register", "address": 0, "plausible": [1, 100]}]
    twins = [made(id=f"test/{name}", points=points, manual=[name]) for name in ("a", "b")]
    identity = {"table": "holding_register", "address": 9, "expect": 500}
    known = made(id="test/known", points=points, manual=["c"], identify=identity)
    bus = ModbusRtuBus(id="line", type="modbus-rtu", port="none")
    heard = {(3, 0, 1): b"\x00\x2a", (3, 9, 1): b"\x01\xf4"}
    best, *_ = weigh(candidates(bus, [*twins, known]), heard, bus, unit=7)
    assert (best.profile, best.confidence) == ("test/known", "high")
    assert weigh(candidates(bus, twins), heard, bus, unit=7)[0].confidence == "medium"


def test_an_identity_register_that_says_something_else_excludes() -> None:
    sensor = shipped("bin/dfrobot-sen0310")
    bus = ModbusRtuBus(id="line", type="modbus-rtu", port="none")
    (candidate,) = candidates(bus, [sensor])
    heard = {(3, 0, 1): b"\x00\x07", (3, 5, 2): b"\x00\x43\x00\xe7"}
    assert says_no(candidate, heard)
    assert weigh([candidate], heard, bus, unit=11) == []


@pytest.mark.parametrize(("fill", "worth"), [(0xFF, []), (0x00, ["low"]), (0x12, ["high"])])
def test_registers_of_ones_or_zeros_prove_nothing(fill: int, worth: list[str]) -> None:
    points = [
        {"key": "power_w", "table": "holding_register", "address": 0, "plausible": [-1, 4999]},
        *({"key": f"r{n}", "table": "input_register", "address": 40 * n} for n in range(6)),
    ]
    bus = ModbusRtuBus(id="line", type="modbus-rtu", port="none")
    found = candidates(bus, [made(points=points)])
    heard = {question: bytes([fill]) * 2 * question[2] for question in found[0].polls}
    assert [match.confidence for match in weigh(found, heard, bus, unit=7)] == worth


def test_evidence_is_what_the_profile_would_have_refused() -> None:
    narrow = RegisterPoint(key="p", table="holding_register", address=0, plausible=(100, 163), scale=1.0)
    assert evidence(narrow, 120) == 6.0  # 64 of 65,536 values are 10 bits, held to 6
    wide = RegisterPoint(key="p", table="holding_register", address=0, plausible=(0, 16383), scale=1.0)
    assert evidence(wide, 120) == 2.0
    assert evidence(wide, 0) == 0.0
    anything = RegisterPoint(key="p", table="holding_register", address=0)
    assert evidence(anything, 120) == 0.0
    mains = RegisterPoint(key="f", table="input_register", address=0, encoding="f32", plausible=(45, 65))
    assert evidence(mains, 50.0) == 6.0
    signed = RegisterPoint(key="f", table="input_register", address=0, encoding="f32", plausible=(-1000, 1000))
    assert evidence(signed, 1e-30) == 0.0  # the bits of two small integers, read as a float
    assert 4.0 < evidence(signed, 120.0) < 5.0


def test_one_thing_is_never_two_products_for_certain() -> None:
    points = [
        {"key": "a", "table": "holding_register", "address": 0, "plausible": [1, 100]},
        {"key": "b", "table": "holding_register", "address": 1, "plausible": [1, 100]},
    ]
    identity = {"table": "holding_register", "address": 9, "expect": 500}
    known = made(id="test/known", points=points, manual=["a"], identify=identity)
    other = made(id="test/other", points=points, manual=["b"])
    bus = ModbusRtuBus(id="line", type="modbus-rtu", port="none")
    heard = {(3, 0, 2): b"\x00\x2a\x00\x2a", (3, 9, 1): b"\x01\xf4"}
    found = weigh(candidates(bus, [known, other]), heard, bus, unit=7)
    assert [(one.profile, one.confidence) for one in found] == [("test/known", "high"), ("test/other", "medium")]
