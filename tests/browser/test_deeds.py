"""What people do at the console: log in, open a door with a reason, acknowledge, filter, add a gateway."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Console, OpenConsole

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOOR = "/devices/330402-demo-a/door-2"


async def test_a_wrong_password_and_a_locked_account_are_said_plainly(console: Console) -> None:
    await console.open("/login")
    await console.page.locator("#login-name").fill("wang")
    await console.page.locator("#login-password").fill("wrong")
    await console.page.keyboard.press("Enter")
    await expect(console.page.get_by_role("alert")).to_have_text("用户名或密码不对")
    await console.page.locator("#login-name").fill("locked")
    await console.page.locator("#login-password").fill("wrong")
    await console.page.keyboard.press("Enter")
    await expect(console.page.get_by_role("alert")).to_contain_text("00:14:32 后再试")
    await console.shoot("login-locked")


@pytest.mark.parametrize("size", [None, PHONE])
async def test_a_door_is_opened_with_a_reason_and_its_outcome_is_read_back(
    open_console: OpenConsole, size: tuple[int, int] | None
) -> None:
    console = await (open_console(size) if size else open_console())
    page = console.page
    await console.log_in(path=DOOR)
    await page.get_by_test_id("command-pulse_unlock").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="执行", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_have_text("请写明原因")
    await dialog.get_by_label("持续时间（秒）").fill("8")
    await dialog.get_by_label("原因").fill("住户忘带钥匙，已核实身份")
    await console.shoot(f"command-{'phone' if size else 'desktop'}")
    await dialog.get_by_role("button", name="执行", exact=True).click()
    outcome = page.get_by_test_id("command-outcome")
    await expect(outcome).to_have_text("已执行，门锁读回：已开锁")
    await console.shoot(f"command-done-{'phone' if size else 'desktop'}")
    await dialog.get_by_role("button", name="关闭").last.click()
    await expect(page.get_by_role("region", name="最近的命令")).to_contain_text("住户忘带钥匙，已核实身份")
    await expect(page.get_by_test_id("point-lock_state")).to_contain_text("已开锁")
    assert console.fake.commands[0]["args"] == {"seconds": 8}


async def test_an_unknown_outcome_is_not_dressed_up(console: Console) -> None:
    console.fake.outcome = {"state": "unknown", "outcome_reason": "answer_lost"}
    await console.log_in(path=DOOR)
    await console.page.get_by_test_id("command-pulse_unlock").click()
    await console.page.get_by_role("button", name="功能测试").click()
    await console.page.get_by_role("button", name="执行", exact=True).click()
    outcome = console.page.get_by_test_id("command-outcome")
    await expect(outcome).to_have_text("结果不明，请到现场或看视频确认：设备的应答丢失")


async def test_a_grave_command_asks_twice(console: Console) -> None:
    await console.log_in(path=DOOR)
    await console.page.get_by_test_id("command-lock_down").click()
    await console.page.get_by_role("button", name="功能测试").click()
    await console.page.get_by_role("button", name="执行", exact=True).click()
    await expect(console.page.get_by_role("dialog").get_by_role("alert")).to_contain_text(
        "确定要对「2 幢单元门」执行「封锁」吗"
    )
    assert not console.fake.commands
    await console.page.get_by_role("button", name="确定执行").click()
    await expect(console.page.get_by_test_id("command-outcome")).to_contain_text("已执行")
    assert console.fake.commands[0]["name"] == "lock_down"


async def test_an_alert_is_acknowledged_by_keys_alone(console: Console) -> None:
    await console.log_in(path="/alerts")
    await console.settled()
    await expect(console.page.get_by_test_id("alert-a1")).to_contain_text("未确认")
    await console.page.keyboard.press("j")
    await console.page.keyboard.press("a")
    dialog = console.page.get_by_role("dialog")
    await dialog.get_by_label("处理备注").fill("已派人前往")
    await console.shoot("alert-acknowledge")
    await dialog.get_by_role("button", name="确认", exact=True).click()
    row = console.page.get_by_test_id("alert-a1")
    await expect(row).to_contain_text("wang 于")
    await expect(row).to_contain_text("备注：已派人前往")
    assert console.fake.alerts[0]["note"] == "已派人前往"


async def test_an_alert_heard_of_late_says_by_how_much(console: Console) -> None:
    await console.log_in(path="/alerts")
    await expect(console.page.get_by_test_id("alert-a3")).to_contain_text("迟到 00:42:10")


async def test_what_a_rule_did_is_told_with_its_alert_and_in_the_records(console: Console) -> None:
    await console.log_in(path="/alerts")
    console.fake.raise_alert("fire", "door-1", "red", "1 幢单元门 消防联动开门", "Door 1: released by the fire system")
    console.fake.act_by_rule("fire", {"door-1": ("executed", ""), "door-2": ("refused", "line_lost")})
    row = console.page.get_by_test_id("alert-fire")
    await expect(row).to_contain_text("网关已自动执行「释放全部门」：1 台成功，未成功：2 幢单元门（通信线路断开）")
    await console.shoot("alert-by-rule")
    await console.open("/audit")
    command = console.page.get_by_role("row").filter(has_text="1 幢单元门").first
    await expect(command).to_contain_text("1 幢单元门 消防联动开门")
    await expect(command).to_contain_text("规则 rule")
    await console.open("/audit?tab=trail")
    trail = console.page.get_by_role("row").filter(has_text="网关自动执行").first
    await expect(trail).to_contain_text("规则 rule")
    await expect(trail).to_contain_text("通信线路断开")
    await expect(trail).not_to_contain_text("0000")


async def test_filters_live_in_the_address(console: Console) -> None:
    await console.log_in(path="/alerts?level=red")
    rows = console.page.locator("[data-testid^=alert-]")
    await expect(rows).to_have_count(1)
    await console.page.get_by_role("button", name="全部", exact=True).click()
    await console.page.wait_for_url("**/alerts?level=red&state=all")
    await console.open("/devices?q=道闸")
    await expect(console.page.locator("[data-testid^=device-]")).to_have_count(1)
    await console.page.locator("#device-search").fill("没有这个")
    await expect(console.page.get_by_text("没有符合条件的设备")).to_be_visible()


async def test_a_viewer_may_look_only(console: Console) -> None:
    await console.log_in("guest", path=DOOR)
    await expect(console.page.get_by_text("您的账号只能查看")).to_be_visible()
    await expect(console.page.get_by_test_id("command-pulse_unlock")).to_have_count(0)
    await expect(console.page.get_by_role("button", name="确认", exact=True)).to_have_count(0)


async def test_an_administrator_makes_a_code_for_a_new_gateway(console: Console) -> None:
    await console.log_in("admin")
    await console.page.get_by_role("button", name="登记网关").click()
    await console.page.get_by_label("网关编号").fill("330402-demo-d")
    await console.page.get_by_role("button", name="生成登记码").click()
    await expect(console.page.get_by_text("K7QM-3XTV-9D", exact=True)).to_be_visible()
    await console.shoot("enrol")


async def test_the_language_is_remembered(console: Console) -> None:
    await console.log_in(path="/alerts")
    await console.page.get_by_role("button", name="English").click()
    await expect(console.page.get_by_role("heading", name="Alerts")).to_be_visible()
    await console.page.reload()
    await expect(console.page.get_by_role("heading", name="Alerts")).to_be_visible()
    await expect(console.page.get_by_test_id("alert-a1")).to_contain_text("Bin on fire")


async def test_nothing_to_show_says_what_to_do(console: Console) -> None:
    console.fake.alerts, console.fake.devices, console.fake.gateways = [], [], []
    await console.log_in()
    await expect(console.page.get_by_text("还没有登记网关")).to_be_visible()
    await console.open("/devices")
    await expect(console.page.get_by_text("还没有设备")).to_be_visible()
    await console.open("/alerts")
    await expect(console.page.get_by_text("没有未关闭的告警")).to_be_visible()
    await console.shoot("alerts-empty")


async def test_logging_out_ends_the_session_at_the_collector(console: Console) -> None:
    await console.log_in()
    await console.page.get_by_role("button", name="退出").click()
    await console.page.wait_for_url("**/login")
    assert not console.fake.sessions
    await console.open("/alerts")
    await console.page.wait_for_url("**/login?next=/alerts")


async def test_the_chart_library_comes_only_with_the_chart(console: Console) -> None:
    scripts: list[str] = []
    console.page.on("request", lambda asked: scripts.append(asked.url) if asked.url.endswith(".js") else None)
    await console.log_in(path="/devices")
    await console.settled()
    assert scripts
    assert not [one for one in scripts if "PointChart" in one]
    await console.page.get_by_test_id("device-bin-4").click()
    await console.page.get_by_test_id("chart").locator("canvas").wait_for()
    assert [one for one in scripts if "PointChart" in one]
