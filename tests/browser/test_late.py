"""What came late or was thinned never looks live: on the chart, in the list of points, on the card."""

import pytest
from playwright.async_api import expect

from tests.browser.community import SECOND
from tests.browser.conftest import PHONE, Console, OpenConsole
from tests.browser.fake_collector import SITE, now

pytestmark = pytest.mark.asyncio(loop_scope="session")

BIN = f"/devices/{SITE}/bin-4"
LATE_S = 2530
CORRECTED, UNSYNCED = 1, 2


def make_past(console: Console) -> None:
    """Let the last hour of every point have late readings, corrected ones, and ten minutes of summaries."""
    fake = console.fake
    fake.marks = {-n: (0, LATE_S - 10 * n) for n in range(40, 130)}
    fake.marks |= {-n: (CORRECTED, LATE_S) for n in range(130, 140)} | {-n: (UNSYNCED, LATE_S) for n in range(140, 144)}
    start = now() - 55 * 60 * SECOND
    wave = (41.2, 43.0, 46.5, 49.1, 50.2, 48.3, 47.7, 44.0, 42.5, 45.1)
    fake.summaries = [
        [start + n * 60 * SECOND, 60, 60, mean - 3.5, mean, mean + 2.2 + n % 3, mean] for n, mean in enumerate(wave)
    ]


@pytest.mark.parametrize("size", [None, PHONE])
async def test_the_chart_marks_what_came_late_and_draws_what_was_thinned(
    open_console: OpenConsole, size: tuple[int, int] | None
) -> None:
    console = await (open_console(size) if size else open_console())
    make_past(console)
    await console.log_in(path=BIN)
    signs = console.page.get_by_test_id("chart-signs")
    for said in ("迟到 104 个", "归并 10 段", "时间已校正 10 个", "时钟未校准 4 个"):
        await expect(signs).to_contain_text(said)
    chart = console.page.get_by_test_id("chart")
    assert "迟到 104 个" in (await chart.get_attribute("aria-label") or "")
    await console.shoot(f"device-late-{'phone' if size else 'desktop'}")
    assert await console.too_wide() == 0


async def test_the_chart_says_what_a_late_reading_and_a_summary_are(console: Console) -> None:
    make_past(console)
    await console.log_in(path=BIN)
    await console.page.get_by_test_id("chart-signs").wait_for()
    chart = console.page.get_by_test_id("chart")
    box = await chart.bounding_box()
    assert box is not None
    for name, part in (("late", 0.75), ("summary", 0.2)):
        await console.page.mouse.move(box["x"] + part * box["width"], box["y"] + 120)
        await console.page.wait_for_timeout(300)
        await console.shoot(f"chart-tip-{name}")


async def test_summaries_alone_are_still_a_chart(console: Console) -> None:
    console.fake.summaries = [[now() - 3600 * SECOND - 60 * SECOND, 7200, 720, 30.0, 40.5, 55.0, 41.0]]
    await console.log_in(path=BIN)
    await expect(console.page.get_by_test_id("chart-signs")).to_contain_text("归并 1 段")
    await expect(console.page.get_by_test_id("chart").locator("canvas")).to_be_visible()


async def test_plain_readings_have_no_signs(console: Console) -> None:
    await console.log_in(path=BIN)
    await console.page.get_by_test_id("chart").locator("canvas").wait_for()
    await expect(console.page.get_by_test_id("chart-signs")).to_have_count(0)


async def test_a_value_that_came_late_says_so_and_does_not_look_live(console: Console) -> None:
    await console.log_in(path=f"/devices/{SITE}/meter-1")
    row = console.page.get_by_test_id("point-energy_kwh")
    await expect(row).to_contain_text("迟到 00:42:10")
    await expect(row).to_contain_text("补传")
    await expect(row).not_to_contain_text("正常")
    await expect(console.page.get_by_test_id("point-power_w")).to_contain_text("正常")
    await console.page.get_by_role("button", name="English").click()
    await expect(row).to_contain_text("delivered late by 00:42:10")
    await console.open("/devices")
    await expect(console.page.get_by_test_id("device-meter-1")).to_contain_text("delivered late by 00:42:10")


async def test_history_that_arrives_live_is_marked_until_a_live_value_comes(console: Console) -> None:
    for point in console.fake.device("bin-4")["points"]:
        point.update(at=now() - 3 * 3600 * SECOND, late_s=0.2)
    await console.log_in(path=BIN)
    await console.settled()
    row = console.page.get_by_test_id("point-fill_pct")
    await expect(row).to_contain_text("正常")
    taken = now() - 2550 * SECOND
    points = {"fill_pct": [61.0, 0, taken]}
    console.fake.publish("readings", {"gateway": SITE, "device": "bin-4", "at": taken, "points": points})
    await expect(row).to_contain_text("61 %")
    await expect(row).to_contain_text("迟到 00:42:")
    await expect(row).not_to_contain_text("正常")
    console.fake.move("bin-4", fill_pct=62.0)
    await expect(row).to_contain_text("62 %")
    await expect(row).not_to_contain_text("迟到")
    await expect(row).to_contain_text("正常")
