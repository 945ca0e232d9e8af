"""`edge-agent pictures` reads the album's files, also while no agent runs, and says it where there is nothing."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge_agent.cli import app
from edge_agent.pictures.folder import FOLDER, PictureFolder
from runtime.testing import FakeClock
from tests.unit.edge_agent.pictures.albums import DAY

NOW = FakeClock().now()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = PictureFolder(tmp_path / FOLDER)
    folder.open()
    folder.put("cam-1-aa", NOW, b"whole", masked=False)
    folder.put("cam-2-bb", NOW - DAY, b"few", masked=True)
    return tmp_path


def asked(state: Path, *words: object) -> Result:
    return CliRunner().invoke(app, ["pictures", *map(str, words), "--state", str(state), "--lang", "en"])


def test_status_counts(state: Path) -> None:
    result = CliRunner().invoke(app, ["pictures", "status", "--state", str(state), "--json", "--lang", "en"])
    told = json.loads(result.output)
    assert (told["count"], told["bytes"], told["masked"], told["newest_at"] - told["oldest_at"]) == (2, 8, 1, DAY)
    assert "2  0.0 MB  masked 1" in asked(state, "status").output


def test_a_list_is_newest_first_and_of_one_device(state: Path) -> None:
    lines = asked(state, "list").output.splitlines()
    assert ["cam-1-aa" in lines[0], "cam-2-bb" in lines[1], lines[1].endswith("masked")] == [True, True, True]
    assert "cam-1" not in asked(state, "list", "--device", "cam-2").output
    assert str(state) in asked(state, "show", "cam-2-bb").output


def test_one_is_written_to_a_file(state: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jpg"
    assert asked(state, "export", "cam-1-aa", "--out", out).exit_code == 0
    assert out.read_bytes() == b"whole"
    broken = asked(state, "export", "cam-1-aa", "--masked", "--out", tmp_path / "masked.jpg")
    assert (broken.exit_code, (tmp_path / "masked.jpg").exists()) == (2, False)
    assert asked(state, "export", "cam-2-bb", "--masked", "--out", out).exit_code == 0
    assert out.read_bytes() == b"few"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert "no pictures" in asked(tmp_path, "list").output
    assert asked(tmp_path, "status").exit_code == 0
    gone = asked(tmp_path, "show", "cam-1-aa")
    assert (gone.exit_code, "never kept" in gone.output) == (1, True)
