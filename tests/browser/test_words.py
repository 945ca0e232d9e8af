"""What the pages say, as the person reads it: states by their words, what is not known, and what to do next."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Console

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOOR = "/devices/330402-demo-a/door-2"
INTERLOCK = {
    "state": "refused",
    "outcome_reason": "interlocked",
    "outcome_detail": "杆下有车，不能落杆 / a vehicle stands under the boom",
}


async def test_a_switch_is_shown_by_its_words(console: Console) -> None:
    await console.log_in(path=DOOR)
    button = console.page.get_by_test_id("point-exit_button")
    await expect(button).to_contain_text("未按")
    console.fake.move("door-2", exit_button=True)
    await expect(button).to_contain_text("按下")


async def test_a_silent_gateway_leaves_nothing_looking_fresh(console: Console) -> None:
    console.fake.gateways[0].update(state="offline", devices_online=0)
    for device in console.fake.devices:
        device["state"] = "unknown"
    await console.log_in(path="/gateways")
    card = console.page.get_by_test_id("gateway-330402-demo-a")
    await expect(card).to_contain_text("请检查现场网关的电源和网络")
    await expect(card).not_to_contain_text("无积压")
    await console.open("/devices")
    await expect(console.page.get_by_text("网关「示例社区」失去联系")).to_be_visible()
    await expect(console.page.get_by_test_id("device-door-1")).to_contain_text("现状不明")
    await console.shoot("devices-unknown")
    await console.open(DOOR)
    await expect(console.page.get_by_text("下面是最后一次收到的数值，仅供参考")).to_be_visible()
    await expect(console.page.get_by_test_id("point-door_state")).to_contain_text("旧数据")


async def test_a_silent_device_says_what_to_check(console: Console) -> None:
    await console.log_in(path="/devices/330402-demo-a/bin-6")
    await expect(console.page.get_by_text("请检查设备电源、接线和通信地址")).to_be_visible()


async def test_an_alert_says_what_was_measured_and_what_to_do(console: Console) -> None:
    await console.log_in(path="/alerts")
    row = console.page.get_by_test_id("alert-a2")
    await expect(row).to_contain_text("当时 门状态 开")
    await expect(row).to_contain_text("下一步：确认，安排人处理")
    await expect(console.page.get_by_test_id("alert-a1")).to_contain_text("下一步：立即确认，马上派人处置")
    await expect(console.page.get_by_test_id("alert-a4")).to_contain_text("已有人接手，恢复后自动关闭")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "被拒绝，设备没有动作：安全联锁，杆下有车，不能落杆"),
        ("en", "Refused, the device did nothing: safety interlock, a vehicle stands under the boom"),
    ],
)
async def test_an_interlock_says_why_in_the_language_of_the_screen(console: Console, language: str, said: str) -> None:
    console.fake.outcome = INTERLOCK
    await console.log_in(path="/devices/330402-demo-a/gate-1")
    if language == "en":
        await console.page.get_by_role("button", name="English").click()
    await console.page.get_by_test_id("command-close").click()
    dialog = console.page.get_by_role("dialog")
    await dialog.locator("textarea").fill("test")
    await dialog.locator("button[type=submit]").click()
    await expect(console.page.get_by_test_id("command-outcome")).to_have_text(said)
