"""`edge-agent buffer verify` and `salvage`: what a technician is told, and the exit status that goes with it."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.cli import app
from tests.unit.edge_agent.buffer.damaging import DAMAGES, Truth, a_buffer, beside, checkpoint, junk, overwrite
from tests.unit.edge_agent.buffer.making import opened


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return asyncio.run(a_buffer(tmp_path_factory.mktemp("sound"), history=60, arrived=20))


@pytest.fixture
def truth(sound: Truth, tmp_path: Path) -> Truth:
    return sound.copied(tmp_path)


def ask(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["buffer", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_a_sound_file_is_called_sound_and_nothing_is_changed(truth: Truth) -> None:
    before = truth.path.read_bytes(), beside(truth.path, "-wal").read_bytes()
    status, output = ask("verify", truth.path)
    assert (status, "完好" in output, "sound" in output) == (0, True, True)
    found = json.loads(ask("verify", truth.path, "--json")[1])
    assert (found["sound"], found["journal"], found["witness"]) == (True, truth.journal, "agrees")
    there = sum(lane["chunks"] for lane in found["lanes"].values())
    assert there >= sum(key not in truth.collector.stored for key in truth.chunks)
    assert (truth.path.read_bytes(), beside(truth.path, "-wal").read_bytes()) == before


async def test_a_file_in_use_is_verified_and_not_salvaged(tmp_path: Path) -> None:
    path = tmp_path / "buffer.db"
    async with opened(path):
        assert ask("verify", "--state", tmp_path)[0] == 0
        status, output = ask("salvage", path)
        assert (status, "正在使用" in output) == (2, True)


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_the_damage_both_answer(truth: Truth, damage: str) -> None:
    DAMAGES[damage](truth.path)
    status, output = ask("verify", truth.path)
    assert status in (0, 1, 2)
    assert output.strip()
    status, output = ask("salvage", truth.path)
    assert status in (0, 1, 2)
    assert output.strip()


def test_a_bad_chunk_is_named(truth: Truth) -> None:
    checkpoint(truth.path)
    body = next(chunk.body for key, chunk in truth.chunks.items() if key not in truth.collector.stored)
    at = truth.path.read_bytes().index(body[:40])
    overwrite(truth.path, at + 30, b"\x00\x01\x02")
    found = json.loads(ask("verify", truth.path, "--json")[1])
    assert (found["sound"], len(found["bad"])) == (False, 1)
    assert ask("verify", truth.path)[0] == 1


def test_salvage_makes_a_sound_file_of_a_damaged_one(truth: Truth, tmp_path: Path) -> None:
    checkpoint(truth.path)
    overwrite(truth.path, 0, junk(100))
    new = tmp_path / "new.db"
    looked = json.loads(ask("salvage", truth.path, "--json")[1])
    assert not new.exists()
    status, output = ask("salvage", truth.path, "--into", new)
    assert (status, str(new) in output) == (0, True)
    found = json.loads(ask("verify", new, "--json")[1])
    assert (found["sound"], found["journal"]) == (True, truth.journal)
    lanes = {name: (lane["chunks"], lane["entries"]) for name, lane in found["lanes"].items()}
    assert lanes == {name: (lane["chunks"], lane["entries"]) for name, lane in looked["lanes"].items()}
    assert lanes["history"][0] >= sum(key not in truth.collector.stored for key in truth.chunks if key[1] == 2)
    assert ask("salvage", truth.path, "--into", new)[0] == 2


def test_what_is_not_there_is_a_sentence_and_status_2(tmp_path: Path) -> None:
    for command in ("verify", "salvage"):
        status, output = ask(command, tmp_path / "none.db")
        assert (status, "没有这个文件" in output) == (2, True)
