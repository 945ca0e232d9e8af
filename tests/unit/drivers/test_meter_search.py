"""The search for meters whose numbers nobody knows: on pretend lines that answer in no time."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from config.catalog import load_profile, profile_ids
from drivers.api import CorruptAnswer, Sighting
from drivers.api import Timeout as DeviceTimeout
from drivers.cjt188.dialect import Cjt188
from drivers.dlt645.dialect import Dlt645
from drivers.meters.dialect import Dialect
from drivers.meters.frames import PREAMBLE, FrameReader
from drivers.meters.line import Line
from drivers.meters.search import Search
from runtime.testing import FakeClock
from simulators.cjt188.meter import FlowMeter
from simulators.dlt645.meter import EnergyMeter
from simulators.meters.line import MeterLine

PROFILES = [load_profile(name) for name in profile_ids()]


class Instant:
    """The line's side of a search without a wire; ``calls`` counts the questions to many."""

    def __init__(self, *meters: EnergyMeter | FlowMeter) -> None:
        self.wires = MeterLine("instant")
        for meter in meters:
            self.wires.add(meter)
        self.turn = asyncio.Lock()
        self.calls = 0

    async def call(self, frame: bytes, reader: FrameReader) -> tuple[list[bytes], bool]:
        self.calls += 1
        return self._heard(frame, reader), reader.noise

    async def ask(self, frame: bytes, is_answer: Callable[[bytes], bool], reader: FrameReader) -> bytes:
        for found in self._heard(frame, reader):
            if is_answer(found):
                return found
        raise (CorruptAnswer if reader.noise else DeviceTimeout)("no answer")

    def _heard(self, frame: bytes, reader: FrameReader) -> list[bytes]:
        reader.clear()
        return reader.feed(b"".join(sound.data for sound in self.wires.hear(PREAMBLE + frame)))


async def look(line: Instant, dialect: Dialect, *, thorough: bool = False) -> list[Sighting]:
    """Return everything that a search says."""
    search = Search(cast(Line, line), FakeClock(), dialect, PROFILES)
    return [one async for one in search.look(thorough=thorough)]


def numbers(found: list[Sighting]) -> list[str]:
    """Return who answered, in order."""
    return sorted(str(one.address) for one in found if one.state == "answers")


async def test_a_meter_alone_takes_one_round_of_calls() -> None:
    line = Instant(EnergyMeter("000012345678", FakeClock(), phases=1))
    (found,) = await look(line, Dlt645())
    assert (found.address, found.matches[0].profile, found.matches[0].confidence) == (
        "000012345678",
        "meter/dlt645-2007",
        "high",
    )
    assert found.matches[1].confidence == "medium"
    assert line.calls == 3


async def test_meters_that_answer_together_are_told_apart_by_two_digits_more_each_time() -> None:
    clock = FakeClock()
    everybody = ["000012340178", "000012345678", "000012345679", "202411110002"]
    line = Instant(*(EnergyMeter(number, clock) for number in everybody))
    found = await look(line, Dlt645())
    assert numbers(found) == everybody
    assert {one.state for one in found} == {"answers", "silent"}
    assert line.calls == 3 + 2 * 100 + 2 * 100


async def test_water_meters_are_told_apart_whoever_writes_identifiers_how() -> None:
    clock = FakeClock()
    plain = FlowMeter("00002020120218", clock, start_m3=3.0)
    line = Instant(plain, FlowMeter("78330011223344", clock, swapped=True))
    found = [one for one in await look(line, Cjt188(), thorough=True) if one.state == "answers"]
    assert numbers(found) == ["00002020120218", "78330011223344"]
    assert [one.matches[0].options["di_order"] for one in found] == ["901F", "1F90"]
    assert plain.moves == []


async def test_who_is_alone_is_looked_at_thoroughly_when_that_is_asked_for() -> None:
    line = Instant(EnergyMeter("000012345678", FakeClock()))
    assert numbers(await look(line, Dlt645(), thorough=True)) == ["000012345678"]
    assert line.calls > 100


async def test_two_meters_with_one_number_are_garbled() -> None:
    clock = FakeClock()
    line = Instant(*(EnergyMeter("000000000001", clock, start_kwh=kwh) for kwh in (1.0, 90.5)))
    found = await look(line, Dlt645())
    assert [str(one.address) for one in found if one.state == "garbled"] == ["000000000001"]
    assert numbers(found) == ["000000000001"]


@pytest.mark.parametrize("dialect", [Dlt645(), Cjt188()])
async def test_nobody_is_one_silent_sighting(dialect: Dialect) -> None:
    found = await look(Instant(), dialect)
    assert [(one.state, one.address) for one in found] == [("silent", "AA" * dialect.address_bytes)]
