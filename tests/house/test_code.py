"""What code must not do: swallow every error, mock, sleep in tests, or import in a circle."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import grimp

from tests.house.sources import PACKAGES, ROOT, of_kind, read

BROAD = {"Exception", "BaseException"}
EVERY = re.compile(r"\b(Base)?Exception\b|except:")


def _broad_handlers(path: Path) -> Iterator[int]:
    """Yield the lines of handlers that catch everything and do not raise it on."""
    for node in ast.walk(ast.parse(read(path))) if EVERY.search(read(path)) else ():
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {name.id for name in caught if isinstance(name, ast.Name)}
            passes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if (node.type is None or names & BROAD) and not passes_on:
                yield node.lineno


def test_every_broad_except_gives_its_reason() -> None:
    broad = [(path, number) for path in of_kind(".py") for number in _broad_handlers(path)]
    assert len(broad) > 5
    reasoned = re.compile(r"# noqa: BLE001 - \S+")
    assert [place for place in broad if not reasoned.search(read(place[0]).splitlines()[place[1] - 1])] == []


def test_tests_use_fakes_and_lent_time() -> None:
    tests = [path for path in of_kind(".py") if path.parts[0] == "tests" and path != Path("tests/house/test_code.py")]
    assert [path for path in tests if "unittest" + ".mock" in read(path)] == []
    sleeps = re.compile(r"\btime\.sleep\(")
    assert [path for path in tests if path.parts[1] == "unit" and sleeps.search(read(path))] == []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    modules = {module for module in graph.modules if module.split(".")[0] in PACKAGES}
    circles = [
        f"{module} -> {other} -> ... -> {module}"
        for module in sorted(modules)
        for other in graph.find_modules_directly_imported_by(module)
        if other > module and other in modules and graph.chain_exists(other, module) and not _parent(other, module)
    ]
    assert circles == []


def _parent(one: str, other: str) -> bool:
    return one.startswith(f"{other}.") or other.startswith(f"{one}.")


def test_every_package_that_ships_is_typed_and_checked() -> None:
    configured = read(Path("pyproject.toml"))
    for package in PACKAGES:
        assert f'"{package}"' in configured
        assert (ROOT / package / "__init__.py").is_file()
