"""`edge-agent record` of a device that tells over the air: it can be replayed, and tells nobody whose it was."""

import pytest

from drivers.api import LineLost
from edge_agent.technician.air_recording import MADE_UP
from tests.recordings import air
from tests.unit.edge_agent.technician.air import MIBAND, PENDANT, Box, band, box, pendant, sent
from tests.unit.edge_agent.technician.golden import check_golden

__all__ = ["box"]

MIBAND_DATA = "02010348" + "ff" * 14 + MIBAND.replace(":", "").lower()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_was_recorded_decodes_to_the_same(box: Box, lang: str) -> None:
    box.said = [pendant(0, 0, 4), pendant(1, 0, 4), pendant(2, 1, 5), pendant(3, 0, 5, battery=255)]
    result = box.run("record", "pendant-1", str(box.folder), "--seconds", "0", lang=lang)
    assert result.exit_code == 0, result.output
    check_golden(f"record-radio.{lang}.txt", box.steady(result.output))
    device, told = air.load(box.folder / "sos-ble-field-map.yaml")
    assert device.options == {"mac": MADE_UP}
    assert [one.events for one in told] == [(), (), (("pressed", "5"),), ()]
    assert told[3].quality == {"battery_pct": "no_value"}
    replayed = air.replay(device, told)
    for recorded, (values, bad, events) in zip(told, replayed, strict=True):
        assert (recorded.values, recorded.quality, recorded.events) == (values, bad, events)


def test_nothing_in_it_leads_to_anybody(box: Box) -> None:
    own = sent(PENDANT, 0, 0xFFFF, "4c4c01000450" + PENDANT.replace(":", "") + "6655443322c1", name="李家的")
    box.said = [own]
    out = box.folder / "out.yaml"
    box.run("record", "pendant-1", str(out), "--seconds", "0")
    text = out.read_text("utf-8")
    for word in ("C1 22 33", "66 55 44", "C1:22", "pendant-1", "李家", "3栋", "golden", "ble-1", "hci0", "17000000"):
        assert word not in text
    assert text.count("C2 00 00 00 00 01") == 1
    assert text.count("01 00 00 00 00 C2") == 1


def test_a_band_is_recorded_by_its_own_wearer_only(box: Box) -> None:
    box.said = [band(0, 8, 72)]
    out = box.folder / "band.yaml"
    refused = box.run("record", "band-1", str(out), "--seconds", "0")
    assert (refused.exit_code, out.exists()) == (2, False)
    assert "自己戴着录自己的, 加 --own" in refused.output
    own = box.run("record", "band-1", str(out), "--seconds", "0", "--own")
    assert own.exit_code == 0, own.output
    assert "heart_rate_bpm, steps 是你本人的真实数值" in own.output
    text = out.read_text("utf-8")
    assert "数值是录制者本人佩戴时的真实数值" in text
    assert "Li" not in text
    assert "P-0007" not in text


def test_an_address_in_the_payload_is_made_up_too_and_still_known(box: Box) -> None:
    box.said = [sent(MIBAND, 0, 0x0157, MIBAND_DATA)]
    out = box.folder / "miband.yaml"
    result = box.run("record", "miband-1", str(out), "--seconds", "0", "--own")
    assert result.exit_code == 0, result.output
    assert "E1 02 03" not in out.read_text("utf-8")
    device, told = air.load(out)
    assert air.replay(device, told)[0][0] == {"heart_rate_bpm": 72}
    assert device.options["mac"] == MADE_UP
    assert told[0].heard.companies[0x0157].endswith(bytes.fromhex("c20000000001"))


def test_what_is_encrypted_is_not_recorded(box: Box) -> None:
    result = box.run("record", "button-1", str(box.folder / "x.yaml"))
    assert (result.exit_code, "加密" in result.output) == (2, True), result.output


def test_nobody_was_heard(box: Box) -> None:
    box.said = [band(0, 8, 72)]
    out = box.folder / "x.yaml"
    result = box.run("record", "pendant-1", str(out), "--seconds", "0")
    assert (result.exit_code, "没有听到它" in result.output, out.exists()) == (1, True, False)


def test_a_radio_that_cannot_be_used_is_a_sentence(box: Box) -> None:
    box.driver.trouble = LineLost("the adapter is switched off")
    result = box.run("record", "pendant-1", str(box.folder / "x.yaml"))
    assert (result.exit_code, "没有通电" in result.output) == (1, True), result.output


def test_own_is_no_excuse_for_what_others_tell(box: Box) -> None:
    text = box.config.read_text("utf-8").replace(
        "  ble-1: {type: ble}", "  ble-1: {type: ble}\n  m: {type: mqtt, host: h}"
    )
    box.config.write_text(text + "  far-1: {name: 远, profile: band/json, bus: m, id: far}\n", encoding="utf-8")
    result = box.run("record", "far-1", str(box.folder / "x.yaml"), "--own")
    assert (result.exit_code, "不录制" in result.output) == (2, True), result.output
