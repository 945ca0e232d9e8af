"""The album keeps pictures by age and size, off the event loop, and gives nobody more than the file allows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.settings import BufferSettings, PicturesSettings
from drivers.api import MaskingMissing, MasksPictures
from edge_agent.pictures.album import STOP_S, SWEEP_S, WAITING, Album, Found, NoSuchPicture
from runtime.testing import FakeClock
from tests.unit.edge_agent.pictures.albums import DAY, FakeMasker, picture

BUFFER = BufferSettings(keep_free_bytes=0, alarm_reserve_bytes=0)


class _Bench:
    def __init__(self, path: Path, masker: Callable[[], MasksPictures]) -> None:
        self.clock, self.sure = FakeClock(), True
        self.album = Album(path / "pictures", self.clock, sure=lambda: self.sure, masker=masker)
        self.follow()

    def follow(self, **settings: object) -> None:
        self.album.follow(PicturesSettings(**settings), BUFFER)  # type: ignore[arg-type]

    def keep(self, number: int, age_us: int = 0, size: int = 100) -> None:
        self.album.keep(picture(number, self.clock.now() - age_us, size))

    async def look(self, number: int, *, whole: bool = True) -> Found | str:
        try:
            return await self.album.find(f"cam-1-{number:04}", whole=whole)
        except NoSuchPicture as error:
            return error.word

    async def swept(self) -> None:
        """Let one round of ``run`` go by."""
        running = asyncio.create_task(self.album.run())
        for _ in range(2):
            await self.look(0)
        await self.clock.advance(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def _bench(path: Path, masker: Callable[[], MasksPictures] = FakeMasker) -> AsyncIterator[_Bench]:
    bench = _Bench(path, masker)
    yield bench
    await bench.album.close()


def _none() -> MasksPictures:
    raise MaskingMissing("needs cv2")


async def test_who_may_see_it_gets_it_whole_and_others_masked(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.keep(1)
        found = await bench.look(1)
        assert isinstance(found, Found)
        assert (found.at, found.masked, len(found.data)) == (bench.clock.now(), False, 100)
        assert await bench.look(1, whole=False) == Found(b"masked:jpeg", bench.clock.now(), True)
        assert await bench.look(2) == "picture_gone"


async def test_masked_before_it_is_stored_nobody_gets_it_whole(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.follow(personal="mask")
        bench.keep(1)
        assert await bench.look(1) == Found(b"masked:jpeg", bench.clock.now(), True)
        assert [path.read_bytes() for path in tmp_path.rglob("*.jpg")] == [b"masked:jpeg"]


async def test_what_lay_whole_before_it_was_to_be_masked_is_shown_masked(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.keep(1)
        await bench.look(1)
        bench.follow(personal="mask")
        assert await bench.look(1) == Found(b"masked:jpeg", bench.clock.now(), True)


async def test_without_what_masks_nothing_is_stored_whole_in_its_place_and_it_is_said_once(tmp_path: Path) -> None:
    async with _bench(tmp_path, _none) as bench:
        bench.keep(1)
        assert await bench.look(1, whole=False) == "cannot_mask"
        bench.follow(personal="mask")
        with capture_logs() as logs:
            bench.keep(2)
            bench.keep(3)
            assert await bench.look(3) == "picture_gone"
        assert [one["reason"] for one in logs] == ["cannot_mask"]
        assert (bench.album.figures()["dropped"], bench.album.figures()["problem"]) == (2, "cannot_mask")


@pytest.mark.parametrize("settings", [{"personal": "drop"}, {"keep_s": 0.0}])
async def test_none_are_kept_where_there_are_to_be_none_and_those_that_are_there_go(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    async with _bench(tmp_path) as bench:
        bench.keep(1)
        await bench.look(1)
        bench.follow(**settings)
        bench.keep(2)
        assert await bench.look(1) == "pictures_not_kept"
        await bench.swept()
        assert list(tmp_path.rglob("*.jpg")) == []


async def test_none_is_kept_or_shown_beyond_its_time(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.follow(keep_s=2 * 86_400.0)
        bench.keep(1, age_us=DAY)
        bench.keep(2, age_us=3 * DAY)
        assert isinstance(await bench.look(1), Found)
        assert await bench.look(2) == "picture_gone"
        assert bench.album.problem == "too_old"
        await bench.swept()
        assert len(list(tmp_path.rglob("*.jpg"))) == 1
        await bench.clock.advance(86_401)
        assert await bench.look(1) == "picture_gone", "also before it is removed"
        running = asyncio.create_task(bench.album.run())
        while list(tmp_path.rglob("*.jpg")):
            await bench.look(1)
        taken = bench.clock.now()
        bench.keep(3)
        await bench.look(3)
        while list(tmp_path.rglob("*.jpg")):
            await bench.clock.advance(SWEEP_S)
            await bench.look(3)
        assert bench.clock.now() - taken >= 2 * DAY
        running.cancel()


async def test_a_clock_that_is_not_set_makes_no_picture_old(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.keep(1)
        await bench.look(1)
        bench.sure = False
        bench.clock.step_wall(100 * DAY)
        await bench.swept()
        assert isinstance(await bench.look(1), Found)


async def test_all_of_them_are_never_more_than_allowed(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.follow(max_bytes=1000)
        for number in range(15):
            await bench.clock.advance(1)
            bench.keep(number, size=300)
        await bench.look(0)
        files = list(tmp_path.rglob("*.jpg"))
        assert sorted(path.name[6:10] for path in files) == ["0012", "0013", "0014"]
        assert bench.album.figures()["bytes"] == sum(path.stat().st_size for path in files) == 900


async def test_pictures_make_way_for_the_buffer(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.keep(1)
        await bench.look(1)
        bench.album.follow(PicturesSettings(), BufferSettings(keep_free_bytes=1 << 60))
        bench.keep(2)
        assert (await bench.look(1), await bench.look(2)) == ("picture_gone", "picture_gone")
        assert bench.album.problem == "disk_full"


async def test_a_slow_disk_costs_pictures_and_neither_memory_nor_the_callers_time(tmp_path: Path) -> None:
    slow = FakeMasker()
    slow.free.clear()
    async with _bench(tmp_path, lambda: slow) as bench:
        bench.follow(personal="mask")
        with capture_logs() as logs:
            for number in range(WAITING + 5):
                bench.keep(number)
        assert (bench.album.dropped, bench.album.problem) == (5, "disk_slow")
        assert bench.album.figures()["failing"]
        assert [one["reason"] for one in logs] == ["disk_slow"]
        slow.free.set()
        await bench.look(0)
        await asyncio.sleep(0)
        assert (bench.album.kept, bench.album.problem) == (WAITING, "")


async def test_a_disk_that_hangs_does_not_keep_the_agent_from_stopping(tmp_path: Path) -> None:
    slow = FakeMasker()
    slow.free.clear()
    bench = _Bench(tmp_path, lambda: slow)
    bench.follow(personal="mask")
    bench.keep(1)
    closing = asyncio.create_task(bench.album.close())
    await bench.clock.advance(STOP_S)
    await closing
    bench.keep(2)
    assert bench.album.dropped == 0
    slow.free.set()


@pytest.mark.parametrize(
    ("reference", "data", "word"),
    [
        ("../../etc/passwd-1", b"jpeg", "bad_reference"),
        ("cam-1-1", b"", "empty"),
        ("cam-1-1", bytes(4 * 1024 * 1024 + 1), "too_large"),
    ],
)
async def test_what_is_no_fit_picture_is_counted(tmp_path: Path, reference: str, data: bytes, word: str) -> None:
    async with _bench(tmp_path) as bench:
        one = picture(1, 0)
        bench.album.keep(type(one)(one.device, reference, bench.clock.now(), data))
        assert (bench.album.dropped, bench.album.problem) == (1, word)
        assert not bench.album.figures()["failing"], "the box is not at fault"
