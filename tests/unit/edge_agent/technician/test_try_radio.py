"""`edge-agent try` of a device that tells over the air: bytes, fields, what became of them, and how it is heard."""

import json

import pytest

from drivers.api import LineLost
from drivers.ble.advertisement import Advertisement
from tests.unit.edge_agent.technician.air import CUFF, NOON_US, Box, band, box, pendant
from tests.unit.edge_agent.technician.golden import check_golden

__all__ = ["box"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_a_pendant(box: Box, lang: str) -> None:
    box.said = [pendant(0, 0, 4), pendant(1, 0, 4), pendant(2, 1, 5, rssi=-88), pendant(3.5, 0, 5, battery=255)]
    result = box.run("try", "pendant-1", "--times", "4", lang=lang)
    assert result.exit_code == 0, result.output
    check_golden(f"try-radio.{lang}.txt", box.steady(result.output))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_a_band_that_is_put_down(box: Box, lang: str) -> None:
    box.said = [band(0, 8, 72), band(1, 0, 72)]
    result = box.run("try", "band-1", "--times", "2", lang=lang)
    check_golden(f"try-band.{lang}.txt", box.steady(result.output))


def _cuff() -> Advertisement:
    return Advertisement(CUFF, NOON_US, -60, uuids=("1810",), receiver="hci0", address_type="public")


def test_a_connection_that_fails_says_why(box: Box) -> None:
    box.said = [_cuff()]
    box.connector.away = LineLost("the adapter is away")
    result = box.run("try", "cuff-1", "--seconds", "1")
    assert result.exit_code == 1
    assert "这种设备要连接才给数" in result.output
    assert "the adapter is away" in result.output


def test_a_cuff_is_read(box: Box) -> None:
    box.said = [_cuff()]
    box.connector.values = {"2a19": b"\x5f"}
    result = box.run("try", "cuff-1", "--seconds", "1")
    assert "180f/2a19" in result.output
    assert "battery_pct  battery_pct=95  95 %  ✔" in result.output
    assert "连接后读到 1 项" in result.output


def test_programs_get_one_object_a_line_and_the_end(box: Box) -> None:
    box.said = [pendant(0, 0, 4), pendant(1, 1, 5)]
    lines = [json.loads(line) for line in box.run("try", "pendant-1", "--times", "2", "--json").output.splitlines()]
    first, second, end = lines
    assert (first["elements"], first["fields"]["battery"]) == ({"company ffff": "4c4c01000450"}, 80)
    assert {made["key"]: made["why"] for made in second["made"] if made["is_event"]} == {
        "pressed": "", "fall_detected": "same", "test_pressed": "same",
    }  # fmt: skip
    assert end == {
        "heard": 2, "every_s": 1.0, "longest_gap_s": 1.0, "rssi_dbm": -70.0, "stale_s": 0.0, "visited": 0, "errors": [],
    }  # fmt: skip


def test_nobody_is_heard(box: Box) -> None:
    box.said = [band(0, 8, 72)]
    result = box.run("try", "pendant-1", "--seconds", "1")
    assert (result.exit_code, "没有听到它" in result.output) == (1, True)


def test_ctrl_c_ends_it_with_the_summary(box: Box) -> None:
    box.driver.trouble, box.driver.late = KeyboardInterrupt(), True
    result = box.run("try", "pendant-1")
    assert (result.exit_code, "没有听到它" in result.output) == (1, True)
    assert box.driver.asked == [("pendant-1", None)]


def test_a_radio_that_cannot_be_used_is_a_sentence(box: Box) -> None:
    box.driver.trouble = LineLost("bluetoothd does not run")
    result = box.run("try", "pendant-1")
    assert (result.exit_code, "蓝牙服务没有运行" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("pendant-2",), "是不是 “pendant-1”"), (("pendant-1", "--seconds", "0"), "seconds"), ((), "DEVICE")],
)
def test_wrong_words_are_sentences(box: Box, arguments: tuple[str, ...], said: str) -> None:
    result = box.run("try", *arguments)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_a_device_behind_a_broker_is_not_asked(box: Box) -> None:
    text = box.config.read_text("utf-8").replace(
        "  ble-1: {type: ble}", "  ble-1: {type: ble}\n  m: {type: mqtt, host: h}"
    )
    box.config.write_text(text + "  far-1: {name: 远, profile: band/json, bus: m, id: far}\n", encoding="utf-8")
    result = box.run("try", "far-1")
    assert (result.exit_code, "自己上报, 不能去问" in result.output) == (2, True), result.output
