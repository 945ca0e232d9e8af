"""What the console says of completeness: what a gateway owes, what became of each reading, and what came late."""

import pytest
from playwright.async_api import expect

from tests.browser import account
from tests.browser.community import SECOND
from tests.browser.conftest import PHONE, Console, OpenConsole
from tests.browser.fake_collector import SITE, now

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = f"/gateways/{SITE}"
BIN = f"/devices/{SITE}/bin-4"
MINUTE = 60 * SECOND


def short_account(console: Console) -> None:
    """Leave two points of a day: all came but twenty."""
    hour = account.hour_of(now()) - account.HOUR
    lost = {"not_running": 20}
    console.fake.account = [
        *(account.line("bin-4", "fill_pct", hour - n * account.HOUR, 3600) for n in range(1, 23)),
        account.line("bin-4", "fill_pct", hour, 7180, lost=lost),
        account.line("bin-4", "temperature_c", hour, 20),
    ]


async def test_a_gateway_that_is_well_says_so_in_one_line(console: Console) -> None:
    await console.log_in()
    health = console.page.get_by_test_id(f"gateway-{SITE}").get_by_test_id("health")
    await expect(health.locator("li")).to_have_count(1)
    await expect(health).to_contain_text("数据完好，无积压")
    silent = console.page.get_by_test_id("gateway-330402-demo-b").get_by_test_id("health")
    await expect(silent).to_contain_text("失联前还欠 1,842 条")
    await expect(console.page.get_by_test_id("gateway-330402-demo-c").get_by_test_id("health")).to_have_count(0)


async def test_a_gateway_that_is_not_well_says_what_is_wrong(console: Console) -> None:
    console.fake.gateways[0].update(
        buffer_state="volatile",
        buffer_problem="database or disk is full",
        pending=12_345,
        pending_oldest_at=now() - 45 * MINUTE,
        clock_source="collector",
        clock_offset_s=2.34,
        card_years=1.2,
        written_per_day=2_100_000_000,
        thinned=3600,
        dropped=120,
        quarantined=3,
    )
    await console.log_in()
    health = console.page.get_by_test_id(f"gateway-{SITE}").get_by_test_id("health")
    for said in (
        "写不进存储卡，数据只在内存里，断电会丢失，请检查存储卡（database or disk is full）",
        "补传中 · 还欠 12,345 条，最早 ",
        "已丢失 120 条",
        "汇聚端拒收 3 条",
        "时钟快 2.3 秒 · 来源 汇聚端",
        "存储卡写入太多：每天 2.1 GB，新卡只能用 1.2 年左右",
        "已归并 3,600 条",
    ):
        await expect(health).to_contain_text(said)
    await expect(health).not_to_contain_text("数据完好")
    await console.shoot("gateways-troubled")
    await console.page.get_by_role("button", name="English").click()
    await expect(health).to_contain_text("Clock 2.3 s fast · set by the collector")
    await expect(health).to_contain_text("Catching up · 12,345 entries still owed, oldest from ")


@pytest.mark.parametrize(
    ("clock", "offset", "said"),
    [
        (
            "unsynced",
            -315_532_800.0,
            "时钟未校准，读数的时间不可信，请检查 NTP 或与汇聚端的连接，时钟慢 3652 天 0 小时",
        ),
        ("synced", -1.04, "时钟慢 1.0 秒 · 来源 NTP"),
    ],
)
async def test_a_clock_that_is_not_right_says_by_how_much(
    console: Console, clock: str, offset: float, said: str
) -> None:
    console.fake.gateways[0].update(clock=clock, clock_offset_s=offset)
    await console.log_in()
    await expect(console.page.get_by_test_id(f"gateway-{SITE}").get_by_test_id("health")).to_contain_text(said)


async def test_what_is_just_on_its_way_is_no_backlog(console: Console) -> None:
    console.fake.gateways[0].update(pending=200, pending_oldest_at=now() - 4 * SECOND)
    await console.log_in()
    health = console.page.get_by_test_id(f"gateway-{SITE}").get_by_test_id("health")
    await expect(health).to_contain_text("数据完好")


async def test_the_page_of_a_gateway_tells_every_fact(console: Console) -> None:
    await console.log_in()
    await console.page.get_by_test_id(f"gateway-{SITE}").get_by_role("link", name="详情与账本").click()
    await console.page.wait_for_url(f"**{PAGE}")
    facts = console.page.get_by_test_id("facts")
    await expect(facts).to_contain_text("可靠存储")
    await expect(facts).to_contain_text("准确 · 来源 NTP")
    await expect(facts).to_contain_text("约能用 7.3 年，每天写 330 MB")
    fresh = {
        **console.fake.gateways[0],
        "clock": "unsynced",
        "pending": 90_000,
        "pending_oldest_at": now() - 9 * MINUTE,
    }
    console.fake.publish("gateway", fresh)
    await expect(facts).to_contain_text("补传中 · 还欠 90,000 条")
    await expect(facts).to_contain_text("时钟未校准")


async def test_the_ledger_sums_up_in_one_sentence(console: Console) -> None:
    short_account(console)
    await console.log_in(path=PAGE)
    await expect(console.page.get_by_test_id("ledger-totals")).to_have_text(
        "应到 86,400 · 已到 86,380 · 丢失 20（网关未运行 20）"
    )
    await console.page.get_by_role("button", name="English").click()
    await expect(console.page.get_by_test_id("ledger-totals")).to_have_text(
        "Due 86,400 · arrived 86,380 · lost 20 (gateway not running 20)"
    )


async def test_a_cell_opens_into_its_points(console: Console) -> None:
    await console.log_in(path=PAGE)
    row = console.page.get_by_test_id("ledger-meter-2")
    cells = row.get_by_role("button")
    await expect(cells).to_have_count(24)
    cell = cells.nth(23 - 14)
    await expect(cell).to_have_text("87")
    await cell.click()
    hour = console.page.get_by_test_id("ledger-hour")
    await expect(hour).to_contain_text("估算")
    await expect(hour.get_by_test_id("hour-power_w")).to_contain_text("缓存损坏 41，设备未应答 3")
    await console.shoot("gateway-hour-desktop")
    await cell.press("ArrowLeft")
    await expect(cells.nth(23 - 15)).to_be_focused()
    await console.page.keyboard.press("Enter")
    await expect(hour.get_by_test_id("hour-power_w")).not_to_contain_text("缓存损坏")
    await hour.get_by_role("button", name="收起").click()
    await expect(hour).to_have_count(0)


async def test_what_may_still_come_is_hatched_and_not_called_lost(console: Console) -> None:
    at = now()
    console.fake.gateways[0].update(pending=5000, pending_oldest_at=at - 3 * account.HOUR)
    await console.log_in(path=PAGE)
    cells = console.page.get_by_test_id("ledger-bin-4").get_by_role("button")
    await expect(cells.nth(23 - 2)).to_have_class("cell num open")
    await expect(cells.nth(23 - 4)).to_have_class("cell num whole")
    await expect(console.page.get_by_text("还在补传：网关还欠 5,000 条")).to_be_visible()
    await cells.nth(23 - 2).click()
    await expect(console.page.get_by_test_id("ledger-hour")).to_contain_text("还在补传，不算丢失")
    await console.shoot("gateway-behind")


async def test_an_hour_without_a_record_claims_nothing(console: Console) -> None:
    short_account(console)
    console.fake.account = console.fake.account[:2]
    await console.log_in(path=PAGE)
    cells = console.page.get_by_test_id("ledger-bin-4").get_by_role("button")
    await expect(cells.first).to_have_class("cell num none")
    await cells.first.click()
    await expect(console.page.get_by_test_id("ledger-hour")).to_contain_text("没有记录")


async def test_only_devices_with_losses_can_be_shown(console: Console) -> None:
    console.fake.account = [one for one in console.fake.account if one["device"] in {"bin-1", "bin-2"}]
    for one in console.fake.account:
        if one["device"] == "bin-1":
            one.update(account.line("bin-1", one["point"], one["hour"]))
    await console.log_in(path=PAGE)
    await console.page.get_by_role("button", name="有丢失的 1").click()
    await expect(console.page.get_by_test_id("ledger-bin-2")).to_be_visible()
    await expect(console.page.get_by_test_id("ledger-bin-1")).to_have_count(0)


async def test_on_a_phone_one_device_is_shown_at_a_time(open_console: OpenConsole) -> None:
    console = await open_console(PHONE)
    await console.log_in(path=PAGE)
    await console.settled()
    assert await console.too_wide() == 0
    most = console.page.get_by_test_id("ledger-bin-6")
    await expect(most.locator("button.cell")).to_have_count(24)
    await most.locator("button.cell").nth(22).click()
    await expect(console.page.get_by_test_id("hour-fill_pct")).to_contain_text("设备离线 360")
    assert await console.too_wide() == 0
    await console.shoot("gateway-hour-phone")
    await most.locator(".el-select").click()
    await console.page.get_by_role("option", name="1 幢单元门").click()
    await expect(console.page.get_by_test_id("ledger-door-1")).to_be_visible()
    await expect(console.page.get_by_test_id("ledger-hour")).to_have_count(0)


async def test_four_hundred_points_are_a_page_like_another(console: Console) -> None:
    hour = account.hour_of(now())
    console.fake.account = [
        account.line(f"sensor-{n % 100}", f"point_{n // 100}", hour - ago * account.HOUR)
        for n in range(400)
        for ago in range(24)
    ]
    console.fake.account += [
        account.line("plc-1", f"register_{n}", hour - account.HOUR, 400, lost={"no_value": n}) for n in range(1, 401)
    ]
    await console.log_in(path=PAGE)
    await expect(console.page.get_by_test_id("ledger-sensor-99").get_by_role("button")).to_have_count(24)
    await expect(console.page.get_by_test_id("ledger-sensor-99")).to_contain_text("已从配置删除")
    await console.page.get_by_test_id("ledger-plc-1").get_by_role("button").nth(22).click()
    lines = console.page.locator("[data-testid^=hour-]")
    await expect(lines).to_have_count(40)
    await expect(lines.first).to_contain_text("应答中无数值 400")
    await console.page.get_by_role("button", name="显示全部 400 个测点").click()
    await expect(lines).to_have_count(400)
    await console.shoot("gateway-huge")
    assert await console.too_wide() == 0


async def test_no_account_yet_says_what_will_come(console: Console) -> None:
    console.fake.account, console.fake.gaps = [], []
    await console.log_in(path=PAGE)
    await expect(console.page.get_by_text("还没有可核对的数据")).to_be_visible()
    await console.open("/gateways/330402-demo-c")
    await expect(console.page.get_by_text("这个网关还没有上报过情况")).to_be_visible()
    await console.shoot("gateway-empty")


async def test_a_gateway_that_is_not_known_says_so(console: Console) -> None:
    await console.log_in()
    await console.open("/gateways/nowhere")
    await expect(console.page.get_by_text("没有这个网关")).to_be_visible()
    await expect(console.page.get_by_test_id("ledger")).to_have_count(0)


async def test_an_account_that_fails_leaves_the_rest_and_offers_another_try(console: Console) -> None:
    console.fake.broken.add("completeness")
    await console.log_in(path=PAGE)
    ledger = console.page.get_by_test_id("ledger")
    await expect(ledger.get_by_role("alert")).to_contain_text("汇聚端出错")
    await expect(console.page.get_by_test_id("facts")).to_contain_text("可靠存储")
    console.fake.broken.clear()
    await ledger.get_by_role("button", name="重试").click()
    await expect(console.page.get_by_test_id("ledger-totals")).to_contain_text("应到")


async def test_what_was_read_besides_what_was_due_is_said(console: Console) -> None:
    hour = account.hour_of(now()) - account.HOUR
    console.fake.account = [account.line("door-1", "lock_state", hour, extra=7)]
    await console.log_in(path=PAGE)
    await expect(console.page.get_by_test_id("ledger-totals")).to_have_text("应到 360 · 已到 360 · 丢失 0")
    await console.page.get_by_test_id("ledger-door-1").get_by_role("button").nth(22).click()
    await expect(console.page.get_by_test_id("hour-lock_state")).to_contain_text("含额外读取 7")


async def test_a_reason_that_is_not_known_is_shown_as_it_is(console: Console) -> None:
    short_account(console)
    console.fake.account[-2].update(lost={"burnt": 20})
    await console.log_in(path=PAGE)
    await expect(console.page.get_by_test_id("ledger-totals")).to_contain_text("丢失 20（burnt 20）")


async def test_a_silent_gateway_is_not_said_to_lose_what_it_holds(console: Console) -> None:
    at = now()
    console.fake.gateways[0].update(state="offline", seen_at=at - 2 * account.HOUR, pending=40)
    console.fake.gateways[0].update(pending_oldest_at=at - 2 * account.HOUR - SECOND)
    hour = account.hour_of(at)
    console.fake.account = [one for one in console.fake.account if one["hour"] < hour - account.HOUR]
    await console.log_in(path=PAGE)
    await expect(console.page.get_by_text("下面是失联前最后一次上报的情况")).to_be_visible()
    await expect(console.page.get_by_text("网关失联前还欠 40 条")).to_be_visible()
    cells = console.page.get_by_test_id("ledger-bin-1").get_by_role("button")
    await expect(cells.last).to_have_class("cell num open")
    await cells.last.click()
    await expect(console.page.get_by_test_id("ledger-hour")).to_contain_text("网关失联，数据可能还在网关里，不算丢失")
    await console.shoot("gateway-silent")
