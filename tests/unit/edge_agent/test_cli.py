"""The command line: exit statuses, languages, and what a technician reads."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from config.catalog import load_profile, profile_ids
from edge_agent.cli import app
from tests.unit.edge_agent.test_configuration import GOOD, WRONG


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner(env={"LANG": "zh_CN.UTF-8"})


def test_help_lists_every_command(runner: CliRunner) -> None:
    result = runner.invoke(app, ["--help"])
    assert result.exit_code == 0
    for command in (
        "run",
        "check",
        "enrol",
        "status",
        "profiles",
        "schema",
        "buffer",
        "plan",
        "discover",
        "try",
        "record",
    ):
        assert command in result.output


def test_help_needs_nothing_heavy() -> None:
    code = "import sys, edge_agent.cli; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert [
        name for name in ("config", "drivers", "pydantic", "ruamel", "httpx", "structlog") if f"'{name}'" in loaded
    ] == []


def test_check_passes_a_good_file_and_fails_a_wrong_one(runner: CliRunner, tmp_path: Path) -> None:
    good, wrong = tmp_path / "good.yaml", tmp_path / "wrong.yaml"
    good.write_text(GOOD, encoding="utf-8")
    wrong.write_text(WRONG, encoding="utf-8")
    assert runner.invoke(app, ["check", str(good)]).exit_code == 0
    result = runner.invoke(app, ["check", str(good), str(wrong)])
    assert result.exit_code == 1
    assert "错误[E107]" in result.output
    assert "error[E107]" in runner.invoke(app, ["check", str(wrong), "--lang", "en"]).output


def test_check_speaks_json_and_github(runner: CliRunner, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(WRONG, encoding="utf-8")
    report = json.loads(runner.invoke(app, ["check", str(wrong), "--format", "json"]).output)
    assert report["errors"] == 2
    assert "::error " in runner.invoke(app, ["check", str(wrong), "--format", "github"]).output


def test_enrol_needs_a_name_from_somewhere(runner: CliRunner, tmp_path: Path) -> None:
    result = runner.invoke(
        app, ["enrol", "--collector", "http://127.0.0.1:9", "--code", "X", "--config", str(tmp_path / "none.yaml")]
    )
    assert result.exit_code == 2
    assert "--gateway" in result.output


def test_enrol_without_a_collector_fails_plainly_and_writes_nothing(runner: CliRunner, tmp_path: Path) -> None:
    arguments = ["enrol", "--collector", "http://127.0.0.1:9", "--code", "X", "--gateway", "gate-a"]
    result = runner.invoke(app, [*arguments, "--state", str(tmp_path)])
    assert result.exit_code == 2
    assert "登记未成功" in result.output
    assert not (tmp_path / "identity.json").exists()


def test_status_without_an_agent_says_so(runner: CliRunner) -> None:
    result = runner.invoke(app, ["status", "--url", "http://127.0.0.1:9", "--lang", "en"])
    assert result.exit_code == 2
    assert "No gateway answers" in result.output


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b'HTTP/1.0 200 OK\r\n\r\n{"status": "ok"}'])
def test_status_of_somebody_elses_port_is_told_and_no_traceback(runner: CliRunner, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        speaking = Thread(target=speak)
        speaking.start()
        result = runner.invoke(app, ["status", "--url", f"http://127.0.0.1:{server.getsockname()[1]}"])
        speaking.join()
    assert (result.exit_code, "网关没有应答" in result.output) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "--url", "http://127.0.0.1:port"],
        ["profiles", "--kind", "submarine"],
        ["profiles", "door/none"],
        ["enrol", "--code", "X", "--gateway", "g", "--config", "/dev/null"],
        ["buffer", "status", "--file", "/dev/null/buffer.db"],
        ["run", "--log-level", "loud"],
        ["enrol", "--collector", "ftp://x", "--code", "X", "--gateway", "g"],
        ["enrol", "--collector", "http://127.0.0.1:9", "--code", "X", "--gateway", "g", "--state", "/dev/null"],
    ],
)
def test_wrong_input_is_a_sentence_and_status_2(runner: CliRunner, arguments: list[str]) -> None:
    result = runner.invoke(app, arguments)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert result.output.strip()


def test_a_failed_enrolment_is_told_in_the_technicians_words(runner: CliRunner, tmp_path: Path) -> None:
    arguments = [
        "enrol",
        "--collector",
        "http://127.0.0.1:9",
        "--code",
        "X",
        "--gateway",
        "g",
        "--state",
        str(tmp_path),
    ]
    assert "连不上汇聚端" in runner.invoke(app, arguments).output
    assert "check the address" in runner.invoke(app, [*arguments, "--lang", "en"]).output


def test_each_command_stands_once_in_the_help(runner: CliRunner) -> None:
    assert runner.invoke(app, ["--help"]).output.count("\n  buffer") == 1


def test_profiles_names_models_in_the_chosen_language(runner: CliRunner) -> None:
    assert "智能垃圾桶" in runner.invoke(app, ["profiles", "--kind", "smart_bin"]).output
    english = runner.invoke(app, ["profiles", "--lang", "en"]).output
    assert "meter/eastron-sdm120" in english


def test_schema_is_json(runner: CliRunner) -> None:
    assert "properties" in json.loads(runner.invoke(app, ["schema"]).output)


def test_the_version_is_told(runner: CliRunner) -> None:
    assert re.fullmatch(r"edge-agent \d+\.\d+\.\d+\n", runner.invoke(app, ["--version"]).output)


@pytest.mark.parametrize("profile", profile_ids())
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_profile_is_told_in_full(runner: CliRunner, profile: str, lang: str) -> None:
    found = load_profile(profile)
    shown = runner.invoke(app, ["profiles", profile, "--lang", lang])
    assert shown.exit_code == 0
    for word in (*found.options, *found.manual, *found.commands, *(each.key for each in found.levels)):
        assert word in shown.output
    assert all((note.zh if lang == "zh" else note.en) in shown.output for note in found.notes)


@pytest.mark.parametrize(
    ("profile", "bus"),
    [("door/waveshare-relay-d8", "{type: modbus-tcp, host: a}"), ("sos/ble-field-map", "{type: ble}")],
)
def test_the_line_to_copy_can_be_used(runner: CliRunner, tmp_path: Path, profile: str, bus: str) -> None:
    line = runner.invoke(app, ["profiles", profile, "--lang", "en"]).output.splitlines()[-1].strip()
    text = f"{GOOD.partition('buses:')[0]}buses:\n  here: {bus}\ndevices:\n  {line}\n"
    (tmp_path / "copied.yaml").write_text(text.replace("bus id", "here"), encoding="utf-8")
    result = runner.invoke(app, ["check", str(tmp_path / "copied.yaml")])
    assert result.exit_code == 0, result.output


def test_a_model_half_named_is_recognised(runner: CliRunner) -> None:
    assert "door/waveshare-relay-d8" in runner.invoke(app, ["profiles", "waveshare-relay-d8"]).output
