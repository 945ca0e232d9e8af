"""What the agent is measured between: the polled devices below it, a real collector above, all on this machine."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.plan import REGISTERS, Case, make_plan
from simulators.demo.console import Console
from simulators.demo.programs import Program, ask, call, wait_for
from simulators.demo.stage import USER, free_port

DEVICES = 50


class Counterpart:
    """The polled devices, in a process of their own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.counterpart", str(DEVICES), str(REGISTERS)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports: list[int] = self._line()["ports"]

    def requests(self) -> int:
        """Return how many reads all devices together were asked so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        asked = self._line()
        if asked["strange"]:
            raise RuntimeError(f"{asked['strange']} requests were no reads of {REGISTERS} registers")
        return int(asked["requests"])

    def close(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line: dict[str, Any] = json.loads(self._process.stdout.readline())
        return line


@dataclass
class Collector:
    """A collector on its embedded database, and a person who may look."""

    folder: Path
    url: str
    password: str
    program: Program

    def enrol(self, gateway: str, state: Path) -> None:
        """Make ``state`` the home of an agent that this collector knows."""
        code = ask(["collector", "enrol", gateway, "--data", str(self.folder)])["code"]
        command = ["edge-agent", "enrol", "--collector", self.url, "--code", code, "--gateway", gateway]
        call([*command, "--state", str(state)])

    def ledger(self, gateway: str) -> dict[str, int]:
        """Return what was stored of a gateway: ``entries``, ``duplicates``, ``rejected``."""
        with Console(self.url, USER, self.password) as console:
            ledger: dict[str, int] = console.get(f"/gateways/{gateway}/ledger")
        return ledger


@contextmanager
def collector(folder: Path) -> Iterator[Collector]:
    """Run a collector in ``folder`` as long as the block lasts."""
    data, port = folder / "collector", free_port()
    data.mkdir(parents=True)
    password = ask(["collector", "user", "add", USER, "--role", "admin", "--data", str(data)])["password"]
    log = folder / "collector.log"
    command = ["collector", "run", "--data", str(data), "--port", str(port), "--log-level", "warning"]
    program = Program("collector", command, log)
    try:
        one = Collector(data, f"http://127.0.0.1:{port}", password, program)
        wait_for(lambda: _answers(one), "the collector to answer", program)
        yield one
    finally:
        program.stop()


def start_agent(case: Case, ports: list[int], state: Path) -> Program:
    """Start the agent on ``case``; its state directory may hold an identity already."""
    state.mkdir(parents=True, exist_ok=True)
    plan = state / "plan"
    plan.write_bytes(pickle.dumps(make_plan(case, ports)))
    return Program("agent", ["python", "-P", "-m", "bench.agent", str(plan), str(state)], state / "agent.log")


def buffer_account(state: Path) -> dict[str, int]:
    """Return the counts of a stopped agent's buffer: ``produced``, ``pending``, ``dropped``, ``quarantined``."""
    account: dict[str, int] = ask(["edge-agent", "buffer", "status", "--state", str(state)])
    return account


def _answers(one: Collector) -> bool:
    import httpx

    try:
        Console(one.url, USER, one.password).close()
    except httpx.TransportError:
        return False
    return True
