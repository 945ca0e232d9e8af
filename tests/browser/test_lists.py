"""The page of plate lists: who is on them, and what a person may change; on a desk and on a phone."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Console, OpenConsole

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_entries_are_added_found_and_removed(console: Console) -> None:
    await console.log_in(path="/lists")
    page = console.page
    await expect(page.locator("[data-plate]")).to_have_count(50)
    await page.get_by_role("button", name="更多").click()
    await expect(page.locator("[data-plate]")).to_have_count(61)
    await expect(page.get_by_text("网关已生效")).to_be_visible()
    await console.shoot("lists-desktop")
    await page.get_by_label("搜索车牌、备注").fill("3-501")
    await expect(page.locator("[data-plate]")).to_have_count(1)
    await page.get_by_role("tab", name="访客").click()
    await page.get_by_label("搜索车牌、备注").fill("")
    await expect(page.locator("[data-plate='沪A30003']")).to_contain_text("已过期")
    await page.get_by_role("button", name="添加车牌").click()
    await page.locator("#list-plate").fill("京N24680")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("访客要写到哪天")).to_be_visible()
    await page.locator("#list-until").fill("2030-05-01")
    await page.get_by_role("button", name="保存").click()
    row = page.locator("[data-plate='京N24680']")
    await expect(row).to_contain_text("2030-05-01")
    assert console.fake.plates.lists["visitor"]["京N24680"]["until"] == 1_903_881_600_000_000, "midnight in Shanghai"
    await expect(page.get_by_text("等待网关取走")).to_be_visible()
    await row.get_by_role("button", name="移除").click()
    await page.get_by_role("dialog").get_by_role("button", name="移除").click()
    await expect(row).to_have_count(0)


async def test_a_file_is_taken_or_its_mistakes_are_shown(open_console: OpenConsole) -> None:
    console = await open_console(PHONE)
    await console.log_in(path="/lists?kind=black")
    page = console.page
    await expect(page.locator("[data-plate]")).to_have_count(1)
    assert await console.too_wide() == 0
    await console.shoot("lists-phone")
    await page.get_by_role("button", name="导入 CSV").click()
    for text, said in (("车牌\n错\n", "第 2 行: “错” 不是车牌"), ("车牌\n浙F1\n浙F2\n", "已导入 2 条")):
        file = {"name": "a.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}
        await page.locator("#list-file").set_input_files(file)  # type: ignore[arg-type]
        await page.get_by_role("button", name="导入", exact=True).click()
        await expect(page.get_by_role("dialog")).to_contain_text(said)
    await console.shoot("lists-phone-import")
    await page.get_by_role("button", name="完成").click()
    await expect(page.locator("[data-plate]")).to_have_count(3)


async def test_a_manager_sees_the_lists_of_one_community(console: Console) -> None:
    await console.log_in("li", "/lists?gateway=330402-demo-b")
    page = console.page
    await expect(page.locator("[data-plate]")).to_have_count(50)
    await page.locator(".pick").click()
    await expect(page.locator(".el-select-dropdown__item")).to_have_count(1)
    await expect(page.get_by_role("button", name="添加车牌")).to_be_visible()


async def test_who_may_only_look_is_not_led_there(console: Console) -> None:
    await console.log_in("guest")
    await console.page.locator("nav a").first.wait_for()
    await expect(console.page.get_by_role("link", name="名单")).to_have_count(0)
