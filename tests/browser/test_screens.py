"""Every page on a desk and on a phone: it fits, breaks no policy, and leaves a screenshot to look at."""

import pytest

from tests.browser.conftest import DESKTOP, PHONE, OpenConsole

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = {
    "gateways": "/gateways",
    "gateway": "/gateways/330402-demo-a",
    "devices": "/devices",
    "device-door": "/devices/330402-demo-a/door-2",
    "device-bin": "/devices/330402-demo-a/bin-4",
    "alerts": "/alerts",
    "alerts-all": "/alerts?state=all",
    "alerts-aside": "/alerts?state=aside",
    "performance": "/alerts/performance",
    "audit": "/audit",
    "audit-trail": "/audit?tab=trail",
    "lost": "/nowhere",
}
SIZES = {"desktop": DESKTOP, "phone": PHONE}


@pytest.mark.parametrize("size", SIZES)
async def test_every_page_fits_the_screen(open_console: OpenConsole, size: str) -> None:
    console = await open_console(SIZES[size])
    await console.open("/login")
    await console.page.locator("#login-name").wait_for()
    await console.shoot(f"login-{size}")
    await console.log_in_by_hand("admin")
    console.fake_commands()
    for name, path in PAGES.items():
        await console.open(path)
        await console.settled()
        await console.shoot(f"{name}-{size}")
        assert await console.too_wide() == 0, name


async def test_english_pages_hold_no_chinese_of_ours(open_console: OpenConsole) -> None:
    console = await open_console()
    await console.log_in("admin")
    await console.page.get_by_role("button", name="English").click()
    for name, path in PAGES.items():
        await console.open(path)
        await console.settled()
        await console.shoot(f"{name}-english")
        ours = await console.page.evaluate(
            "[...document.querySelectorAll('h1,h2,th,label,button,dt,nav a,.tag')].map(e => e.innerText).join('|')"
        )
        known = ("中文", *(one["name"] for one in console.fake.devices), "示例社区", "南湖花园")
        for one in known:
            ours = ours.replace(one, "")
        assert not [sign for sign in ours if "\u4e00" <= sign <= "\u9fff"], (name, ours)
