"""What a technician carries: the buffer's chunks out, whole and marked; receipts in, if they are the collector's."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from edge_agent.buffer.carried import mark_file, newest_carried, note_carried
from edge_agent.cli import app
from edge_agent.identity_file import FILE_NAME, Identity, save_identity
from edge_agent.parcels import INBOX, Inbox, export
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, alert, batch, contents, opened, receipt
from wire.chunk import Chunk
from wire.codec import decode_chunks, encode
from wire.parcel import Form, Head, check_parcel, read_pieces, write_parcel
from wire.receipt import Receipts

COLLECTOR = Ed25519PrivateKey.generate()
BOX = Identity("gate-a", Ed25519PrivateKey.generate(), "http://127.0.0.1:9", "collector-a", COLLECTOR.public_key())


@pytest.fixture
async def state(tmp_path: Path) -> Path:
    """A state directory whose buffer holds an alert and five chunks of history."""
    folder = tmp_path / "state"
    save_identity(folder / FILE_NAME, BOX)
    async with opened(folder / "buffer.db") as buffer:
        for number in range(5):
            await buffer.put(batch(T0 + number))
            await buffer.flush()
        await buffer.put_now(alerts=[alert(1)])
    return folder


def unpacked(parcel: Path) -> list[Chunk]:
    with parcel.open("rb") as source:
        check_parcel(source, Form.CHUNKS, BOX.key.public_key())
        found = [chunk for piece in read_pieces(source, Form.CHUNKS) for chunk in decode_chunks(piece)]
    return [chunk for chunk in found if isinstance(chunk, Chunk)]


def slip(path: Path, chunks: list[Chunk], key: Ed25519PrivateKey = COLLECTOR, gateway: str = "gate-a") -> Path:
    """Write the receipts of ``chunks`` as the collector does."""
    with path.open("wb") as out:
        told = Receipts(tuple(receipt(chunk) for chunk in chunks), T0)
        write_parcel(out, Form.RECEIPTS, Head(gateway, "collector-a", T0), [encode(told)], key)
    return path


async def asked(word: str, path: Path, state: Path) -> Result:
    """Run a command as a process of its own would: it has a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, ["buffer", word, str(path), "--state", str(state)])


def carried(state: Path) -> int:
    with closing(sqlite3.connect(state / "buffer.db")) as connection:
        (journal,) = connection.execute("SELECT v FROM meta WHERE k = 'journal'").fetchone()
    return newest_carried(state / "buffer.db", journal)


def numbers(chunks: list[Chunk]) -> list[tuple[int, int]]:
    return [(chunk.lane, chunk.seq) for chunk in chunks]


EVERYTHING = [(0, 1), *((2, seq) for seq in range(1, 6))]


async def test_everything_goes_out_is_marked_and_stays(state: Path) -> None:
    async with opened(state / "buffer.db") as buffer:
        owed = await buffer.peek(1 << 30, 100)
        done = export(state / "buffer.db", state / "out", BOX, T0, "1")
        assert unpacked(state / "out") == owed
        assert numbers(owed) == EVERYTHING
        assert (done.chunks, done.entries, done.damaged, done.unmarked) == (6, 6, 0, "")
        assert (carried(state), buffer.stats.pending) == (5, 6)


async def test_what_comes_after_the_mark_is_for_the_next_time(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(state / "buffer.db") as buffer:
        await buffer.put(batch(T0 + 9))
        await buffer.flush()
        monkeypatch.setattr("edge_agent.parcels._newest", lambda _: (buffer.journal, 5))
        export(state / "buffer.db", state / "out", BOX, T0, "1")
    assert (numbers(unpacked(state / "out")), carried(state)) == (EVERYTHING, 5)


def test_a_mark_never_goes_back(state: Path) -> None:
    with closing(sqlite3.connect(state / "buffer.db")) as connection, connection:
        connection.execute("DELETE FROM chunk WHERE id > (2 << 48) + 3")
        (journal,) = connection.execute("SELECT v FROM meta WHERE k = 'journal'").fetchone()
    note_carried(state / "buffer.db", journal, 5)
    export(state / "buffer.db", state / "out", BOX, T0, "1")
    assert carried(state) == 5


def test_an_export_that_fails_carried_nothing_away(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        assert carried(state) == 5
        raise OSError(28, "no space left")

    monkeypatch.setattr("edge_agent.parcels.write_parcel", full)
    with pytest.raises(OSError, match="no space"):
        export(state / "buffer.db", state / "out", BOX, T0, "1")
    assert (carried(state), (state / "out").exists()) == (0, False)
    (state / "out").touch()
    with pytest.raises(FileExistsError):
        export(state / "buffer.db", state / "out", BOX, T0, "1")
    assert carried(state) == 0


def test_where_no_mark_can_be_written_the_export_works_and_says_so(state: Path) -> None:
    mark_file(state / "buffer.db").mkdir()
    said = CliRunner().invoke(app, ["buffer", "export", str(state / "out"), "--state", str(state)])
    assert (said.exit_code, numbers(unpacked(state / "out"))) == (0, EVERYTHING)
    assert "没能记下导出到哪里" in said.output
    assert "could not be noted" in said.output


def test_a_damaged_chunk_stays_behind(state: Path) -> None:
    with closing(sqlite3.connect(state / "buffer.db")) as connection, connection:
        connection.execute("UPDATE chunk SET body = zeroblob(9) WHERE id = (2 << 48) + 2")
        connection.execute("UPDATE chunk SET body = CAST(x'ff' AS TEXT) WHERE id = (2 << 48) + 3")
    done = export(state / "buffer.db", state / "out", BOX, T0, "1")
    assert (done.damaged, numbers(unpacked(state / "out"))) == (2, [(0, 1), (2, 1), (2, 4), (2, 5)])


async def test_receipts_let_go_of_what_they_name(state: Path) -> None:
    export(state / "buffer.db", state / "out", BOX, T0, "1")
    brought = slip(state.parent / "slip", unpacked(state / "out")[:4])
    said = await asked("import", brought, state)
    assert (said.exit_code, "4 块" in said.output) == (0, True)
    async with opened(state / "buffer.db") as buffer:
        assert numbers(await buffer.peek(1 << 30, 100)) == [(2, 4), (2, 5)]


async def test_a_running_agent_is_handed_the_receipts(state: Path) -> None:
    async with opened(state / "buffer.db") as buffer:
        brought = slip(state.parent / "slip", await buffer.peek(1 << 30, 100))
        said = await asked("import", brought, state)
        assert (said.exit_code, "已交给它处理" in said.output) == (0, True)
        inbox = Inbox(state, lambda: BOX, buffer.settle, FakeClock(T0))
        slip(state / INBOX / "strangers", [], key=Ed25519PrivateKey.generate())
        await inbox.look()
        assert (await contents(buffer), list((state / INBOX).iterdir())) == ([], [])


def told_otherwise(folder: Path) -> Iterator[Path]:
    """Yield files that are no receipts for this gateway."""
    (folder / "empty").touch()
    yield folder / "empty"
    yield slip(folder / "other", [], gateway="gate-b")
    yield slip(folder / "forged", [], key=Ed25519PrivateKey.generate())
    whole = slip(folder / "cut", []).read_bytes()
    (folder / "cut").write_bytes(whole[:-1])
    yield folder / "cut"


def test_other_files_are_not_believed(state: Path) -> None:
    words = ("不是汇聚端的回执文件", "另一台网关的回执", "签名不对", "不是汇聚端的回执文件")
    for path, word in zip(told_otherwise(state.parent), words, strict=True):
        said = CliRunner().invoke(app, ["buffer", "import", str(path), "--state", str(state)])
        assert (said.exit_code, word in said.output) == (2, True), said.output
    assert not (state / INBOX).exists()


def test_a_gateway_that_is_not_enrolled_has_nobody_to_sign(state: Path) -> None:
    (state / FILE_NAME).unlink()
    said = CliRunner().invoke(app, ["buffer", "export", str(state / "out"), "--state", str(state)])
    assert (said.exit_code, "edge-agent enrol" in said.output) == (2, True)


async def test_without_an_identity_receipts_wait(state: Path) -> None:
    (state / INBOX).mkdir()
    waiting = slip(state / INBOX / "slip", [])
    async with opened(state / "buffer.db") as buffer:
        await Inbox(state, lambda: None, buffer.settle, FakeClock(T0)).look()
        assert waiting.exists()
        await Inbox(state, lambda: replace(BOX), buffer.settle, FakeClock(T0)).look()
        assert not waiting.exists()
