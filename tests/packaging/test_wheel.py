"""The wheel holds all that the programs need, and a gateway's part runs alone in an empty environment."""

import json
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from collector.console.build import build
from tests.fakes.examples import ALL, set_out
from tests.house.sources import ROOT

NOT_ON_A_GATEWAY = {"fastapi", "sqlalchemy", "alembic", "uvicorn", "argon2-cffi", "opencv-python-headless"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as ``make wheel`` does."""
    build()
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("linli-*.whl"))


@pytest.fixture(scope="module")
def gateway(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel and exactly what ``requirements/agent.txt`` locks for ``[agent]``."""
    folder = tmp_path_factory.mktemp("gateway")
    venv.create(folder, with_pip=False)
    for what in (["--require-hashes", "-r", str(ROOT / "requirements" / "agent.txt")], ["--no-deps", str(wheel)]):
        done = _pip(folder / "bin", "install", "--quiet", "--no-compile", *what)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "bin"


def _pip(gateway: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Have our own pip do something there: installing one that installs costs more than all the rest."""
    command = [sys.executable, "-m", "pip", "--python", str(gateway / "python"), "--disable-pip-version-check", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _installed(gateway: Path) -> set[str]:
    listing = _pip(gateway, "list", "--format=json")
    return {package["name"].lower().replace("_", "-") for package in json.loads(listing.stdout)}


def test_the_wheel_carries_the_console_and_names_no_foreign_address(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        index = archive.read("collector/console/static/index.html").decode()
    assets = [name for name in names if name.startswith("collector/console/static/assets/")]
    assert any(re.search(r"-[\w-]{6,}\.js$", name) for name in assets)
    assert any(name.endswith(".css") for name in assets)
    assert "://" not in index
    assert not [name for name in names if "node_modules" in name or "/web/" in name]


def test_the_wheel_carries_every_data_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = [*ROOT.glob("config/**/*.yaml"), *ROOT.glob("config/schema/*.json"), *ROOT.glob("simulators/**/*.yaml")]
    wanted += ROOT.glob("collector/store/migrations/versions/m*.py")
    missing = [str(path.relative_to(ROOT)) for path in wanted if str(path.relative_to(ROOT)) not in names]
    assert len(wanted) > 40
    assert missing == []


def test_a_gateway_has_what_its_extra_asks_for_and_nothing_of_the_collector(gateway: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["agent"]]
    wanted = {re.split(r"[\[<>=]", line)[0].lower().replace(".", "-") for line in asked}
    installed = {name.replace(".", "-") for name in _installed(gateway)}
    assert wanted <= installed
    assert not NOT_ON_A_GATEWAY & installed
    check = _pip(gateway, "check")
    assert check.returncode == 0, check.stdout


@pytest.mark.parametrize("example", ALL, ids=lambda path: path.name)
def test_edge_agent_check_accepts_every_example(gateway: Path, example: Path, tmp_path: Path) -> None:
    command = [str(gateway / "edge-agent"), "check", str(set_out(example, tmp_path / "etc"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 个错误" in done.stdout or "通过" in done.stdout
