"""The counter at the box: who may come, what they hear, and everything a guard can do by the command line."""

import asyncio
import json
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from typer.testing import CliRunner

from edge_agent.alarms.counter import SOCKET, Counter, Question, ask
from edge_agent.alarms.rows import alarm_row
from edge_agent.alarms.screen import screen
from edge_agent.alarms_cli.page import _REFUSALS, refusal, table, whole
from edge_agent.cli import app
from edge_agent.health import HealthPage
from tests.unit.edge_agent.alarming import Office, alert
from wire.alert import AlertState


class _AtTheCounter(Office):
    """An office with its counter open in ``state``."""

    def __init__(self, state: Path) -> None:
        super().__init__()
        self.state = state
        told = [{"channel": "guard", "state": "sent", "at": 1, "reason": ""}]
        self.counter = Counter(state, self.desk, self.clock, lambda alert: told)
        self.running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "_AtTheCounter":
        self.running = asyncio.create_task(self.counter.run())
        while not (self.state / SOCKET).exists():
            await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.running is not None
        self.running.cancel()
        with suppress(asyncio.CancelledError):
            await self.running

    async def asked(self, do: str, **said: Any) -> dict[str, Any]:
        return await asyncio.to_thread(ask, self.state, Question(do, **said))

    async def typed(self, *words: str) -> tuple[int, str]:
        """Run a command as somebody at the box types it."""
        arguments = ["alarms", *words, "--state", str(self.state), "--lang", "zh"]
        result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
        return result.exit_code, result.output


async def test_the_counter_is_for_those_who_may_enter_and_answers_however_long_its_path_is(tmp_path: Path) -> None:
    state = tmp_path / ("long" * 30)
    state.mkdir()
    async with _AtTheCounter(state) as office:
        await office.tell(alert())
        assert stat.S_IMODE((state / SOCKET).stat().st_mode) == 0o600
        (row,) = (await office.asked("list"))["alarms"]
        assert (row["alert"], row["level"], row["state"]) == ("a1", "yellow", "unacknowledged")
        assert (await office.asked("ack", alert=row["key"], who="张"))["alarm"]["ack"]["who"] == "张"
        assert await office.asked("ack", alert="a1", who="张") == {"refused": "already_acknowledged", "detail": "张"}
    assert not (state / SOCKET).exists()


async def test_a_visitor_who_talks_nonsense_hears_so_and_the_next_is_served(tmp_path: Path) -> None:
    async with _AtTheCounter(tmp_path) as office:
        for said in (b"nonsense\n", b"[]\n", b"x" * 40_000 + b"\n", b'{"do": 7}\n'):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / SOCKET))
            writer.write(said)
            assert json.loads(await reader.read())["refused"] == "not_understood"
            writer.close()
        assert (await office.asked("dance"))["refused"] == "unknown_verb"
        assert await office.asked("list") == {"alarms": []}


async def test_a_socket_that_a_killed_agent_left_is_no_obstacle(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / SOCKET))
    async with _AtTheCounter(tmp_path) as office:
        while True:  # the old one is there until the new one has taken its place
            with suppress(OSError):
                assert await office.asked("list") == {"alarms": []}
                break


async def test_the_guard_sees_and_does_everything_by_the_command_line(tmp_path: Path) -> None:
    async with _AtTheCounter(tmp_path) as office:
        assert await office.typed("list") == (0, "没有未了结的告警\n")
        await office.tell(alert(at=office.clock.now()), alert(alert="a2", device="door-22", at=office.clock.now()))
        code, text = await office.typed("list")
        assert (code, text.count("黄  未确认"), "door-22 长时间未关" in text) == (0, 2, True)
        found = office.one()
        assert found is not None
        code, text = await office.typed("ack", found.key, "--by", "张", "--note", "已派人")
        assert (code, text.splitlines()[-1]) == (0, "已确认: door-1 长时间未关  [已确认]")
        code, text = await office.typed("shelve", "a2", "--by", "张", "--reason", "检修", "--for", "2h")
        assert (code, text.splitlines()[-1]) == (0, "已搁置: door-22 长时间未关  [搁置中]")
        assert (await office.typed("shelve", "a2", "--by", "张", "--reason", "检修", "--for", "9h"))[0] == 1
        assert (await office.typed("shelve", "a2", "--by", "张", "--reason", "检修", "--for", "soon"))[0] == 2
        _, text = await office.typed("show", "a2")
        assert "检修" in text
        assert "guard  已送达" in text
        assert (await office.typed("unshelve", "a2", "--by", "张"))[0] == 0
        assert (await office.typed("reset", "a1", "--by", "张"))[0] == 1
        assert json.loads((await office.typed("list", "--json"))[1])[0]["key"]
        states = [one.state for one in office.buffer.alerts if one.who == "张"]
        assert states == [AlertState.ACKNOWLEDGED, AlertState.SHELVED, AlertState.UNSHELVED]


def test_without_an_agent_the_guard_is_told_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["alarms", "list", "--state", str(tmp_path), "--lang", "en"])
    assert result.exit_code == 2
    assert "No agent answers" in result.output


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_refusal_and_every_state_has_its_words(lang: str) -> None:
    assert all(refusal(word, "x", lang) != word for word in _REFUSALS)
    row = {
        "key": "abc", "alert": "a1", "rule": "r", "device": "d", "level": "red", "state": "latched", "raised_at": 1,
        "ended_at": 2, "text": {}, "ack": {"who": "li", "at": 1, "note": ""}, "shelf": None,
    }  # fmt: skip
    assert "d r" in table([row], lang)
    for state in ("sent", "pending", "failed", "given_up"):
        answer = {"alarm": row, "told": [{"channel": "guard", "state": state, "at": 1, "reason": "http_500"}]}
        assert "http_500" in whole(answer, lang)


async def test_a_screen_shows_what_stands_on_this_machine_only_and_believes_no_text() -> None:
    office = Office()
    await office.tell(alert(device="<script>door</script>"))
    rows = [alarm_row(office.book, one) for one in office.book.alarms()]
    pages: list[Literal["zh", "en"]] = []

    def alarms(lang: Literal["zh", "en"]) -> bytes:
        pages.append(lang)
        return screen(rows if lang == "zh" else [], "gate", lang)

    page = HealthPage("127.0.0.1", 0, dict, bytes, lambda *_: None, alarms)
    try:
        answer = await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{page.port}/alarms")
        empty = await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{page.port}/alarms?lang=en")
        assert page._answer("/alarms", "192.168.1.7")[0] == 403
    finally:
        page.close()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "&lt;script&gt;door" in answer.text
    assert "<script>" not in answer.text
    assert "未确认" in answer.text
    assert "No alarm stands" in empty.text
    assert pages == ["zh", "en"]
