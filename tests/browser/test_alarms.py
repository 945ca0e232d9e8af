"""What the duty desk does to alarms: shelve, reset, say what they were, unfold a flood, and look at the figures."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Console, OpenConsole

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("size", [None, PHONE])
async def test_an_alert_is_shelved_with_a_reason_and_counts_down(
    open_console: OpenConsole, size: tuple[int, int] | None
) -> None:
    console = await (open_console(size) if size else open_console())
    page, name = console.page, "phone" if size else "desktop"
    await console.log_in(path="/alerts")
    await page.get_by_test_id("alert-a2").get_by_role("button", name="搁置").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="搁置", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_have_text("请写明原因")
    await dialog.get_by_role("button", name="2 小时").click()
    await dialog.get_by_label("原因").fill("门锁维修中")
    await console.shoot(f"shelve-{name}")
    await dialog.get_by_role("button", name="搁置", exact=True).click()
    await expect(page.get_by_test_id("alert-a2")).to_have_count(0)
    await page.get_by_role("button", name="搁置与抑制").click()
    row = page.get_by_test_id("alert-a2")
    await expect(row).to_contain_text("已搁置")
    await expect(row).to_contain_text("还有 1 小时 59 分")
    await expect(row).to_contain_text("门锁维修中")
    await row.get_by_role("button", name="历史").click()
    await expect(row.get_by_role("list")).to_contain_text("搁置至")
    await console.shoot(f"shelved-{name}")
    assert await console.too_wide() == 0
    await row.get_by_role("button", name="取消搁置").click()
    await expect(row).to_have_count(0)
    assert console.fake.alerts[1]["state"] == "unacknowledged"


async def test_seventeen_doors_offline_are_one_line_that_unfolds(open_console: OpenConsole) -> None:
    for size, name in ((None, "desktop"), (PHONE, "phone")):
        console = await (open_console(size) if size else open_console())
        console.fake.reset()
        await console.log_in(path="/alerts")
        await console.settled()
        console.fake.flood(17)
        page = console.page
        flood = page.get_by_test_id("flood-f0")
        await expect(flood).to_contain_text("示例社区：17 台设备先后离线")
        await expect(flood).to_contain_text("最先：设备离线（1 幢单元门）")
        await expect(page.get_by_test_id("alert-f3")).to_have_count(0)
        await console.shoot(f"flood-{name}")
        await flood.get_by_role("button", name="展开").click()
        await expect(flood.locator("[data-testid^=alert-f]")).to_have_count(17)
        await console.shoot(f"flood-open-{name}")
        assert await console.too_wide() == 0
        await flood.get_by_role("button", name="收起").click()
        await flood.get_by_role("button", name="全部确认").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("确认这一组的 17 条告警")
        await dialog.get_by_role("button", name="设备故障").click()
        await dialog.get_by_role("button", name="确认", exact=True).click()
        await expect(flood).to_contain_text("未关闭 17，待确认 0")
        assert {one["disposition"] for one in console.fake.alerts if one["flood"]} == {"device_fault"}


async def test_a_latched_alert_is_reset_after_it_is_over(console: Console) -> None:
    fire = console.fake.alerts[0]
    fire.update(
        state="latched", cleared_at=fire["raised_at"] + 60_000_000, escalation=1, escalated_at=fire["raised_at"]
    )
    await console.log_in(path="/alerts")
    row = console.page.get_by_test_id("alert-a1")
    await expect(row).to_contain_text("已恢复，待复位")
    await expect(row).to_contain_text("已升级 1 级")
    await row.get_by_role("button", name="复位").click()
    dialog = console.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="误报", exact=True).click()
    await console.shoot("alert-reset")
    await dialog.get_by_role("button", name="复位", exact=True).click()
    await expect(row).to_have_count(0)
    assert (fire["state"], fire["disposition"], fire["reset_by"]) == ("closed", "false", "wang")
    await console.open("/alerts?state=closed")
    await row.get_by_role("button", name="定性").click()
    await dialog.get_by_role("button", name="定性", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_have_text("请选一项")
    await dialog.get_by_role("button", name="演练", exact=True).click()
    await dialog.get_by_role("button", name="定性", exact=True).click()
    await expect(row.locator(".tag", has_text="演练")).to_be_visible()


async def test_a_device_is_taken_out_of_service_and_put_back(console: Console) -> None:
    page = console.page
    await console.log_in(path="/devices/330402-demo-a/door-2")
    await page.get_by_role("button", name="停用").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="更换设备").click()
    await dialog.get_by_role("button", name="确定").click()
    await expect(page.get_by_text("已停用（wang")).to_contain_text("更换设备。它的告警不显示")
    await console.shoot("device-out-of-service")
    await page.get_by_role("button", name="恢复使用").click()
    await expect(page.get_by_role("button", name="停用")).to_be_visible()
    await console.open("/gateways/330402-demo-a")
    await page.get_by_role("button", name="维护", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="检测调试").click()
    await page.get_by_role("dialog").get_by_role("button", name="确定").click()
    await expect(page.get_by_text("维护中，至")).to_be_visible()
    await console.shoot("gateway-maintenance")
    assert console.fake.asides["330402-demo-a", ""]["note"] == "检测调试"


async def test_the_figures_of_alarms(console: Console) -> None:
    await console.log_in(path="/alerts")
    await console.page.get_by_role("link", name="告警绩效").click()
    tiles = console.page.get_by_test_id("performance-tiles")
    await expect(tiles).to_contain_text("1 分 14 秒")
    await expect(tiles).to_contain_text("38 %")
    flapping = console.page.get_by_role("region", name="反复告警")
    await expect(flapping).to_contain_text("2 幢单元门")
    await flapping.get_by_role("link", name="2 幢单元门").click()
    await console.page.wait_for_url("**/alerts?state=all&gateway=330402-demo-a&device=door-2")
