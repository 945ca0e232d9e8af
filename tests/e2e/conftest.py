"""A stage for each test that wants the whole: its own folder, its own ports, struck whatever happens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.demo.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Give a running community, agent and collector on free ports; show the logs' ends when the test fails."""
    made = Stage(tmp_path / "stage", port=0, isolated=True)
    try:
        made.set_up()
        yield made
    finally:
        made.strike()
        for log in sorted((tmp_path / "stage").glob("*.log")):
            print(f"--- {log.name}\n" + "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-40:]))
