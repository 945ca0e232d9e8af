"""Writes each room's table into docs/map.md from its modules' opening sentences: ``python -m tests.house.rooms``."""

import ast
from pathlib import Path

from tests.house.sources import PACKAGES, ROOT, between_markers, of_kind, read, with_between_markers

PAGE = ROOT / "docs" / "map.md"


def section() -> str:
    """Return what has to stand between the page's markers: one table for each package, folders before their modules."""
    return "\n".join(_room(package) for package in PACKAGES)


def _room(package: str) -> str:
    modules = [path for path in of_kind(".py") if path.parts[0] == package]
    modules.sort(key=lambda path: [*path.parts[:-1], "" if path.stem == "__init__" else path.name])
    rows = [f"| {_name(path)} | {_sentence(path)} |" for path in modules if path.parent != Path(package)]
    own = [f"| {_name(path)} | {_sentence(path)} |" for path in modules if path.parent == Path(package)]
    title, *members = [*own, *rows]
    sentence = title.split(" | ", 1)[1].removesuffix(" |")
    return f"### `{package}/`\n\n{sentence}\n\n| where | what |\n|---|---|\n" + "\n".join(members) + "\n"


def _name(path: Path) -> str:
    if path.stem == "__init__":
        return f"**`{path.parent}/`**"
    return f"`{path}`"


def _sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(read(path))) or ""
    first = " ".join(text.split("\n\n")[0].split())
    return first.replace("``", "`").replace("|", "\\|")


def main() -> None:
    """Write the tables anew."""
    page = PAGE.read_text("utf-8")
    fresh = with_between_markers(page, section())
    PAGE.write_text(fresh, "utf-8")
    print("docs/map.md: " + ("written" if fresh != page else "already current"))


def is_current() -> bool:
    """Tell whether the page names every module by its present sentence."""
    return between_markers(PAGE.read_text("utf-8")) == section()


if __name__ == "__main__":
    main()
