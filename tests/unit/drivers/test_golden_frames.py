"""Every frame that a shipped profile quotes is one that the driver sends, or understands as the profile says."""

import pytest
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from config.command_map import CommandMap
from config.profile import Golden, Profile
from drivers.modbus.commands import checked_arguments, requests
from drivers.modbus.framing import Rtu
from drivers.modbus.pdu import Request, read
from drivers.modbus.plan import make_plan
from tests.unit.drivers.shipped import FOLDER, load, modbus_profiles

GOLDEN = [(profile, name, golden) for profile in modbus_profiles() for name, golden in profile.frames.items()]


def cases(chosen: list[tuple[Profile, str, Golden]]) -> pytest.MarkDecorator:
    """Run a test once for each of these frames."""
    parameters = [pytest.param(profile, golden, id=f"{profile.id}:{name}") for profile, name, golden in chosen]
    return pytest.mark.parametrize(("profile", "golden"), parameters)


def rtu(request: Request) -> bytes:
    """Return the request as a serial line carries it."""
    frame: bytes = FramerRTU(DecodePDU(False)).buildFrame(request)
    return frame


def sent(profile: Profile, golden: Golden) -> list[Request]:
    """Return what the driver sends for a golden frame's command or points."""
    if golden.command is not None:
        command: CommandMap = profile.commands[golden.command]
        return requests(golden.unit, command, golden.options, checked_arguments(command.args, golden.args))
    plan = make_plan(profile, golden.options, golden.points)
    return [read(golden.unit, run.function, run.address, run.count) for run in plan.runs]


@cases(GOLDEN)
def test_the_checksums_are_right(profile: Profile, golden: Golden) -> None:
    for text in (golden.request, golden.answer):
        if text is not None:
            frame = bytes.fromhex(text)
            assert FramerRTU.compute_CRC(frame[:-2]) == int.from_bytes(frame[-2:], "big"), profile.id


@cases([case for case in GOLDEN if case[2].command or case[2].points])
def test_the_driver_sends_the_frame(profile: Profile, golden: Golden) -> None:
    assert [rtu(one).hex(" ").upper() for one in sent(profile, golden)] == [golden.request.upper()]


@cases([case for case in GOLDEN if case[2].answer and case[2].points])
def test_the_driver_understands_the_answer(profile: Profile, golden: Golden) -> None:
    assert golden.answer is not None
    plan = make_plan(profile, golden.options, golden.points)
    (run,) = plan.runs
    answer = Rtu().find(bytes.fromhex(golden.answer), read(golden.unit, run.function, run.address, run.count))
    values, quality = plan.decode([answer[2:]], {})
    assert quality == ()
    assert dict(zip(plan.points, values, strict=True)) == golden.values


def test_every_profile_stands_where_its_id_says() -> None:
    for path in FOLDER.glob("*/*.yaml"):
        assert path == FOLDER / f"{load(path).id}.yaml"
        assert load(path).manual
