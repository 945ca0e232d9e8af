"""`edge-agent plates rtsp://…`: where its password comes from and does not go, what it prints, and how it ends."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import drivers.api
from drivers.api import (
    Direction,
    DriverError,
    Glimpse,
    Misconfigured,
    ModelsMissing,
    Passage,
    PlateKind,
    PlateRead,
    Timeout,
    WatchesPlates,
)
from edge_agent.cli import app
from edge_agent.technician.plates_video import MOST, PASSWORD, Watch, door
from runtime.clock import Clock

READ = PlateRead("浙F8K2Y7", 0.97, PlateKind.blue, ((0, 0), (140, 0), (140, 44), (0, 44)))
MOMENT = 1_790_000_000_000_000


class Watches:
    """A video on which a car drives up, or that fails with ``error``."""

    def __init__(self, error: DriverError | None = None, reads: bool = True) -> None:
        self.error, self.reads = error, reads
        self.asked: list[tuple[str, str, str]] = []

    async def __call__(
        self,
        address: str,
        password: str,
        clock: Clock,
        see: Callable[[Glimpse], None],
        gone: Callable[[DriverError], None],
        *,
        home: str = "",
    ) -> None:
        self.asked.append((address, password, home))
        if self.error is not None:
            gone(self.error)
            gone(self.error)
        if self.reads:
            passage = Passage(READ, Direction.approaching, MOMENT, MOMENT, 2, "1")
            see(Glimpse(MOMENT, [READ], b"a marked picture", [passage]))
        if self.error is None:
            await asyncio.sleep(3600)


@pytest.fixture
def watches(monkeypatch: pytest.MonkeyPatch) -> Watches:
    """What the box watches with."""
    fake = Watches()

    def watcher(scheme: str = "rtsp") -> WatchesPlates:
        return fake

    monkeypatch.setattr(drivers.api, "plate_watcher", watcher)
    return fake


def run(*words: str, **env: str) -> tuple[int, str]:
    """Return the exit status and everything that was printed."""
    result = CliRunner(env={"LANG": "en", **env}).invoke(app, ["plates", *words, "--seconds", "0.05"])
    return result.exit_code, result.output


def test_what_is_read_is_printed_and_kept(watches: Watches, tmp_path: Path) -> None:
    status, output = run("rtsp://192.0.2.7/main", "--out", str(tmp_path / "out"), "--home", "浙F")
    assert status == 0
    assert "浙F8K2Y7  0.97  blue  140 px  may open" in output
    assert "=> 浙F8K2Y7  0.97  coming nearer  would be told" in output
    (picture,) = (tmp_path / "out").iterdir()
    assert picture.read_bytes() == b"a marked picture"
    assert watches.asked == [("rtsp://192.0.2.7/main", "", "浙F")]


def test_nothing_read_is_status_1(watches: Watches) -> None:
    watches.reads = False
    assert run("rtsp://192.0.2.7/main")[0] == 1


def test_the_password_comes_from_the_environment(watches: Watches) -> None:
    status, output = run("rtsp://admin@192.0.2.7/main", **{PASSWORD: "hunter2"})
    assert (status, watches.asked[0][:2]) == (0, ("rtsp://admin@192.0.2.7/main", "hunter2"))
    assert "hunter2" not in output


def test_one_on_the_command_line_works_and_is_warned_of_and_not_shown(watches: Watches) -> None:
    status, output = run("rtsp://admin:hunter%402@192.0.2.7:8554/main?a=1", **{PASSWORD: ""})
    assert (status, watches.asked[0][:2]) == (0, ("rtsp://admin@192.0.2.7:8554/main?a=1", "hunter@2"))
    assert "where all can see it" in output
    assert "hunter" not in output


def test_one_from_a_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from file\n", "utf-8")
    way = door("rtsp://admin:within@192.0.2.7/", tmp_path / "secret", lambda: "asked")
    assert (way.password, way.exposed) == ("from file", True)
    assert "from file" not in repr(way)


def test_whoever_gives_none_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD, raising=False)
    assert door("rtsp://admin@192.0.2.7/", None, lambda: "asked").password == "asked"


@pytest.mark.parametrize("address", ["rtsp:///main", "rtsp://admin@/main", "rtsp://192.0.2.7:x/main"])
def test_what_is_no_address_is_refused(watches: Watches, address: str) -> None:
    status, output = run(address)
    assert (status, "rtsp://user@host/path" in output) == (2, True)


def test_what_has_to_be_mended_ends_it_and_what_passes_does_not(watches: Watches) -> None:
    watches.error = Misconfigured("video: the camera does not accept user and password")
    status, output = run("rtsp://192.0.2.7/main")
    assert (status, output.count("does not accept")) == (2, 1)
    watches.error = Timeout("video: ConnectionRefusedError 111")
    status, output = run("rtsp://192.0.2.7/main")
    assert (status, output.count("ConnectionRefusedError")) == (0, 1)


def test_a_box_that_cannot_watch_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def watcher(scheme: str = "rtsp") -> WatchesPlates:
        raise ModelsMissing("nothing that watches rtsp is installed")

    monkeypatch.setattr(drivers.api, "plate_watcher", watcher)
    status, output = run("rtsp://192.0.2.7/main")
    assert (status, "nothing that watches rtsp" in output) == (2, True)


def test_a_camera_that_is_watched_over_night_does_not_fill_the_disk(tmp_path: Path) -> None:
    watch = Watch(tmp_path, "zh")
    for number in range(MOST + 3):
        watch.see(Glimpse(MOMENT + number, [], b"x"))
    assert len(list(tmp_path.iterdir())) == MOST
