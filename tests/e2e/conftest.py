"""A stage for each test that wants the whole: its own folder, its own ports, struck whatever happens."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from simulators.demo.stage import Stage

AnyStage = TypeVar("AnyStage", bound=Stage)


def on_stage(made: AnyStage) -> Iterator[AnyStage]:
    """Set a stage up, give it, and strike it; show the logs' ends, which pytest prints when the test fails."""
    try:
        made.set_up()
        yield made
    finally:
        made.strike()
        for log in sorted(made.folder.glob("*.log")):
            print(f"--- {log.name}\n" + "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-40:]))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Give a running community without cameras, agent and collector on free ports."""
    yield from on_stage(Stage(tmp_path / "stage", port=0, isolated=True, cameras=False))
