"""What the person at `make demo` does, in a real browser on the real console: look, open a door, acknowledge."""

import re

import pytest
from playwright.async_api import Page, async_playwright, expect

from simulators.demo.stage import USER, Stage
from tests.browser.conftest import ARGUMENTS, CHROMIUM, DESKTOP, SCREENSHOTS

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")
WITHIN_MS = 15_000


async def _log_in(page: Page, stage: Stage, path: str) -> None:
    await page.goto(f"{stage.url}/login?next={path}")
    await page.locator("#login-name").fill(USER)
    await page.locator("#login-password").fill(stage.password)
    await page.locator("button[type=submit]").click()
    await page.locator("main#main h1").wait_for()


async def _values_move(page: Page) -> None:
    """The bins fill: what stands there now is something else soon, with no reload."""
    fill = page.get_by_text(re.compile(r"^\d+(\.\d)? %$"))
    await expect(fill.first).to_be_visible(timeout=WITHIN_MS)
    before = await fill.all_inner_texts()
    for _ in range(150):
        if await fill.all_inner_texts() != before:
            return
        await page.wait_for_timeout(100)
    raise AssertionError(f"the fill levels stood still at {before}")


async def _open_the_door(page: Page) -> None:
    await page.get_by_test_id("command-pulse_unlock").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("持续时间（秒）").fill("3")
    await dialog.get_by_label("原因").fill("住户忘带钥匙，已核实身份")
    await dialog.get_by_role("button", name="执行", exact=True).click()
    await expect(page.get_by_test_id("command-outcome")).to_contain_text("已执行，门锁读回：开锁", timeout=WITHIN_MS)
    await page.screenshot(path=SCREENSHOTS / "e2e-door.png")
    await dialog.get_by_role("button", name="关闭").last.click()


async def _the_ledger_accounts(page: Page) -> None:
    """The gateway's page says what was due and what arrived, for every device of the community."""
    await expect(page.get_by_test_id("facts")).to_contain_text("可靠存储", timeout=WITHIN_MS)
    await expect(page.get_by_test_id("ledger-totals")).to_contain_text("应到", timeout=WITHIN_MS)
    await page.get_by_test_id("ledger-door-1").get_by_role("button", name=re.compile("应到")).last.click()
    await expect(page.get_by_test_id("hour-door_state")).to_be_visible()
    await page.screenshot(path=SCREENSHOTS / "e2e-gateway.png")


async def test_values_move_a_door_opens_and_alerts_are_acknowledged(stage: Stage) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None
        )
        await _log_in(page, stage, "/devices")
        await _values_move(page)
        await page.screenshot(path=SCREENSHOTS / "e2e-devices.png")
        await page.goto(f"{stage.url}/devices/{stage.gateway}/door-1")
        await _open_the_door(page)
        await page.goto(f"{stage.url}/gateways/{stage.gateway}")
        await _the_ledger_accounts(page)
        await page.goto(f"{stage.url}/alerts")
        alert = page.locator("[data-testid^=alert-]").filter(has_text="门长时间未关")
        await expect(alert.first).to_be_visible(timeout=2 * WITHIN_MS)
        await alert.first.get_by_role("button", name="确认").click()
        await page.get_by_role("dialog").get_by_label("处理备注").fill("已派人关门")
        await page.get_by_role("dialog").get_by_role("button", name="确认", exact=True).click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.screenshot(path=SCREENSHOTS / "e2e-alerts.png")
        await browser.close()
    with stage.console() as console:
        acknowledged = [alert for alert in console.alerts() if alert["acknowledged_by"] == USER]
    assert [alert["note"] for alert in acknowledged] == ["已派人关门"]
    assert any(act["what"] == "pulse" for act in stage.truth()["devices"]["door-1"]["commands"])
    assert complaints == []
