"""The programs of one measurement: street, siren, agent and bare scanner, each in a process of its own."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulators.demo.programs import Program


class Talker:
    """A program that answers lines with lines; it ends with its input."""

    def __init__(self, module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def ask(self, line: str) -> Any:
        """Say a line and return the answer."""
        self.say(line)
        return self.line()

    def say(self, line: str) -> None:
        """Say a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def line(self) -> Any:
        """Return what it says next, which is JSON."""
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return json.loads(said)

    def line_within(self, seconds: float) -> Any:
        """Return what it says next, ``None`` where it says nothing for so long; it says one line at a time."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        return self.line() if ready else None

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Street(Talker):
    """See ``bench.ble.street``; ``folder`` has the plan then."""

    def __init__(self, folder: Path, crowd: str, siren: int) -> None:
        folder.mkdir()
        super().__init__("bench.ble.street", str(folder), crowd, str(siren))
        self.folder = folder
        self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": str(self.line()["bus"])}

    def agent(self) -> Program:
        """Start the agent that listens to it; its state is in ``folder / "state"``."""
        return start_agent(self.folder, "radio", self.environment)


def start_agent(folder: Path, radio: str, environment: dict[str, str] | None = None) -> Program:
    """Start an agent on the plan in ``folder``, with its state below."""
    state = folder / "state"
    state.mkdir()
    command = ["python", "-P", "-m", "bench.ble.agent", str(folder / "plan"), str(state), radio]
    return Program("agent", command, folder / "agent.log", environment)


@contextmanager
def street(folder: Path, crowd: str, siren: int) -> Iterator[Street]:
    """Run one as long as the block lasts."""
    made = Street(folder, crowd, siren)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def talker(module: str, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[Talker]:
    """Run one as long as the block lasts."""
    made = Talker(module, *arguments, environment=environment)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def running(agent: Program) -> Iterator[Program]:
    """Stop the agent after the block; ``RuntimeError`` where it did not end as it should."""
    try:
        yield agent
    finally:
        code = agent.stop()
    if code:
        raise RuntimeError(f"the agent ended with {code}:\n{agent.tail()}")
