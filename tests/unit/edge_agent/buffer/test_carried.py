"""What is on a stick is not thinned and is the first to go; the mark that says so is whole or means nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.buffer import Buffer
from edge_agent.buffer.carried import mark_file, newest_carried, note_carried, outwait_relief
from tests.unit.edge_agent.buffer.test_pressure import MB, balanced, last_seq, one_minute
from tests.unit.edge_agent.buffer.truth import Truth, opened_by_a_right_clock
from wire.chunk import Content, Gap
from wire.codec import unseal

JOURNAL = "ab" * 16


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "buffer.db"
    path.touch()
    return path


def test_a_mark_is_what_was_noted_last(file: Path) -> None:
    assert newest_carried(file, JOURNAL) == 0
    for seq in (7, 12):
        note_carried(file, JOURNAL, seq)
        assert newest_carried(file, JOURNAL) == seq
    assert mark_file(file).stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir() if each != file] == ["buffer.db.carried"]


def test_the_mark_of_another_journal_means_nothing(file: Path) -> None:
    note_carried(file, JOURNAL, 7)
    assert newest_carried(file, "cd" * 16) == 0


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"seq":3}', b'{"journal":1,"seq":3}', b"\xff\x00" * 40])
def test_a_torn_mark_means_nothing(file: Path, text: bytes) -> None:
    mark_file(file).write_bytes(text)
    assert newest_carried(file, JOURNAL) == 0


@pytest.mark.parametrize("seq", ["-1", "0", str(1 << 48), str(10**30), "1.5"])
def test_a_number_that_is_none_means_nothing(file: Path, seq: str) -> None:
    mark_file(file).write_text(f'{{"journal":"{JOURNAL}","seq":{seq}}}')
    assert newest_carried(file, JOURNAL) == 0


def test_a_folder_in_the_marks_place_is_an_error_and_no_mark(file: Path) -> None:
    mark_file(file).mkdir()
    with pytest.raises(OSError, match=r"buffer\.db\.carried"):
        note_carried(file, JOURNAL, 7)
    assert newest_carried(file, JOURNAL) == 0
    assert [each.name for each in file.parent.iterdir() if each != file] == ["buffer.db.carried"]


async def test_a_transaction_of_the_running_agent_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "buffer.db"
    async with opened_by_a_right_clock(path):
        outwait_relief(path)
        monkeypatch.setattr("edge_agent.buffer.carried.WAIT_S", 0.0)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                outwait_relief(path)
    outwait_relief(path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["buffer.db", "buffer.db.lock", "buffer.db.witness"]


def gone(contents: list[Content], reason: str) -> Iterator[Gap]:
    """Yield the gaps of this reason that name numbers."""
    yield from (gap for content in contents for gap in content.gaps if gap.reason == reason and gap.seqs)


async def on_file(buffer: Buffer) -> list[Content]:
    return [unseal(chunk) for chunk in await buffer.peek(1 << 30, 1 << 30)]


async def test_what_is_on_a_stick_is_never_thinned_even_after_a_restart(tmp_path: Path) -> None:
    truth, path = Truth(), tmp_path / "buffer.db"
    async with opened_by_a_right_clock(path, max_bytes=MB) as buffer:
        for minute in range(40):
            await one_minute(buffer, truth, minute)
        note_carried(path, buffer.journal, 400)
    async with opened_by_a_right_clock(path, max_bytes=MB) as buffer:
        for minute in range(40, 170):
            await one_minute(buffer, truth, minute)
        assert (buffer.stats.thinned > 0, buffer.stats.dropped, balanced(buffer)) == (True, 0, True)
        named = [pair for gap in gone(await on_file(buffer), "thinned") for pair in gap.seqs]
        assert min(first for first, _ in named) == 401
        newest = await last_seq(buffer)
        while await truth.deliver(buffer):
            pass
    truth.check(newest)


async def test_what_is_on_a_stick_goes_first_and_alone(tmp_path: Path) -> None:
    truth, path = Truth(), tmp_path / "buffer.db"
    async with opened_by_a_right_clock(path, max_bytes=MB) as buffer:
        for minute in range(30):
            await one_minute(buffer, truth, minute, words=True)
        note_carried(path, buffer.journal, 333)
        for minute in range(30, 130):
            await one_minute(buffer, truth, minute, words=True)
        assert (buffer.stats.thinned > 0, buffer.stats.dropped > 0, balanced(buffer)) == (True, True, True)
        dropped = [gap.seqs for gap in gone(await on_file(buffer), "buffer_full")]
        reach = [(seqs[0][0], seqs[-1][1]) for seqs in dropped]
        assert all(last <= 333 or first > 333 for first, last in reach)
        onstick = [last <= 333 for _, last in reach]
        assert onstick == sorted(onstick, reverse=True)
        assert any(onstick)
        assert not all(onstick)
        newest = await last_seq(buffer)
        while await truth.deliver(buffer):
            pass
    truth.check(newest)
