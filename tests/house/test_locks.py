"""Every lock pins and hashes, records no address, and names all that pyproject.toml asks for."""

import re
import tomllib

import pytest

from drivers.plates.models import FINDER, TEXT_LINE
from tests.house.sources import ROOT

LOCKS = ("agent", "beacons", "camera", "plates", "plates-models", "collector", "simulators", "demo", "dev")


def _names(requirements: list[str]) -> set[str]:
    return {
        re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")
        for line in requirements
    }


def _locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    blocks = re.split(r"\n(?=\S)", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return {
        block.split("==")[0].lower().replace("_", "-").replace(".", "-"): block for block in blocks if block.strip()
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    for package, block in _locked(name).items():
        assert re.match(r"[\w.-]+==[\w.]+", block), f"{name}: {package} is not pinned"
        assert "--hash=sha256:" in block, f"{name}: {package} has no hash"


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_records_an_address(name: str) -> None:
    assert "://" not in (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")


def test_the_console_s_lock_records_no_address_but_every_hash() -> None:
    lock = (ROOT / "collector/console/web/package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') > 100


@pytest.mark.parametrize("name", ["agent", "beacons", "camera", "plates", "collector", "simulators"])
def test_a_lock_names_all_that_its_extra_asks_for(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = _names(project["dependencies"]) | _names(project["optional-dependencies"][name])
    assert wanted <= set(_locked(name)), f"make lock: {wanted - set(_locked(name))} are not in requirements/{name}.txt"


def test_a_gateway_never_installs_the_collector_s_dependencies() -> None:
    assert not {"sqlalchemy", "fastapi", "uvicorn", "alembic", "argon2-cffi", "opencv-python-headless"} & set(
        _locked("agent")
    )


def test_the_models_that_are_installed_are_those_that_the_code_knows() -> None:
    assert {FINDER.package, TEXT_LINE.package} == set(_locked("plates-models"))
