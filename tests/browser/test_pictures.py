"""The picture beside what happened: fetched when somebody asks to see it, or the reason why there is none to see."""

import asyncio

import pytest
from playwright.async_api import expect

from simulators.onvif.picture import SCENES, jpeg
from tests.browser import community
from tests.browser.community import Json, text
from tests.browser.conftest import DESKTOP, PHONE, OpenConsole
from tests.browser.fake_collector import SITE, FakeCollector, now

pytestmark = pytest.mark.asyncio(loop_scope="session")

CAMERA = f"/devices/{SITE}/cam-1"


def camera(fake: FakeCollector) -> Json:
    """Add a camera that has read a plate, and let its picture be on the way; return the event."""
    made = fake.device("door-2") | {
        "id": "cam-1",
        "name": "东门车牌相机",
        "kind": "anpr_camera",
        "kind_text": text("车牌识别相机", "ANPR camera"),
        "profile": "anpr/onvif",
        "place": "东门",
        "points": [],
    }
    fake.devices.append(made)
    fields = {"plate": "浙F12345", "confidence": 0.97, "direction": "in", "snapshot_ref": "cam-1-aa"}
    event: Json = {"id": "e1", "device": "cam-1", "name": "plate_read", "words": text("识别到车牌", "Plate read")}
    event |= {"at": now(), "received_at": now(), "late_s": 0, "privacy": "personal", "masked": False}
    event |= {"fields": fields, "picture": "cam-1-aa"}
    fake.events += [event, event | {"id": "e2", "picture": "", "fields": {"plate": "浙F00000"}}]
    fake.pictures["cam-1-aa"] = asyncio.get_running_loop().create_future()
    return event


def say(fake: FakeCollector, said: bytes | str) -> None:
    """Answer who waits for the picture, and whoever asks after."""
    fake.pictures["cam-1-aa"].set_result(said)


@pytest.mark.parametrize(("size", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")])
async def test_a_picture_is_fetched_when_somebody_looks(
    open_console: OpenConsole, size: tuple[int, int], name: str
) -> None:
    console = await open_console(size)
    await console.log_in()
    camera(console.fake)
    await console.open(CAMERA)
    await console.settled()
    row = console.page.get_by_test_id("event-e1")
    await expect(row).to_contain_text("车牌 浙F12345 · 把握 0.97 · 方向 进")
    await expect(row).not_to_contain_text("cam-1-aa")
    await expect(console.page.get_by_test_id("look")).to_have_count(1)
    await console.shoot(f"events-{name}")
    assert await console.too_wide() == 0
    await row.get_by_test_id("look").click()
    view = console.page.get_by_test_id("picture")
    await expect(view).to_contain_text("正在向网关取图")
    say(console.fake, jpeg(next(iter(SCENES)), 3))
    image = view.get_by_role("img", name="设备 cam-1 的抓拍")
    await expect(image).to_be_visible()
    assert await image.evaluate("image => image.complete && image.naturalWidth > 0")
    await expect(view).not_to_contain_text("已打码")
    await console.shoot(f"picture-{name}")
    assert await console.too_wide() == 0
    await view.get_by_role("button", name="关闭").click()
    await expect(console.page.locator("img[src^='data:image/jpeg']")).to_have_count(0)


async def test_whoever_may_not_see_persons_is_told_that_it_is_masked(open_console: OpenConsole) -> None:
    console = await open_console()
    await console.log_in("guest")
    camera(console.fake)
    say(console.fake, jpeg(next(iter(SCENES)), 3))
    await console.open(CAMERA)
    await console.settled()
    row = console.page.get_by_test_id("event-e1")
    await expect(row).to_contain_text("您的账号看不到内容")
    await row.get_by_test_id("look").click()
    await expect(console.page.get_by_test_id("picture")).to_contain_text("车牌和人脸已打码")


async def test_an_alert_has_its_picture_and_why_there_is_none_is_said(open_console: OpenConsole) -> None:
    console = await open_console(PHONE)
    await console.log_in(path="/alerts")
    await console.settled()
    fake = console.fake
    camera(fake)
    name = text("黑名单车辆", "Blacklisted vehicle")
    made = community.alert("black", fake.device("cam-1"), "orange", name, now(), picture="cam-1-aa")
    fake.alerts.insert(0, made)
    fake.publish("alert", made)
    view = console.page.get_by_test_id("picture")
    for word, said, again in (
        ("gateway_offline", "网关离线，取不到图", 1),
        ("picture_gone", "图已不在", 0),
        ("cannot_mask", "没装打码用的库", 0),
    ):
        fake.pictures["cam-1-aa"] = asyncio.get_running_loop().create_future()
        await console.page.get_by_test_id("alert-black").get_by_test_id("look").click()
        say(fake, word)
        await expect(view.get_by_role("alert")).to_contain_text(said)
        await expect(view.get_by_role("button", name="再取一次")).to_have_count(again)
        assert await console.too_wide() == 0
        await view.get_by_role("button", name="关闭").click()
        await expect(view).to_be_hidden()
