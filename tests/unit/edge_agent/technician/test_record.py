"""`edge-agent record`: a device's bytes become a file that a test can replay, without people and places in it."""

import json

import pytest

from config.address import Text
from config.bus_settings import ModbusTcpBus
from config.catalog import load_profile
from config.profile import Option, Profile
from config.settings import DeviceSettings
from edge_agent.technician.recording import Poll, Recording, as_yaml, personal_points
from tests.recordings import load
from tests.unit.edge_agent.technician.bench import Bench
from tests.unit.edge_agent.technician.golden import check_golden
from wire.reading import Batch

SAY = Text(zh="说明", en="help")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_recording_can_be_read_back(bench: Bench, lang: str) -> None:
    arguments = ["record", "meter-2", str(bench.folder), "--config", str(bench.config), "--seconds", "0"]
    result = bench.run(*arguments, lang=lang)
    assert result.exit_code == 0, result.output
    check_golden(f"record.{lang}.txt", bench.steady(result.output))
    recording = load(bench.folder / "meter-eastron-sdm120.yaml")
    assert (recording.bus, recording.device.unit) == ("modbus-tcp", 2)
    (poll,) = recording.polls
    ((sent, came),) = poll.exchanges
    assert (sent[7], came[7]) == (4, 4)
    assert poll.values["energy_kwh"] == 77.0
    assert (poll.quality, poll.error) == ({}, "")


def test_nothing_that_tells_who_and_where_is_in_it(bench: Bench) -> None:
    out = bench.folder / "door.yaml"
    bench.run("record", "door-1", str(out), "--config", str(bench.config), "--seconds", "0", lang="en")
    text = out.read_text("utf-8")
    for word in (
        "1幢单元门",
        "door-1",
        "golden",
        "测试小区",
        str(bench.folder),
        "127.0.0.1",
        bench.community.links["rs485-1"],
    ):
        assert word not in text
    assert 'options: {"relay": 1, "inputs": {"contact": 1}}' in text


def test_a_device_that_fails_is_recorded_as_it_failed(bench: Bench) -> None:
    bench.community.faults("meter-2").wrong = "exception"
    out = bench.folder / "refused.yaml"
    result = bench.run("record", "meter-2", str(out), "--config", str(bench.config), "--seconds", "0")
    assert result.exit_code == 1
    (poll,) = load(out).polls
    assert poll.error == "device_refused"
    assert poll.exchanges[0][1][7:] == b"\x84\x04"


def test_a_file_that_exists_is_never_overwritten(bench: Bench) -> None:
    result = bench.run("record", "meter-2", str(bench.config), "--config", str(bench.config))
    assert (result.exit_code, "已有这个文件" in result.output) == (2, True)


def test_a_place_that_cannot_be_written_is_a_sentence(bench: Bench) -> None:
    result = bench.run("record", "meter-2", "/nowhere/x.yaml", "--config", str(bench.config), "--seconds", "0")
    assert (result.exit_code, "写不了" in result.output) == (2, True)


def test_a_line_that_is_down_is_a_sentence(bench: Bench) -> None:
    bench.call(bench.community.bus("lan-1").stop())
    out = bench.folder / "none.yaml"
    result = bench.run("record", "meter-2", str(out), "--config", str(bench.config))
    assert (result.exit_code, "没有录成" in result.output, out.exists()) == (1, True, False)


def _device(**options: str) -> DeviceSettings:
    known = {
        "pin": Option(type="secret", help=SAY),
        "who": Option(type="person", help=SAY),
        "band": Option(type="mac", help=SAY),
        "remark": Option(type="str", help=SAY),
        "waste": Option(type="str", help=SAY, choices=("可回收物",)),
    }
    shipped = load_profile("env/xy-md02")
    profile = Profile(**{**{name: getattr(shipped, name) for name in shipped.__dataclass_fields__}, "options": known})
    return DeviceSettings(id="a", name="张三家", bus="b", unit=1, profile=profile, place="1幢", options=dict(options))


def test_options_that_could_name_somebody_are_left_out() -> None:
    device = _device(pin="1234", who="P-0001", band="AA:BB:CC:DD:EE:FF", remark="张三", waste="可回收物")
    bus = ModbusTcpBus(id="b", type="modbus-tcp", host="192.168.7.7")
    batch = Batch("a", 0, ("temperature_c",), (21.5,), (20,))
    text = as_yaml(Recording(bus, device, [Poll(0, (), batch)]), "0")
    assert json.loads(text.split("options: ")[1].splitlines()[0]) == {"waste": "可回收物"}
    for word in ("1234", "P-0001", "AA:BB", "张三", "1幢", "192.168"):
        assert word not in text
    assert 'quality: {"temperature_c": "bad(implausible)"}' in text


@pytest.mark.parametrize(("profile", "told"), [("meter/eastron-sdm120", ("energy_kwh",)), ("env/xy-md02", ())])
def test_what_tells_of_residents_is_named(profile: str, told: tuple[str, ...]) -> None:
    device = DeviceSettings(id="a", name="a", bus="b", unit=1, profile=load_profile(profile))
    assert (personal_points(device).told, personal_points(device).refused) == (told, ())
