"""The pretend site that the technician's commands are tried on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.edge_agent.technician.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Devices that answer, and a file that names some of them."""
    with Bench(tmp_path) as running:
        yield running
