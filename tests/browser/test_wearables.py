"""What people wear: two gateways that heard one call are one line; a band is no medical device, and says less."""

import pytest
from playwright.async_api import expect

from tests.browser import community
from tests.browser.community import Json, text
from tests.browser.conftest import DESKTOP, PHONE, OpenConsole
from tests.browser.fake_collector import SITE, FakeCollector, now

pytestmark = pytest.mark.asyncio(loop_scope="session")

OTHER = "330402-demo-b"
BAND = f"/devices/{SITE}/band-7"


def band(fake: FakeCollector) -> Json:
    """Add an elder's band to the community, and return it."""
    at = now()
    name = text("信号强度", "Signal strength")
    near = community.point("rssi_dbm", name, "int", None, None, unit="dBm", withheld=True)
    worn = {"true": text("已佩戴", "worn"), "false": text("未佩戴", "not worn")}
    made = fake.device("door-2") | {
        "id": "band-7",
        "name": "手环 7",
        "kind": "wearable_band",
        "kind_text": text("老人手环", "Elder wearable"),
        "profile": "band/json",
        "place": "3 幢 2 单元 501",
        "commands": [],
        "points": [
            community.point("heart_rate_bpm", text("心率", "Heart rate"), "int", 72, at, unit="bpm"),
            community.point("on_wrist", text("佩戴", "Worn"), "bool", True, at, words=worn),
            near,
        ],
    }
    fake.devices.append(made)
    return made


def call(fake: FakeCollector) -> Json:
    """Add a call for help that two gateways heard, and return its alert."""
    at, device = now(), band(fake)
    ear = {"device": "band-7", "device_name": "手环 7", "late_s": 0.4}
    heard = [ear | {"gateway": box, "gateway_name": "示例社区", "at": at} for box in (SITE, OTHER)]
    made = community.alert("sos", device, "red", text("一键呼救", "SOS call"), at, latched=True) | {"heard": heard}
    fake.alerts.insert(0, made)
    fake.publish("alert", made)
    return made


@pytest.mark.parametrize(("size", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")])
async def test_a_call_that_two_gateways_heard_is_one_line_that_names_them(
    open_console: OpenConsole, size: tuple[int, int], name: str
) -> None:
    console = await open_console(size)
    await console.log_in(path="/alerts")
    await console.settled()
    call(console.fake)
    row = console.page.get_by_test_id("alert-sos")
    await expect(row).to_have_count(1)
    said = row.get_by_test_id("heard")
    await expect(said).to_have_text(f"2 台网关听到：示例社区（{SITE}）、示例社区（{OTHER}）")
    await expect(console.page.get_by_test_id("alert-a1").get_by_test_id("heard")).to_have_count(0)
    await console.shoot(f"call-{name}")
    assert await console.too_wide() == 0
    await console.page.get_by_role("button", name="English").click()
    await expect(said).to_contain_text("Heard by 2 gateways")


@pytest.mark.parametrize(("size", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")])
async def test_a_band_says_that_it_is_no_medical_device_and_what_is_not_sent(
    open_console: OpenConsole, size: tuple[int, int], name: str
) -> None:
    console = await open_console(size)
    await console.log_in("guest")
    call(console.fake)
    await console.open(BAND)
    await console.settled()
    note = console.page.get_by_test_id("wellness")
    await expect(note).to_have_text("健康读数仅供参考，不作诊断；有疑问请打电话核实。")
    row = console.page.get_by_test_id("point-rssi_dbm")
    await expect(row).to_contain_text("不上传")
    await expect(row).not_to_contain_text("尚无数据")
    await console.shoot(f"device-band-{name}")
    assert await console.too_wide() == 0
    await console.page.get_by_role("button", name="English").click()
    await expect(row).to_contain_text("Not sent")
    await expect(note).to_contain_text("no diagnosis")
    await console.open(f"/devices/{SITE}/door-2")
    await console.settled()
    await expect(console.page.get_by_test_id("wellness")).to_have_count(0)
