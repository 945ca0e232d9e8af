"""One Chromium and one fake collector for all page tests; every test gets a fresh page and fresh data."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

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
        """Have a session as ``name`` and open ``path``."""
        order = {"name": name, "password": PASSWORD}
        answer = await self.page.context.request.post(f"{self.address}/api/v1/session", data=order)
        assert answer.ok, answer
        await self.open(path)
        await self.page.locator("main#main h1").wait_for()

    async def log_in_by_hand(self, name: str = "wang", path: str = "/") -> None:
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


class Screens:
    """Screens by size. Who comes next to one finds nothing of who was there before but the console's own files."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._kept: dict[tuple[int, int], BrowserContext] = {}

    async def new(self, size: tuple[int, int]) -> BrowserContext:
        """Return a screen that nobody has used and that its user closes."""
        made = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", timezone_id="Europe/Berlin"
        )
        made.set_default_timeout(8000)
        return made

    async def kept(self, size: tuple[int, int]) -> BrowserContext:
        """Return the screen of this size, which stays: its scripts are fetched and compiled once."""
        if size not in self._kept:
            self._kept[size] = await self.new(size)
        return self._kept[size]

    async def leave(self, page: Page, address: str) -> None:
        """Close a page, and its screen unless it stays; that forgets whoever was there."""
        if page.context not in self._kept.values():
            return await page.context.close()
        if page.url.startswith(address):
            await page.evaluate("localStorage.clear()")
        await page.close()
        await page.context.clear_cookies()
        return None


@pytest.fixture(scope="session")
def screens(browser: Browser) -> Screens:
    return Screens(browser)


@pytest_asyncio.fixture(loop_scope="session")
async def open_console(screens: Screens, served: tuple[str, FakeCollector]) -> AsyncIterator[OpenConsole]:
    """A function that opens the console on a screen of a size, of the test's own where it is to be ``alone``;
    afterwards nothing may have been complained of.
    """
    address, fake = served
    fake.reset()
    opened: list[Console] = []

    async def open_one(size: tuple[int, int] = DESKTOP, *, alone: bool = False) -> Console:
        context = await (screens.new(size) if alone else screens.kept(size))
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
        await screens.leave(console.page, address)
        wrong = [one for one in console.complaints if "the server responded with a status of" not in one]
        assert not wrong, wrong


@pytest_asyncio.fixture(loop_scope="session")
async def console(open_console: OpenConsole) -> Console:
    """The console on a desktop screen."""
    return await open_console()
