"""Puts the built console into every wheel: builds it when it is not there yet, and fails plainly when it cannot."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch's hook: runs before the wheel is packed; an editable install needs no console."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure that ``collector/console/static/index.html`` exists; ``RuntimeError`` when it cannot be built."""
        if version == "editable":
            return
        root = Path(self.root)
        index = root / "collector" / "console" / "static" / "index.html"
        if not index.exists():
            subprocess.run([sys.executable, "-m", "collector.console.build"], cwd=root, check=False)
        if not index.exists():
            raise RuntimeError("the console is not built: run `make wheel`, or python -m collector.console.build")
