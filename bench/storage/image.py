"""A disk of one's own for counting: an ext4 image on a loop device, where this machine lets one be made (root)."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MEGABYTES = 1024


@dataclass(frozen=True)
class Image:
    """``folder`` is where it is mounted, ``stat`` the kernel's counters of its device."""

    folder: Path
    stat: Path


@contextmanager
def ext4_image(place: Path, options: str = "noatime") -> Iterator[Image | None]:
    """Lend a fresh ext4 file system of a gigabyte, mounted with ``options``, as long as the block lasts; ``None`` where
    that is not allowed.
    """
    file, folder = place / "ext4.img", place / "ext4"
    folder.mkdir(parents=True)
    with file.open("wb") as opened:
        opened.truncate(_MEGABYTES * 1_000_000)
    try:
        _call("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(file))
        device = _call("losetup", "--find", "--show", "--direct-io=on", str(file))
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        _call("mount", "-o", options, device, str(folder))
    except (OSError, subprocess.CalledProcessError):
        _call("losetup", "--detach", device)
        yield None
        return
    try:
        yield Image(folder, Path("/sys/block") / Path(device).name / "stat")
    finally:
        _call("umount", str(folder))
        _call("losetup", "--detach", device)


def _call(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
