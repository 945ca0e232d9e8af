"""Where damaged files go, so that nothing is thrown away that could still be read: ``<buffer>.damaged-N``."""

import os
from collections.abc import Collection
from pathlib import Path

KEPT = 3
"""So many damaged files are kept; the oldest beyond go, unless there is still something to be got out of them."""

_COMPANIONS = ("-wal", "-shm")


def next_aside(path: Path) -> Path:
    """Return the name that ``move_aside`` would give now."""
    return path.with_name(f"{path.name}.damaged-{max(_asides(path), default=0) + 1}")


def fresh_name(path: Path) -> Path:
    """Return where the file that will take the place of ``path`` is prepared."""
    return path.with_name(f"{path.name}.new")


def move_aside(path: Path, needed: Collection[str]) -> Path:
    """Move what is at ``path``, with its log, to a name of its own, and return that.

    ``needed`` are names of earlier ones that have to stay. ``OSError`` where nothing can be moved.
    """
    aside, found = next_aside(path), _asides(path)
    for number in sorted(found)[: max(0, len(found) - KEPT + 1)]:
        if found[number].name not in needed and found[number].is_file():
            for suffix in ("", *_COMPANIONS):
                found[number].with_name(found[number].name + suffix).unlink(missing_ok=True)
    for suffix in ("", *_COMPANIONS):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.replace(aside.with_name(aside.name + suffix))
    return aside


def make_anew(path: Path) -> None:
    """Let the file that was prepared beside ``path`` take its place, if the place is empty and one was prepared."""
    fresh = fresh_name(path)
    if not fresh.exists():
        return
    if path.exists():
        fresh.unlink()
        return
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _asides(path: Path) -> dict[int, Path]:
    begin = f"{path.name}.damaged-"
    found = {other.name.removeprefix(begin): other for other in path.parent.glob(f"{begin}*")}
    return {int(number): other for number, other in found.items() if number.isdecimal()}
