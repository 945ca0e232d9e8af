"""Pictures on the disk: whole or not there after a crash, the oldest first to go, and no name that leads elsewhere."""

import os
from pathlib import Path

import pytest

from edge_agent.pictures.folder import PictureFolder
from runtime.testing import FakeClock
from tests.unit.edge_agent.pictures.albums import DAY, HOUR

NOW = FakeClock().now()


@pytest.fixture
def folder(tmp_path: Path) -> PictureFolder:
    made = PictureFolder(tmp_path / "pictures")
    made.open()
    return made


def test_a_picture_is_found_again_with_its_time_also_after_a_restart(folder: PictureFolder) -> None:
    folder.put("cam-1-aa", NOW, b"whole", masked=False)
    folder.put("cam-1-bb", NOW - 2 * DAY, b"few", masked=True)
    again = PictureFolder(folder.path)
    again.open()
    assert (again.count, again.size) == (2, 8)
    kept = again.find("cam-1-aa")
    assert kept is not None
    assert (kept.device, kept.at, kept.masked, kept.path.read_bytes()) == ("cam-1", NOW, False, b"whole")
    assert [(one.reference, one.masked) for one in again.every()] == [("cam-1-aa", False), ("cam-1-bb", True)]


def test_what_a_crash_left_is_no_picture_and_is_removed(folder: PictureFolder) -> None:
    folder.put("cam-1-aa", NOW, b"whole", masked=False)
    day = next(folder.path.iterdir())
    (day / "cam-1-bb.jpg.part").write_bytes(b"ha")
    (day / "cam-1-cc.jpg").touch()
    lost = folder.path / "2020-01-01"
    lost.mkdir()
    (lost / "cam-1-dd.jpg.part").write_bytes(b"lf")
    again = PictureFolder(folder.path)
    again.open()
    assert [path.name for path in folder.path.rglob("*")] == [day.name, "cam-1-aa.jpg"]
    assert (again.count, again.size) == (1, 5)


def test_a_disk_that_refuses_leaves_nothing_behind(folder: PictureFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_file: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="no space"):
        folder.put("cam-1-aa", NOW, b"whole", masked=False)
    assert [path for path in folder.path.rglob("*") if path.is_file()] == []
    assert (folder.count, folder.size) == (0, 0)


def test_the_same_reference_is_one_picture(folder: PictureFolder) -> None:
    folder.put("cam-1-aa", NOW - DAY, b"first", masked=False)
    folder.put("cam-1-aa", NOW, b"2nd", masked=True)
    assert (folder.count, folder.size, len(list(folder.every()))) == (1, 3, 1)


def test_room_is_made_by_the_oldest_whatever_the_order_they_came_in(folder: PictureFolder) -> None:
    for number, at in enumerate((NOW - HOUR, NOW - 3 * DAY, NOW, NOW - DAY)):
        folder.put(f"cam-1-{number}", at, bytes(100), masked=False)
    assert folder.make_room(100, most=300, leave_free=0)
    assert [one.reference for one in folder.every()] == ["cam-1-2", "cam-1-0"]
    assert folder.size == 200
    assert folder.remove_before(NOW) == 1
    assert not folder.make_room(1, most=300, leave_free=1 << 60), "the disk's room is not its own"
    assert (folder.count, folder.size, list(folder.path.iterdir())) == (0, 0, [])


@pytest.mark.parametrize(
    "reference", ["", "cam-1", "../cam-1-aa", "cam-1-a/b", "cam-1-aa.jpg", "/etc/passwd-x", "*-aa"]
)
def test_a_reference_that_is_none_leads_nowhere(folder: PictureFolder, reference: str) -> None:
    assert folder.find(reference) is None
