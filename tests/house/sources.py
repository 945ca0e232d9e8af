"""What the house's tests look at: the files that git tracks or would track, by kind."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

PACKAGES = ("wire", "runtime", "config", "drivers", "rules", "edge_agent", "collector", "simulators")
"""The packages that ship, from the ground up."""


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file that is committed or would be by ``git add``, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return tuple(sorted(Path(name) for name in names if name and (ROOT / name).is_file()))


def of_kind(*suffixes: str) -> list[Path]:
    """Return the tracked files with one of ``suffixes``."""
    return [path for path in tracked() if path.suffix in suffixes]


@cache
def read(path: Path) -> str:
    """Return a tracked file's text, as it was when it was first read."""
    return (ROOT / path).read_text("utf-8")


BEGIN, END = "<!-- generated from here: `make docs` -->\n", "<!-- generated to here -->\n"
"""Between these lines a page is written by a program; what stands around them is written by people."""


def between_markers(page: str) -> str:
    """Return what a page has between its markers; ``ValueError`` where they are missing."""
    return page[page.index(BEGIN) + len(BEGIN) : page.index(END)]


def with_between_markers(page: str, text: str) -> str:
    """Return the page with ``text`` between its markers; ``ValueError`` where they are missing."""
    return page[: page.index(BEGIN) + len(BEGIN)] + text + page[page.index(END) :]
