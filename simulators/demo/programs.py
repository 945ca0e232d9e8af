"""Starts and stops the programs of a demonstration, each with its own log, and says plainly which one failed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
"""Where this environment's commands are."""


class DemoError(RuntimeError):
    """The demonstration cannot go on; the message says which program failed and shows the end of its log."""


class Program:
    """One running program; its output goes to ``log``. Its process group is its own, so Ctrl-C reaches only us.

    ``environment`` is added to ours.
    """

    def __init__(self, name: str, command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.name, self._log = name, log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                [str(BIN / command[0]), *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**_environment(), **(environment or {})},
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def check(self) -> None:
        """Raise ``DemoError`` if the program has ended."""
        if self._process.poll() is not None:
            raise DemoError(f"{self.name} ended with code {self._process.returncode}:\n{self.tail()}")

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of its log."""
        text = self._log.read_text("utf-8", errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self.send(signal.SIGKILL)
        self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal if it still runs."""
        if self._process.poll() is None:
            os.kill(self._process.pid, number)

    def stop(self, deadline_s: float = 20.0) -> int:
        """Ask it to stop and return its exit code; after ``deadline_s`` end it by force (code -9)."""
        self.send(signal.SIGTERM)
        try:
            return self._process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL


def ask(command: list[str]) -> dict[str, Any]:
    """Run one of our commands with ``--json`` and return the object it prints; ``DemoError`` if it fails."""
    answer: dict[str, Any] = json.loads(call([*command, "--json"]))
    return answer


def call(command: list[str]) -> str:
    """Run one of our commands to its end and return what it prints; ``DemoError`` if it fails."""
    done = subprocess.run(  # noqa: S603 - our own commands, no shell
        [str(BIN / command[0]), *command[1:]], capture_output=True, text=True, check=False, env=_environment()
    )
    if done.returncode != 0:
        raise DemoError(f"{' '.join(command[:3])} ended with code {done.returncode}:\n{done.stderr or done.stdout}")
    return done.stdout


def wait_for(condition: Any, what: str, *programs: Program, deadline_s: float = 20.0) -> None:
    """Return when ``condition()`` is true; ``DemoError`` when a program ends or the deadline passes."""
    end = time.monotonic() + deadline_s
    while not condition():
        for program in programs:
            program.check()
        if time.monotonic() > end:
            logs = "\n".join(f"--- {program.name}\n{program.tail()}" for program in programs)
            raise DemoError(f"waited {deadline_s:g} s in vain for {what}\n{logs}")
        time.sleep(0.05)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}
