"""Has pictures read one after the other, and writes those with the plates marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.api import NoPicture, PlateRead, ReadsPlates
from runtime.clock import Clock

KINDS = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of one file, in how many seconds; ``fault`` says why nothing could be."""

    file: Path
    reads: Sequence[PlateRead]
    took_s: float
    marked: Path | None = None
    fault: str = ""


def pictures_of(path: Path) -> list[Path]:
    """Return the file, or the pictures of the folder by name (not of folders within); empty when there is none."""
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix.lower() in KINDS and file.is_file())
    return [path] if path.is_file() else []


def look_at(file: Path, reader: ReadsPlates, clock: Clock, out: Path | None) -> Seen:
    """Return what ``reader`` finds in ``file``; into the folder ``out``, if any, goes the picture with it marked.

    A file that is no picture is told as such; ``OSError`` for what cannot be read or written.
    """
    picture = file.read_bytes()
    began = clock.monotonic()
    try:
        reads = reader.read(picture)
    except NoPicture as error:
        return Seen(file, (), 0.0, fault=str(error))
    took = clock.monotonic() - began
    marked = None
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        marked = out / f"{file.stem}.plates.jpg"
        marked.write_bytes(reader.annotated(picture, reads))
    return Seen(file, reads, took, marked)
