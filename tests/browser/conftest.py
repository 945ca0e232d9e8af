"""One Chromium and one fake collector for all page tests; every test gets a fresh page and fresh data."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from collector.console.build import build
from tests.browser.fake_api import serve
from tests.browser.fake_collector import PASSWORD, FakeCollector

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
CHROMIUM = which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--lang=zh-CN",
]
DESKTOP = (1440, 900)
PHONE = (375, 812)


@dataclass
class Console:
    """A page of the console in the browser, what it complained of, and the collector behind it."""

    page: Page
    address: str
    fake: FakeCollector
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(self.address + path)

    async def log_in(self, name: str = "wang", path: str = "/") -> None:
        """Log in through the login page and end on ``path``."""
        await self.open(f"/login?next={path}" if path != "/" else "/login")
        await self.page.locator("#login-name").fill(name)
        await self.page.locator("#login-password").fill(PASSWORD)
        await self.page.locator("button[type=submit]").click()
        await self.page.locator("main#main h1").wait_for()

    async def settled(self) -> None:
        """Wait until the page shows its data and the badge says that it is fresh."""
        await self.page.locator("[data-testid=data-badge].live").wait_for()
        await self.page.locator("main#main :is(h1, .empty)").first.wait_for()
        await expect(self.page.get_by_test_id("loading")).to_have_count(0)

    def fake_commands(self) -> None:
        """Put a few past commands, of every kind of end, into the collector."""
        ends: list[dict[str, object]] = [
            {"state": "executed", "readback": {"lock_state": "unlocked"}},
            {"state": "refused", "outcome_reason": "device_offline"},
            {"state": "unknown", "outcome_reason": "answer_lost"},
            {"state": "expired"},
            {"state": "executed", "readback": {}},
        ]
        for end, reason in zip(ends, ("住户忘带钥匙", "访客登记放行", "维修施工", "功能测试", "快递"), strict=True):
            self.fake.remember_command("door-2", reason, end)

    async def shoot(self, name: str) -> None:
        """Leave a screenshot of the whole page."""
        SCREENSHOTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    async def too_wide(self) -> int:
        """Return by how many pixels the page is wider than the screen."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return int(wide)


OpenConsole = Callable[..., Awaitable[Console]]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium; without it the page tests say so and are skipped."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def served() -> AsyncIterator[tuple[str, FakeCollector]]:
    """The built console, served by a fake collector."""
    build()
    fake = FakeCollector()
    async with serve(fake) as address:
        yield address, fake


@pytest_asyncio.fixture(loop_scope="session")
async def open_console(browser: Browser, served: tuple[str, FakeCollector]) -> AsyncIterator[OpenConsole]:
    """A function that opens the console on a screen of a size; afterwards nothing may have been complained of."""
    address, fake = served
    fake.reset()
    opened: list[Console] = []

    async def open_one(size: tuple[int, int] = DESKTOP) -> Console:
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", timezone_id="Europe/Berlin"
        )
        context.set_default_timeout(8000)
        page = await context.new_page()
        console = Console(page, address, fake)
        page.on("console", lambda said: console.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: console.complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((address, "data:")) else console.complaints.append(asked.url),
        )
        opened.append(console)
        return console

    yield open_one
    for console in opened:
        await console.page.context.close()
        wrong = [one for one in console.complaints if "the server responded with a status of" not in one]
        assert not wrong, wrong


@pytest_asyncio.fixture(loop_scope="session")
async def console(open_console: OpenConsole) -> Console:
    """The console on a desktop screen."""
    return await open_console()
