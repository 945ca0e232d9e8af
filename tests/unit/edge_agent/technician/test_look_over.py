"""`edge-agent try` before a camera: a line for each step, the remedy where one failed, and what it told."""

from pathlib import Path

import pytest

from config.load import load
from config.settings import DeviceSettings
from drivers.api import Examined, Heard, Overrun, Picture, Presence
from edge_agent.technician import examining_page as page
from wire.event import Event
from wire.reading import Batch

FILE = """version: 1
site: {code: 330402-test, name: 测试}
buses: {cams: {type: onvif}}
devices:
  entry: {name: 门口机, profile: door/onvif-station, bus: cams, address: "https://192.0.2.7", password: !secret cam}
"""


@pytest.fixture
def device(tmp_path: Path) -> DeviceSettings:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "cam").write_text("pretend-1\n", "utf-8")
    (tmp_path / "gateway.yaml").write_text(FILE, "utf-8")
    settings = load(tmp_path / "gateway.yaml").settings
    assert settings is not None
    return settings.devices[0]


def test_a_step_that_went_well_says_what_was_seen(device: DeviceSettings) -> None:
    assert page.opening(device, "zh") == "entry  门口机  door/onvif-station  https://192.0.2.7"
    assert (
        page.of_step(Examined("password", True, "Linli Station 1.0"), device, "zh") == "  ✔ 登录     Linli Station 1.0"
    )
    assert page.of_step(Examined("picture", None, "", "not_supported: none"), device, "en").startswith("  · picture")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_step_that_failed_says_what_to_do(device: DeviceSettings, lang: page.Lang) -> None:
    for step in ("address", "password", "clock", "video", "picture", "doors"):
        assert "\n      → " in page.of_step(Examined(step, False, "", "timeout: nobody"), device, lang)
    told = page.of_step(Examined("certificate", False, "ab" * 32, "misconfigured: self-signed"), device, lang)
    assert f"pin: {'ab' * 32}" in told


def test_what_it_tells_is_told_in_the_classs_words(device: DeviceSettings) -> None:
    at = 1_767_254_400_000_000
    told: dict[str, Heard] = {
        "门铃 (doorbell)": Event("", "entry", "doorbell", at),
        "door_state=open 开": Batch("entry", at, ("door_state",), ("open",)),
        "图片 3 字节  entry-1": Picture("entry", "entry-1", at, b"abc"),
        "不在线  timeout: no answer": Presence("entry", there=False, why="timeout: no answer"),
        "太快, 丢了 7 条": Overrun("entry", 7, at),
    }
    for said, heard in told.items():
        assert page.of_step(Examined("told", True, told=heard), device, "zh").endswith(said)


def test_a_program_gets_the_same_without_the_picture(device: DeviceSettings) -> None:
    picture = page.as_data(Examined("told", True, told=Picture("entry", "entry-1", 0, b"abc")))
    assert picture["picture"] == {"reference": "entry-1", "size": 3}
    event = page.as_data(Examined("told", True, told=Event("", "entry", "doorbell", 5, {"a": 1})))
    assert event["event"] == {"name": "doorbell", "at": 5, "fields": {"a": 1}}
    assert page.as_data(Examined("told", True, told=Batch("entry", 0, ("a",), (True,))))["points"] == {"a": True}


def test_the_end_says_whether_all_was_well(device: DeviceSettings) -> None:
    assert page.conclusion(True, 1, "zh") == "  ✔ 没有问题"
    assert page.conclusion(False, 0, "en") == "  ✘ something is wrong, see above"
    assert page.conclusion(True, 0, "zh").startswith("  ⚠ 没有听到事件")
