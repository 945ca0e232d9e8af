"""Writes the help of every command of our programs into docs/cli.md; ``python -m tests.house.cli_help`` does it."""

from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from collector.cli import app as collector
from edge_agent.cli import app as edge_agent
from simulators.cli import app as simulators
from tests.house.sources import ROOT, between_markers, with_between_markers

PAGE = ROOT / "docs" / "cli.md"
WIDTH = 100
PROGRAMS: dict[str, typer.Typer] = {"edge-agent": edge_agent, "collector": collector, "simulators": simulators}


def commands() -> Iterator[tuple[str, str]]:
    """Yield every command as it is typed, groups before their members, and its help as plain text."""
    for name, app in PROGRAMS.items():
        yield from _walk(name, get_command(app), None)


def _walk(name: str, command: Any, parent: Any) -> Iterator[tuple[str, str]]:
    command.rich_markup_mode = None  # the same words without a frame, whatever the terminal
    word = name.rpartition(" ")[2]
    context = command.context_class(
        command, info_name=word, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    yield name, text
    for member, inner in getattr(command, "commands", {}).items():
        yield from _walk(f"{name} {member}", inner, context)


def section() -> str:
    """Return what has to stand between the page's markers."""
    parts = []
    for name, text in commands():
        level = "##" if " " not in name else "###"
        parts.append(f"{level} {name}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def main() -> None:
    """Write the section anew."""
    page = PAGE.read_text("utf-8")
    fresh = with_between_markers(page, section())
    PAGE.write_text(fresh, "utf-8")
    print("docs/cli.md: " + ("written" if fresh != page else "already current"))


def is_current() -> bool:
    """Tell whether the page says what the programs say."""
    return between_markers(PAGE.read_text("utf-8")) == section()


if __name__ == "__main__":
    main()
