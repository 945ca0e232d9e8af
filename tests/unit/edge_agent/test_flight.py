"""The flight recorder: what is saved, how often, for how long, and how a technician sees it, live and afterwards."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from drivers.api import Frame, Lang
from edge_agent.cli import app
from edge_agent.flight import EVERY_S, KEPT_FILES, FlightRecorder, read, saved
from edge_agent.health import HealthPage
from runtime.testing import FakeClock

ASKED, ANSWER = bytes.fromhex("0B 03 00 05 00 02 D4 A0"), bytes.fromhex("0B 83 02 A0 F3")


class Tape:
    """A driver that remembers two frames."""

    def frames(self, since_us: int = 0, lang: Lang = "zh") -> Sequence[Frame]:
        note = {"zh": ("读", "拒绝"), "en": ("read", "refused")}[lang]
        return [
            Frame(1_700_000_000_000_000, True, ASKED, note[0]),
            Frame(1_700_000_000_020_000, False, ANSWER, note[1]),
        ]


async def _settled(recorder: FlightRecorder, *incidents: tuple[str, object, str, str]) -> list[str]:
    """Tell of incidents and return the log's events once nothing is left to be saved."""
    with capture_logs() as logs:
        running = asyncio.create_task(recorder.run())
        for incident in incidents:
            recorder.incident(*incident)
        for _ in range(200):
            await asyncio.sleep(0.005)
            if len(logs) >= len({bus for bus, *_ in incidents}):
                break
        running.cancel()
        await asyncio.wait([running])
    return [line["event"] for line in logs]


async def test_frames_are_saved_with_what_happened_and_read_back_in_both_languages(tmp_path: Path) -> None:
    recorder = FlightRecorder(tmp_path, FakeClock())
    assert await _settled(recorder, ("rs485-1", Tape(), "door-1", "timeout: no answer")) == ["frames_saved"]
    (path,) = saved(tmp_path, "rs485-1")
    assert path.name == "rs485-1-20231114T221320Z.jsonl.gz"
    assert path.parent.stat().st_mode & 0o077 == 0
    flight = read(path, "en")
    assert (flight.bus, flight.device, flight.what) == ("rs485-1", "door-1", "timeout: no answer")
    assert flight.frames == tuple(Tape().frames(0, "en"))
    assert read(path, "zh").frames[1].note == "拒绝"


async def test_a_bus_is_saved_once_in_ten_minutes_and_a_driver_without_frames_never(tmp_path: Path) -> None:
    clock = FakeClock()
    recorder = FlightRecorder(tmp_path / "frames", clock)
    await _settled(recorder, ("a", Tape(), "d", "x"), ("a", Tape(), "e", "y"), ("b", Tape(), "f", "z"))
    assert sorted(path.name[0] for path in saved(tmp_path / "frames")) == ["a", "b"]
    await clock.advance(EVERY_S + 1)
    await _settled(recorder, ("a", Tape(), "d", "x"))
    assert len(saved(tmp_path / "frames", "a")) == 2
    recorder.incident("c", object(), "d", "x")
    assert saved(tmp_path / "frames", "c") == []


async def test_old_files_make_room(tmp_path: Path) -> None:
    clock = FakeClock()
    recorder = FlightRecorder(tmp_path, clock)
    for _ in range(KEPT_FILES + 3):
        await _settled(recorder, ("a", Tape(), "d", "x"))
        await clock.advance(EVERY_S + 1)
    assert len(list(tmp_path.iterdir())) == KEPT_FILES


async def test_a_card_that_takes_nothing_is_said_and_nothing_else_happens(tmp_path: Path) -> None:
    (tmp_path / "frames").write_text("in the way")
    recorder = FlightRecorder(tmp_path / "frames", FakeClock())
    assert await _settled(recorder, ("a", Tape(), "d", "x")) == ["frames_not_saved"]


@contextmanager
def _page() -> Iterator[str]:
    page = HealthPage(
        "127.0.0.1", 0, dict, lambda: b"", lambda bus, lang: Tape().frames(0, lang) if bus == "rs485-1" else None
    )
    try:
        yield f"http://127.0.0.1:{page.port}"
    finally:
        page.close()


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["frames", *arguments], env={"TZ": "UTC"})
    return result.exit_code, result.output


def test_the_running_agent_shows_them() -> None:
    with _page() as url:
        code, text = _run("rs485-1", "--url", url, "--lang", "en")
        assert (code, len(text.splitlines())) == (0, 2)
        assert "→ 0B 03 00 05 00 02 D4 A0  read" in text
        assert "← 0B 83 02 A0 F3  refused" in text
        assert "拒绝" in _run("rs485-1", "--url", url, "--lang", "zh")[1]
        code, text = _run("lan", "--url", url, "--lang", "en")
        assert code == 2
        assert "no bus lan" in text
        assert httpx.get(f"{url}/frames/").status_code == 404
    code, text = _run("rs485-1", "--url", url, "--lang", "en")
    assert code == 2
    assert "--saved" in text


def test_nobody_else_on_the_network_sees_them() -> None:
    page = HealthPage("127.0.0.1", 0, dict, lambda: b"", lambda bus, lang: Tape().frames(0, lang))
    try:
        assert [page._answer("/frames/a", peer)[0] for peer in ("127.0.0.1", "192.168.1.5")] == [200, 403]
        assert page._answer("/health", "192.168.1.5")[0] == 200
    finally:
        page.close()


async def test_the_saved_ones_are_listed_and_shown_without_an_agent(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path), "--lang", "en")
    assert _run(*state) == (0, "no frames are saved\n")
    assert _run("rs485-1", "--saved", *state)[0] == 2
    await _settled(
        FlightRecorder(tmp_path / "frames", FakeClock()), ("rs485-1", Tape(), "door-1", "timeout: no answer")
    )
    code, text = _run(*state)
    assert code == 0
    assert "rs485-1  door-1  timeout: no answer  (2)" in text
    code, text = _run("rs485-1", "--saved", *state)
    assert (code, len(text.splitlines())) == (0, 3)
    (tmp_path / "frames" / "rs485-1-20991231T000000Z.jsonl.gz").write_bytes(b"torn")
    assert "rs485-1-20991231T000000Z.jsonl.gz" in _run(*state)[1]
    assert _run("rs485-1", "--saved", *state)[0] == 2


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b", b"plain"])
def test_a_torn_file_is_an_error_with_a_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a-1.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises((OSError, ValueError)):
        read(path, "zh")
