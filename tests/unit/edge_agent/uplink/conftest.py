"""One box, one buffer and one collector in memory for every test of the uplink."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge_agent.buffer import Buffer
from edge_agent.uplink import CollectorUplink
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector
from tests.unit.edge_agent.uplink.running import T0, Commands, make_uplink


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(T0)


@pytest.fixture
def collector(clock: FakeClock) -> FakeCollector:
    return FakeCollector(clock)


@pytest.fixture
async def buffer(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Buffer]:
    buffer = await Buffer.open(tmp_path / "buffer.db", clock)
    yield buffer
    await buffer.close()


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
async def uplink(
    clock: FakeClock, collector: FakeCollector, buffer: Buffer, commands: Commands
) -> AsyncIterator[CollectorUplink]:
    uplink = make_uplink(collector, buffer, clock, commands)
    yield uplink
    await uplink.close()
