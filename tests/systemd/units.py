"""Reads our unit files: what a key says, and a copy that the service manager's own tools can look at."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.sources import ROOT

SYSTEMD = ROOT / "systemd"
UNITS = {"edge-agent": SYSTEMD / "linli-agent.service", "collector": SYSTEMD / "linli-collector.service"}
"""The unit of each program."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


def values(unit: Path, key: str) -> list[str]:
    """Return every value that ``key`` is given in ``unit``, in order."""
    lines = unit.read_text("utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def value(unit: Path, key: str) -> str:
    """Return the value of a key that stands in ``unit`` exactly once; ``ValueError`` otherwise."""
    (only,) = values(unit, key)
    return only


def with_program(unit: Path, folder: Path) -> Path:
    """Return a copy in ``folder`` whose program exists: systemd-analyze looks for it, and ours is not installed."""
    installed = value(unit, "ExecStart").split()[0]
    copy = folder / unit.name
    copy.write_text(unit.read_text("utf-8").replace(f"={installed} ", "=/bin/true "), encoding="utf-8")
    return copy


def allowed_calls(unit: Path) -> set[str]:
    """Return the names of the system calls that ``SystemCallFilter=`` leaves, sets resolved by systemd-analyze."""
    calls = _members("@default")
    for line in values(unit, "SystemCallFilter"):
        names = {call for word in line.removeprefix("~").split() for call in _members(word)}
        calls = calls - names if line.startswith("~") else calls | names
    return calls


def _members(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    command = ["systemd-analyze", "syscall-filter", "--no-pager", word]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    inner = {line.strip() for line in listing.splitlines()[1:] if line.startswith(" ") and "#" not in line}
    return {call for name in inner for call in _members(name)}
