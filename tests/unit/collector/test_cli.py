"""The command line on a folder of its own: codes, people, gateways, and what it says when it cannot."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from collector.cli import app
from collector.commands.key import BadKeyFile, load_or_make
from collector.home import BadHome, Home


class Cli:
    """Runs commands on one folder."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *words: str, lang: str = "zh") -> Result:
        return CliRunner().invoke(app, ["--lang", lang, *words, "--data", str(self.data)])

    def json(self, *words: str) -> Any:
        result = self(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path / "data")


def test_enrol_prints_what_to_type_on_the_gateway(cli: Cli) -> None:
    shown = cli.json("enrol", "g-1", "--url", "https://collector.example")
    code = shown["code"]
    assert re.fullmatch(r"\w{5}-\w{5}", code)
    command = f"edge-agent enrol --collector https://collector.example --gateway g-1 --code {code}"
    assert shown["command"] == command
    assert "登记码" in cli("enrol", "g-1").stdout
    assert "valid once" in cli("enrol", "g-1", lang="en").stdout
    wrong = cli("enrol", "G 1")
    assert (wrong.exit_code, "网关标识" in wrong.output) == (2, True)


def test_people(cli: Cli) -> None:
    first = cli.json("user", "add", "duty", "--role", "operator")
    second = cli.json("user", "add", "duty", "--role", "viewer")
    assert first["password"] != second["password"]
    assert [(row["name"], row["role"]) for row in cli.json("user", "list")] == [("duty", "viewer")]
    assert "duty" in cli("user", "list").stdout
    assert "密码" in cli("user", "add", "admin", "--role", "admin").stdout
    assert cli("user", "add", "x", "--role", "king").exit_code == 2
    assert cli.json("user", "add", "li", "--role", "manager", "--community", "g-1")["community"] == "g-1"
    assert "g-1" in cli("user", "list").stdout
    for wrong in (("--role", "manager"), ("--role", "viewer", "--community", "g-1")):
        assert cli("user", "add", "x", *wrong).exit_code != 0
    assert cli("user", "add", " ").exit_code == 2
    assert cli("user", "add", "on duty").exit_code == 2


def test_a_folder_that_is_new_is_told_beside_the_answer(cli: Cli) -> None:
    first, second = cli("user", "list"), cli("user", "list")
    assert "现在新建" in first.stderr
    assert "现在新建" not in second.stderr
    assert "collector user add" in second.stderr
    assert second.stdout == ""


def test_one_folder_has_one_server(cli: Cli) -> None:
    with Home(cli.data).served():
        result = cli("run", "--port", "0")
        assert (result.exit_code, "另一个汇聚端" in result.output) == (2, True)
        assert cli("user", "add", "duty").exit_code == 0
    with Home(cli.data).served():
        pass


def test_gateways(cli: Cli) -> None:
    assert cli.json("gateway", "list") == []
    assert cli("gateway", "revoke", "g-1").exit_code == 1


def test_files_are_for_their_user_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    key = load_or_make(home.command_key)
    assert stat.S_IMODE(home.command_key.stat().st_mode) == 0o600
    assert load_or_make(home.command_key).private_bytes_raw() == key.private_bytes_raw()
    assert home.name() == Home(tmp_path / "new").name()


def test_spoilt_files_are_not_replaced(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.command_key.write_text("rubbish", encoding="ascii")
    with pytest.raises(BadKeyFile):
        load_or_make(home.command_key)
    (tmp_path / "name").write_text("Not A Name", encoding="ascii")
    with pytest.raises(BadHome):
        home.name()
    with pytest.raises(BadHome):
        Home(tmp_path / "name" / "below")


def test_a_taken_port_and_a_bad_level_are_said_plainly(cli: Cli) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = cli("run", "--port", port)
    assert result.exit_code == 2
    assert f"127.0.0.1:{port}" in result.output
    assert cli("run", "--log-level", "loud").exit_code == 2
