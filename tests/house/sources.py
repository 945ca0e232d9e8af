"""What the house's tests look at: the files that git tracks or would track, by kind."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file that is committed or would be by ``git add``, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return tuple(sorted(Path(name) for name in names if name and (ROOT / name).is_file()))


def of_kind(*suffixes: str) -> list[Path]:
    """Return the tracked files with one of ``suffixes``."""
    return [path for path in tracked() if path.suffix in suffixes]


def read(path: Path) -> str:
    """Return a tracked file's text."""
    return (ROOT / path).read_text("utf-8")
