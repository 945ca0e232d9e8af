"""Whatever bytes of a buffer's files are overwritten: it opens, nothing wrong is delivered, and the sum is right."""

import asyncio
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.edge_agent.buffer.damaging import Truth, a_buffer, account, beside, checkpoint

Blow = tuple[str, float, int, int]
"""Which file, where in it (share), how many bytes, and the seed of what is written there (0: zeros)."""

blows = st.lists(
    st.tuples(
        st.sampled_from(["", "-wal", "-shm"]),
        st.floats(0, 1),
        st.one_of(st.integers(1, 16), st.integers(1, 100_000)),
        st.integers(0, 1000),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return asyncio.run(a_buffer(tmp_path_factory.mktemp("sound"), history=60, arrived=20))


def strike(path: Path, blow: Blow) -> None:
    suffix, place, size, seed = blow
    target = beside(path, suffix)
    if not target.exists():
        return
    whole = bytearray(target.read_bytes())
    start = int(place * len(whole))
    new = random.Random(seed).randbytes(size) if seed else bytes(size)
    end = min(len(whole), start + size)
    whole[start:end] = new[: end - start]
    target.write_bytes(whole)


@settings(max_examples=60, deadline=None)
@given(blows=blows, written_back=st.booleans())
def test_any_blow(sound: Truth, blows: list[Blow], written_back: bool) -> None:
    with TemporaryDirectory() as folder:
        truth = sound.copied(Path(folder))
        if written_back:
            checkpoint(truth.path)
        for blow in blows:
            strike(truth.path, blow)
        owed = truth.pending
        assert 0 <= asyncio.run(account(truth)) <= owed
