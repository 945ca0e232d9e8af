"""The live connection as a person meets it: values move, the badge never lies, nothing is missed over a cut."""

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Console, OpenConsole

pytestmark = pytest.mark.asyncio(loop_scope="session")

BADGE = "[data-testid=data-badge]"
LIVE, LOST = re.compile(r"\blive\b"), re.compile(r"\blost\b")


async def test_values_move_by_themselves(console: Console) -> None:
    await console.log_in(path="/devices")
    card = console.page.get_by_test_id("device-bin-4")
    await expect(card).to_contain_text("46 %")
    await console.settled()
    console.fake.move("bin-4", fill_pct=83.4)
    await expect(card).to_contain_text("83.4 %")


async def test_the_badge_turns_red_when_frames_stop_though_the_connection_stands(
    open_console: OpenConsole,
) -> None:
    console = await open_console(alone=True)  # whose clock is the test's
    await console.page.clock.install()
    await console.log_in()
    await console.settled()
    console.fake.silent = True
    await console.page.clock.run_for(9_000)
    badge = console.page.locator(BADGE)
    await expect(badge).not_to_contain_text("连接断开")
    await console.page.clock.run_for(3_000)
    await expect(badge).to_contain_text("连接断开")
    await expect(badge).to_have_class(LOST)
    await console.shoot("badge-lost")
    console.fake.silent = False
    await console.page.clock.run_for(3_000)
    await console.page.clock.resume()
    await expect(badge).to_have_class(LIVE)


async def test_the_badge_turns_red_when_the_collector_is_gone_and_recovers(
    open_console: OpenConsole,
) -> None:
    console = await open_console(alone=True)  # whose clock is the test's
    await console.page.clock.install()
    await console.log_in(path="/devices")
    await console.settled()
    badge = console.page.locator(BADGE)
    console.fake.down = True
    console.fake.end_streams()
    await expect(badge).to_contain_text("正在重连")
    await console.page.clock.run_for(12_000)
    await expect(badge).to_contain_text("连接断开")
    console.fake.down = False
    await console.page.clock.resume()
    await console.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(badge).to_contain_text("数据截至")
    await expect(badge).to_have_class(LIVE)


async def test_what_happened_during_a_cut_is_replayed(console: Console) -> None:
    await console.log_in(path="/devices")
    await console.settled()
    card = console.page.get_by_test_id("device-bin-4")
    console.fake.move("bin-4", fill_pct=50)
    await expect(card).to_contain_text("50 %")
    console.fake.end_streams()
    await expect(console.page.locator(BADGE)).to_contain_text("正在重连")
    console.fake.move("bin-4", fill_pct=91)
    await expect(card).to_contain_text("91 %")
    assert console.fake.replayed


async def test_a_gap_that_cannot_be_replayed_fetches_everything_again(console: Console) -> None:
    await console.log_in(path="/devices")
    await console.settled()
    card = console.page.get_by_test_id("device-bin-4")
    await expect(card).to_contain_text("46 %")
    console.fake.device("bin-4")["points"][0]["value"] = 77
    console.fake.publish("reset", {})
    await expect(card).to_contain_text("77 %")


async def test_an_older_value_never_replaces_a_newer_one(console: Console) -> None:
    await console.log_in(path="/devices")
    await console.settled()
    card = console.page.get_by_test_id("device-bin-4")
    late = {"fill_pct": [12, 0, 1], "temperature_c": [21.5, 0, 9_999_999_999_999_999]}
    console.fake.publish("readings", {"gateway": "330402-demo-a", "device": "bin-4", "at": 1, "points": late})
    await expect(card).to_contain_text("21.5 °C")
    await expect(card).to_contain_text("46 %")


async def test_an_alert_raised_while_the_list_is_on_its_way_is_listed(console: Console) -> None:
    async def overtaken(route: Route) -> None:
        answer = await route.fetch()
        console.fake.raise_alert("new", "door-3", "red", "强行开门", "Door forced")
        await expect(console.page.get_by_role("link", name="红级未关闭 2 条")).to_be_visible()
        await route.fulfill(response=answer)

    await console.page.route("**/api/v1/alerts?*", overtaken, times=1)
    await console.log_in(path="/alerts")
    await expect(console.page.get_by_test_id("alert-new")).to_contain_text("强行开门")


async def test_a_new_alert_is_counted_and_listed_at_once(console: Console) -> None:
    await console.log_in(path="/alerts")
    await console.settled()
    console.fake.raise_alert("new", "door-3", "red", "强行开门", "Door forced")
    await expect(console.page.get_by_test_id("alert-new")).to_contain_text("强行开门")
    await expect(console.page.get_by_label("红级未关闭 2 条")).to_be_visible()


async def test_a_session_that_ends_leads_to_the_login_and_back(console: Console) -> None:
    await console.log_in(path="/alerts")
    await console.settled()
    console.fake.sessions.clear()
    console.fake.end_streams()
    await console.page.wait_for_url("**/login?next=/alerts")
    await console.page.locator("#login-name").fill("wang")
    await console.page.locator("#login-password").fill("right-horse")
    await console.page.keyboard.press("Enter")
    await console.page.wait_for_url("**/alerts")
    await asyncio.wait_for(console.settled(), 10)
