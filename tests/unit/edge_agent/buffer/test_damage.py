"""Damage is an ordinary state: whatever happens to the file, what is whole is delivered and the rest is counted."""

import asyncio
from pathlib import Path

import pytest

from edge_agent.buffer import BufferState
from tests.unit.edge_agent.buffer.damaging import DAMAGES, Truth, a_buffer, account, beside, junk
from tests.unit.edge_agent.buffer.making import T0, batch, opened

HARMLESS = ("newer version", "index of the log junk", "index of the log gone", "nothing wrong", "log's header junk")
"""Nothing that was owed is hit by these."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return asyncio.run(a_buffer(tmp_path_factory.mktemp("sound")))


@pytest.fixture
def truth(sound: Truth, tmp_path: Path) -> Truth:
    return sound.copied(tmp_path)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_what_is_whole_is_delivered_and_the_rest_counted(truth: Truth, damage: str) -> None:
    owed = truth.pending
    DAMAGES[damage](truth.path)
    lost = await account(truth)
    assert 0 <= lost <= owed
    print("LOST", damage, lost, owed)
    if damage in HARMLESS:
        assert lost == 0


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name not in ("file gone", "cut to nothing")])
async def test_without_its_witness_too_all_that_is_whole_is_delivered(truth: Truth, damage: str) -> None:
    DAMAGES[damage](truth.path)
    beside(truth.path, ".witness").write_bytes(junk(8192))
    async with opened(truth.path) as buffer:
        await buffer.tend()
        await truth.collector.drain(buffer)
        await buffer.put(batch(T0 + 10_000_000))
        assert await buffer.flush()
        assert buffer.stats.state is BufferState.DURABLE
