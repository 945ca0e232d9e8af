"""The collector's lists on the box: in effect at once, over a restart, and for nobody else's community."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_agent.plate_lists.book import Listing, PlateBook
from edge_agent.plate_lists.kept import FILE_NAME, ListKeeper
from runtime.testing import FakeClock
from wire.plates import ListKind, PlateEntry

ENTRIES = (PlateEntry("浙F10345", ListKind.white), PlateEntry("沪A66666", ListKind.black))


class _Box:
    """A box that has just started; ``book`` is what it judges by."""

    def __init__(self, folder: Path, gateway: str = "gw-1", collector: str = "district") -> None:
        self.book = PlateBook(())
        self.keeper = ListKeeper(folder / FILE_NAME, FakeClock(77), self._deliver)
        self.keeper.belong_to(gateway, collector)

    def _deliver(self, listings: Sequence[Listing]) -> None:
        self.book = PlateBook(listings)

    def kinds(self) -> list[ListKind | None]:
        return [self.book.judge(each.plate, 1).kind for each in ENTRIES]


async def test_lists_are_in_effect_at_once_and_after_a_restart(tmp_path: Path) -> None:
    box = _Box(tmp_path)
    assert (box.keeper.version, box.kinds()) == (0, [None, None])
    await box.keeper.take(5, ENTRIES)
    for each in (box, _Box(tmp_path)):
        assert (each.keeper.version, each.keeper.taken_at, each.keeper.count) == (5, 77, 2)
        assert each.kinds() == [ListKind.white, ListKind.black]
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


async def test_an_empty_list_takes_the_old_one_s_place(tmp_path: Path) -> None:
    box = _Box(tmp_path)
    await box.keeper.take(5, ENTRIES)
    await box.keeper.take(6, ())
    assert (_Box(tmp_path).keeper.version, _Box(tmp_path).kinds()) == (6, [None, None])


async def test_a_box_that_moved_uses_nothing_of_its_old_community(tmp_path: Path) -> None:
    await _Box(tmp_path).keeper.take(5, ENTRIES)
    assert _Box(tmp_path, gateway="gw-2").kinds() == [None, None]
    moved = _Box(tmp_path, collector="another")
    assert (moved.keeper.version, moved.kinds()) == (0, [None, None])
    moved.keeper.belong_to("gw-1", "district")
    assert moved.kinds() == [ListKind.white, ListKind.black]


@pytest.mark.parametrize("cut", [0, 1, 20, -1])
async def test_a_damaged_file_is_no_list_and_is_mended_by_the_next(tmp_path: Path, cut: int) -> None:
    await _Box(tmp_path).keeper.take(5, ENTRIES)
    file = tmp_path / FILE_NAME
    file.write_bytes(file.read_bytes()[:cut])
    box = _Box(tmp_path)
    assert (box.keeper.version, box.kinds()) == (0, [None, None])
    await box.keeper.take(6, ENTRIES)
    assert _Box(tmp_path).kinds() == [ListKind.white, ListKind.black]


async def test_a_disk_that_refuses_leaves_what_was_there(tmp_path: Path) -> None:
    box = _Box(tmp_path)
    await box.keeper.take(5, ENTRIES[:1])
    (tmp_path / f"{FILE_NAME}.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        await box.keeper.take(6, ENTRIES)
    assert (box.keeper.version, box.kinds()) == (5, [ListKind.white, None])
