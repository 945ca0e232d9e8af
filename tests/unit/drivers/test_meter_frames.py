"""Frames of DL/T 645 and CJ/T 188: those that are public, and every other by its properties."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.address import Scalar
from config.profile import Golden, Profile
from drivers import cjt188, dlt645
from drivers.api import DeviceRefused, DriverError
from drivers.api import Timeout as DeviceTimeout
from drivers.cjt188.frames import UNITS
from drivers.cjt188.meter import Cjt188Meter
from drivers.dlt645.meter import Dlt645Meter
from drivers.meters.frames import FrameReader
from drivers.meters.plan import make_plan
from tests.fakes.line import Line
from tests.unit.drivers.heat import HEAT
from tests.unit.drivers.shipped import FOLDER, device, load, shipped
from wire.reading import Value

METERS = [p for p in (load(path) for path in sorted(FOLDER.glob("*/*.yaml"))) if p.driver in ("dlt645", "cjt188")]
GOLDEN = [(profile, name, golden) for profile in METERS for name, golden in profile.frames.items()]


def cases(chosen: list[tuple[Profile, str, Golden]]) -> pytest.MarkDecorator:
    """Run a test once for each of these frames."""
    parameters = [pytest.param(profile, golden, id=f"{profile.id}:{name}") for profile, name, golden in chosen]
    return pytest.mark.parametrize(("profile", "golden"), parameters)


def bare(text: str) -> bytes:
    """Return a quoted frame without its preamble."""
    return bytes.fromhex(text).lstrip(b"\xfe")


def reader(profile: Profile) -> FrameReader:
    """Return what cuts this protocol's frames."""
    return dlt645.frames.reader() if profile.driver == "dlt645" else cjt188.frames.reader()


def meter(profile: Profile, options: Mapping[str, object]) -> Dlt645Meter | Cjt188Meter:
    """Return the meter that a device of ``profile`` is."""
    one = device(profile, dict(options))  # type: ignore[arg-type]
    return Dlt645Meter(one) if profile.driver == "dlt645" else Cjt188Meter(one)


async def read(profile: Profile, golden: Golden, line: Line) -> dict[str, Value]:
    """Return what is read of a golden frame's points; all must be good."""
    plan = make_plan(profile, golden.options, UNITS, golden.points)
    one = meter(profile, golden.options)
    answers: list[bytes | int] = [await one.read(line, part.item, part.size) for part in plan.parts]
    values, quality = plan.decode(answers)
    assert quality == ()
    return dict(zip(plan.points, values, strict=True))


@cases(GOLDEN)
def test_the_frames_are_whole(profile: Profile, golden: Golden) -> None:
    for text in filter(None, (golden.request, golden.answer)):
        assert reader(profile).feed(bytes.fromhex(text)) == [bare(text)]


@cases([case for case in GOLDEN if case[2].points])
async def test_the_driver_sends_the_frame(profile: Profile, golden: Golden) -> None:
    line = Line()
    with suppress(DeviceTimeout):
        await read(profile, golden, line)
    assert line.asked == [bare(golden.request)]


@cases([case for case in GOLDEN if case[2].points and case[2].answer])
async def test_the_driver_understands_the_answer(profile: Profile, golden: Golden) -> None:
    assert golden.answer is not None
    assert await read(profile, golden, Line(bytes.fromhex(golden.answer))) == golden.values


@cases([case for case in GOLDEN if case[2].command])
async def test_the_driver_sends_the_order(profile: Profile, golden: Golden) -> None:
    write = profile.commands[golden.command or ""].writes[0]
    line, one = Line(b"", bytes.fromhex(golden.answer or "")), meter(profile, golden.options)
    assert isinstance(one, Cjt188Meter)
    assert isinstance(write.value, int)
    with suppress(DeviceTimeout):
        await one.read(line, "901F", 19)
    with suppress(DeviceTimeout):
        await one.write(line, f"{write.address:04X}", write.value)
    assert line.asked[-1] == bare(golden.request)


async def test_an_error_word_is_a_refusal() -> None:
    frames = shipped("meter/dlt645-2007").frames["no_such_data"]
    line = Line(bare(frames.answer or ""))
    one = Dlt645Meter(device(shipped("meter/dlt645-2007"), {"address": "398192000337"}))
    with pytest.raises(DeviceRefused, match="no such data") as caught:
        await one.read(line, "02030000", 3)
    assert caught.value.code == 2
    assert line.asked == [bare(frames.request)]


HEAT_ANSWER = bytes.fromhex(
    "68 20 13 47 06 12 00 74 00 81 2E 1F 90 00 00 00 00 00 05 00 00 00 00 05 00 00 00 00 17 00 00 00 00 35"
    "00 00 00 00 2C 02 23 00 11 23 00 34 58 00 09 49 12 05 09 23 20 00 08 F0 16"
)
UNIT_FIRST = bytes.fromhex(
    "68 20 38 04 21 08 00 59 42 81 2E 90 1F 00 05 19 28 53 00 05 19 28 53 00 17 00 00 00 00 35 00 00 00 00 2C"
    "42 33 18 00 03 19 00 10 19 00 61 27 00 26 57 23 31 03 15 20 03 01 F7 16"
)
"""Two public answers of heat meters: one laid out as the standard says, one whose maker puts the unit first."""


async def test_a_heat_meters_answer_is_read_by_the_layout_of_the_standard() -> None:
    expected = {"energy_kwh": 0.0, "volume_m3": 0.0, "supply_c": 23.02, "return_c": 23.11}
    options: dict[str, Scalar | dict[str, int]] = {"address": "00740012064713", "medium": "heat", "di_order": "1F90"}
    golden = Golden(request="", options=options, points=tuple(expected))
    assert await read(HEAT, golden, Line(HEAT_ANSWER)) == expected


async def test_a_maker_who_puts_the_unit_first_does_not_fit_and_is_not_misread() -> None:
    plan = make_plan(HEAT, {}, UNITS, ("energy_kwh", "volume_m3"))
    one = meter(HEAT, {"address": "42590008210438", "medium": "heat", "di_order": "901F"})
    values, quality = plan.decode([await one.read(Line(UNIT_FIRST), "901F", 43)])
    assert values == (None, None)
    assert all(quality)


pieces = st.lists(st.binary(max_size=30), max_size=12)
quiet = st.binary(max_size=40).map(lambda data: data.replace(b"\x68", b"\x00"))


@given(st.binary(min_size=6, max_size=6), st.integers(0, 255), st.binary(max_size=200))
def test_dlt645_frames_come_back_as_they_went(address: bytes, control: int, data: bytes) -> None:
    frame = dlt645.frames.Frame(address, control, data)
    whole = dlt645.frames.encode(frame)
    assert dlt645.frames.reader().feed(b"\xfe\xfe" + whole) == [whole]
    assert dlt645.frames.decode(whole) == frame


@given(st.integers(0, 255), st.binary(min_size=7, max_size=7), st.integers(0, 255), st.binary(max_size=200))
def test_cjt188_frames_come_back_as_they_went(kind: int, address: bytes, control: int, data: bytes) -> None:
    frame = cjt188.frames.Frame(kind, address, control, data)
    whole = cjt188.frames.encode(frame)
    assert cjt188.frames.decode(whole) == frame
    assert cjt188.frames.reader().feed(whole) == [whole]


@given(quiet, quiet, st.integers(1, 7))
def test_a_frame_is_found_whatever_stands_around_it_and_however_it_arrives(
    before: bytes, after: bytes, step: int
) -> None:
    whole = bare(shipped("water/cjt188").frames["read"].answer or "")
    cutter = cjt188.frames.reader()
    stream = before + whole + after
    found = [frame for at in range(0, len(stream), step) for frame in cutter.feed(stream[at : at + step])]
    assert found == [whole]
    assert cutter.noise == bool(before.strip(b"\xfe") + after.strip(b"\xfe"))


@given(pieces)
def test_any_bytes_are_frames_or_noise(heard: list[bytes]) -> None:
    for cutter in (dlt645.frames.reader(), cjt188.frames.reader()):
        for piece in heard:
            for frame in cutter.feed(piece):
                assert sum(frame[:-2]) & 0xFF == frame[-2]
        assert cutter.noise or not b"".join(heard).strip(b"\xfe")


@cases([case for case in GOLDEN if case[2].points and case[2].answer])
@given(data=st.data())
def test_a_damaged_answer_is_the_value_that_was_sent_or_a_named_error(
    profile: Profile, golden: Golden, data: st.DataObject
) -> None:
    whole = bare(golden.answer or "")
    at = data.draw(st.integers(0, len(whole) - 1))
    damage = data.draw(st.sampled_from(["changed", "torn", "lost"]))
    changed = whole[:at] + bytes((data.draw(st.integers(0, 255)),)) + whole[at + 1 :]
    heard = {"changed": changed, "torn": whole[:at], "lost": whole[at + 1 :]}[damage]
    with suppress(DriverError):
        assert asyncio.run(read(profile, golden, Line(heard))) == golden.values
