"""The shim does to one process and one file what its words say, and to nothing else."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.disk.power import read_log
from tests.faults.disk.shim import Disk

ANSWERS = """
import errno, os, sys
mine, other = sys.argv[1:3]
def tried(deed):
    try:
        deed()
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]
def there(flags=os.O_RDWR):
    return os.open(mine, flags)
print(
    tried(lambda: os.pwrite(there(), b"x", 0)),
    tried(lambda: os.pwrite(there(), b"x" * 9, 0)),
    tried(lambda: os.fsync(there())),
    tried(lambda: os.close(os.open(mine + "-new", os.O_CREAT | os.O_WRONLY))),
    tried(lambda: open(other, "wb").write(b"x" * 9)),
    os.statvfs(mine).f_bavail > 0,
)
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk under a file of three bytes."""
    (tmp_path / "file").write_bytes(b"abc")
    with Disk(tmp_path / "file", tmp_path / "rig", recorded=True) as made:
        yield made


def _answers(disk: Disk) -> str:
    """Return what becomes of an overwrite, growth, a sync, a new file, another file, and whether space is free."""
    command = [sys.executable, "-c", ANSWERS, str(disk.file), str(disk.file.parent / "other")]
    environment = {**os.environ, **disk.environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("trouble", "answers"),
    [
        ("", "ok ok ok ok ok True"),
        ("full", "ok ENOSPC ok ENOSPC ok False"),
        ("inodes", "ok ok ok ENOSPC ok True"),
        ("broken", "EIO EIO EIO EIO ok True"),
        ("read-only", "EROFS EROFS EROFS EROFS ok True"),
        ("slow", "ok ok ok ok ok True"),
    ],
)
def test_each_trouble(disk: Disk, trouble: str, answers: str) -> None:
    if trouble:
        disk.suffer(trouble)
    assert _answers(disk) == answers
    disk.heal(trouble)
    assert _answers(disk) == "ok ok ok ok ok True"


def test_what_is_done_to_the_file_is_recorded_in_order_and_counted(disk: Disk) -> None:
    _answers(disk)
    found = read_log(disk.log)
    assert "".join(record.kind for record in found) == "OWWSO"
    assert found[2].data == b"x" * 9
    assert (disk.written, disk.syncs) == (10, 1)


ROOM = """
import os, sys
mine = sys.argv[1]
def grown(size):
    try:
        return os.pwrite(os.open(mine, os.O_RDWR), b"x", size) == 1
    except OSError:
        return False
def free():
    found = os.statvfs(mine)
    return found.f_bavail * found.f_frsize
print(grown(70_000), os.truncate(mine + "-other", 50_000), free() > 0, grown(60_000), grown(40_000), grown(49_999))
"""


def test_on_a_full_disk_what_one_file_gives_back_another_may_have(disk: Disk) -> None:
    disk.file.with_name("file-other").write_bytes(bytes(100_000))
    disk.suffer("full")
    command = [sys.executable, "-c", ROOM, str(disk.file)]
    done = subprocess.run(command, env={**os.environ, **disk.environment}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "None", "True", "False", "True", "True"]
