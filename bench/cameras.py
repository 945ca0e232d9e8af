"""What eight cameras that tell events cost the agent, and what one that behaves badly does to it and to the others.

``python -m bench.cameras`` runs the real agent, without a collector, on pretended cameras of six makers in a process of
their own: by ONVIF, by Hikvision's alertStream and by Dahua's eventManager, as their profiles have it, with a still
picture judged once a minute. Nothing is read from video.
"""

import argparse
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.account import Account, account, busy_s, own_s
from bench.measured import table, verdict
from edge_agent.alarms import counter
from simulators.demo.programs import Program, wait_for
from simulators.demo.stage import free_port

HOME = Path(__file__).resolve().parent.parent / "var" / "bench"
MAKERS: Final = ("hikvision", "hikvision", "dahua", "dahua", "specified", "specified", "axis", "reolink")
"""The last two read no plates."""
READING: Final = 6
PROFILES: Final = {"hikvision": "anpr/hikvision", "dahua": "anpr/dahua", "specified": "anpr/onvif"}
HOSTILE: Final = "cam-5"
"""The one that is made to behave badly; ``specified``, by ONVIF."""
NEIGHBOURS: Final = ("cam-1", "cam-3", "cam-6")
"""By each of the three ways."""
MOST_CORE: Final = 2.0
MOST_MEMORY: Final = 60_000_000
BAR_S: Final = 1.0
"""What a neighbour's car may take while another camera is hostile."""
SETTLE_S, WATCHED_S, FAULT_S = 30.0, 60.0, 15.0
APART_S: Final = 3.0
"""Between two cars at a camera, so that the first is over: its alert stands for a second."""
LIVELY: Final = ", script: {cars: {after: 5s, every: 10s, plates: [浙FA0001, 浙FD12345, 浙F12345]}}"
MOVING: Final = ", script: {moves: {after: 5s, every: 10s, for: 3s}}"
FAULTS: Final[dict[str, dict[str, Any]]] = {
    "says nothing": {"frozen": True},
    "cuts every connection": {"drop": True},
    "sends everybody elsewhere": {"redirect": "http://127.0.0.1:9/"},
    "answers of 200 MB": {"huge_mb": 200},
    "one byte a second": {"drip_s": 1.0},
    "entities in entities": {"bomb": True},
    "half an answer": {"truncated": True},
    "500 events a second": {"flood_per_s": 500, "where": "events"},
}
WELL: Final = {
    "frozen": False, "drop": False, "redirect": "", "huge_mb": 0, "drip_s": 0.0, "bomb": False, "truncated": False,
    "flood_per_s": 0, "where": "all",
}  # fmt: skip


class Lan:
    """The cameras, and a door so that an agent without cameras has something to do as well."""

    def __init__(self, folder: Path, lively: bool) -> None:
        self.ports = {f"cam-{number}": free_port() for number in range(1, len(MAKERS) + 1)}
        self.door, self._orders = free_port(), free_port()
        scripts = [LIVELY] * READING + [MOVING] * (len(MAKERS) - READING)
        cameras = "".join(
            f"  {name}: {{model: onvif-camera, bus: lan, port: {port}, maker: {maker}{script if lively else ''}}}\n"
            for (name, port), maker, script in zip(self.ports.items(), MAKERS, scripts, strict=True)
        )
        text = (
            f"site: bench\nbuses:\n  lan: {{type: lan}}\n  doors: {{type: modbus-tcp, port: {self.door}}}\n"
            "boards:\n  doors: {bus: doors, unit: 1}\n"
            f"devices:\n{cameras}  door-1: {{model: door, board: doors, relay: 1, inputs: {{contact: 1}}}}\n"
        )
        folder.mkdir()
        (folder / "community.yaml").write_text(text, "utf-8")
        command = ["simulators", "community", str(folder / "community.yaml"), "--control", str(self._orders)]
        self.program = Program("cameras", command, folder / "cameras.log")
        wait_for(partial(_listens, self._orders), "the cameras", self.program, deadline_s=60)

    def order(self, device: str, do: str, **args: Any) -> None:
        """Steer a camera; ``RuntimeError`` where it cannot."""
        with socket.create_connection(("127.0.0.1", self._orders), timeout=10) as line:
            line.sendall(json.dumps({"device": device, "do": do, "args": args}).encode() + b"\n")
            answer = json.loads(line.makefile().readline())
        if not answer["ok"]:
            raise RuntimeError(answer["error"])


class Agent:
    """An agent with the door, and with the cameras or not."""

    def __init__(self, folder: Path, lan: Lan, cameras: bool) -> None:
        (folder / "secrets").mkdir(parents=True)
        (folder / "secrets" / "cam").write_text("pretend-1\n", "utf-8")
        (folder / "secrets" / "cam").chmod(0o600)
        self.state = folder / "state"
        self.passed: dict[str, float] = {}
        """When the last car passed each camera, monotonic."""
        file = folder / "gateway.yaml"
        file.write_text(_gateway(folder, lan, lan.ports if cameras else {}), "utf-8")
        command = ["edge-agent", "run", "--config", str(file), "--state", str(self.state), "--log-level", "warning"]
        self.program = Program("agent", command, folder / "agent.log")

    def account(self) -> Account:
        """Return what it has used."""
        return account(self.program.pid)

    def alarms(self, device: str) -> list[str]:
        """Return the ids of what stands at a device."""
        try:
            standing = counter.ask(self.state, counter.Question("list"))["alarms"]
        except OSError:
            return []
        return [one["alert"] for one in standing if one["device"] == device and one["rule"] == "car"]


def _gateway(folder: Path, lan: Lan, cameras: dict[str, int]) -> str:
    lines = [
        "version: 1",
        "site: {code: 330402-bench, name: 测速小区}",
        f"buffer: {{path: {folder}/state/buffer.db}}",
        f"health: {{port: {free_port()}}}",
        "buses:",
        f"  doors: {{type: modbus-tcp, host: 127.0.0.1, port: {lan.door}}}",
        *(["  cams: {type: onvif}"] if cameras else []),
        "devices:",
        "  door-1: {name: 门, profile: door/waveshare-relay-d8, bus: doors, unit: 1, relay: 1, inputs: {contact: 1}}",
    ]
    for (name, port), maker in zip(cameras.items(), MAKERS, strict=False):
        lines.append(
            f"  {name}: {{name: {name}, profile: {PROFILES.get(maker, 'camera/onvif')}, bus: cams,"
            f" address: 'http://127.0.0.1:{port}', user: admin, password: !secret cam, place: 东门}}"
        )
    if cameras:
        rule = "{when: plate_read(confidence >= 0) within 1s, level: blue, say: {zh: 来车, en: a car}"
        lines += [
            "rules:",
            "  use: none",
            "  add:",
            f"    car: {rule}, devices: [{', '.join(list(cameras)[:READING])}]}}",
        ]
    return "\n".join(lines) + "\n"


@contextmanager
def running(folder: Path, lan: Lan, cameras: bool) -> Iterator[Agent]:
    """Run an agent as long as the block lasts."""
    agent = Agent(folder, lan, cameras)
    try:
        yield agent
    finally:
        agent.program.stop()


@contextmanager
def network(folder: Path, *, lively: bool = False) -> Iterator[Lan]:
    """Run the cameras as long as the block lasts."""
    lan = Lan(folder, lively)
    try:
        yield lan
    finally:
        lan.program.stop()


def measure_cost(folder: Path) -> str:
    """Return the table of what they cost; all agents are watched at the same time."""
    with ExitStack() as doors:
        quiet = doors.enter_context(network(folder / "quiet"))
        lively = doors.enter_context(network(folder / "lively", lively=True))
        agents = {
            "agent with a door, no cameras": Agent(folder / "without", quiet, cameras=False),
            "8 cameras, nothing happens": Agent(folder / "still", quiet, cameras=True),
            "8 cameras, an event every 10 s at each": Agent(folder / "cars", lively, cameras=True),
        }
        for agent in agents.values():
            doors.callback(agent.program.stop)
        _require_heard(quiet, agents["8 cameras, nothing happens"])
        time.sleep(SETTLE_S)
        before = {name: agent.account() for name, agent in agents.items()}
        time.sleep(WATCHED_S)
        after = {name: agent.account() for name, agent in agents.items()}
    cores = {
        name: 100 * (after[name].cpu_s - before[name].cpu_s) / (after[name].at - before[name].at) for name in after
    }
    without = next(iter(after))
    rows = []
    for name, core in cores.items():
        row = [name, f"{core:.2f} %", f"{after[name].memory / 1e6:.1f}", f"{after[name].peak / 1e6:.1f}"]
        if name != without:
            cost, memory = core - cores[without], after[name].peak - after[without].peak
            row += [f"{cost:+.2f} %, {memory / 1e6:+.1f} MB", f"≤ {MOST_CORE:g} %, ≤ {MOST_MEMORY / 1e6:g} MB"]
            row.append(verdict(cost <= MOST_CORE and memory <= MOST_MEMORY))
        rows.append(row)
    head = ["", "CPU of a core", "RSS MB", "highest", "of it cameras", "bar", ""]
    return table("Eight cameras that tell events", head, rows)


@dataclass(frozen=True)
class Spell:
    """What one kind of misbehaviour did while it lasted."""

    core: float
    grown: int
    slowest_s: float

    def row(self, what: str) -> list[str]:
        """Return its line of the table."""
        shown = f"{self.slowest_s:.2f} s" if self.slowest_s < FAULT_S else "never"
        return [what, f"{self.core:.1f} %", f"{self.grown / 1e6:+.1f}", shown, verdict(self.slowest_s <= BAR_S)]


def measure_hostile(folder: Path) -> str:
    """Return the table of what a hostile camera does to the agent, and how soon its neighbours' cars are told then."""
    with network(folder / "hostile") as lan, running(folder / "agent", lan, cameras=True) as agent:
        _require_heard(lan, agent)
        rows = [_spell(lan, agent, {}).row("none: all are well")]
        for what, fault in FAULTS.items():
            rows.append(_spell(lan, agent, fault).row(what))
            lan.order(HOSTILE, "faults", **WELL)
            time.sleep(5)
        agent.program.check()
        since = time.monotonic()
        told = any(_told(lan, agent, HOSTILE, 10.0) < 10.0 for _ in range(6))
        rows.append(
            ["afterwards, its own car", "", "", f"{time.monotonic() - since:.2f} s", "told" if told else "never"]
        )
    head = [f"{HOSTILE} of eight", "CPU of a core", "RSS MB grown", "slowest car at another", f"≤ {BAR_S:g} s"]
    return table(f"One camera behaves badly, {FAULT_S:.0f} s each", head, rows)


def _require_heard(lan: Lan, agent: Agent) -> None:
    """Return when every camera that reads plates has told a car; ``RuntimeError`` for one that is not heard."""
    for name in list(lan.ports)[:READING]:
        if not any(_told(lan, agent, name, 10.0) < 10.0 for _ in range(6)):
            raise RuntimeError(f"{name} is not heard:\n{agent.program.tail()}")


def _spell(lan: Lan, agent: Agent, fault: dict[str, Any]) -> Spell:
    before = agent.account()
    if fault:
        lan.order(HOSTILE, "faults", **fault)
    slowest = 0.0
    while time.monotonic() - before.at < FAULT_S:
        slowest = max(slowest, *(_told(lan, agent, name) for name in NEIGHBOURS))
    after = agent.account()
    return Spell(100 * (after.cpu_s - before.cpu_s) / (after.at - before.at), after.memory - before.memory, slowest)


def _told(lan: Lan, agent: Agent, camera: str, patience_s: float = FAULT_S) -> float:
    """Let a car pass a camera and return how soon the agent's alarm of it stands, ``patience_s`` at most."""
    time.sleep(max(0.0, agent.passed.get(camera, 0.0) + APART_S - time.monotonic()))
    known, since = set(agent.alarms(camera)), time.monotonic()
    agent.passed[camera] = since
    lan.order(camera, "pass_car", plate="浙FA0001")
    while time.monotonic() - since < patience_s and not set(agent.alarms(camera)) - known:
        time.sleep(0.01)
    return time.monotonic() - since


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


PARTS: Final = {"cost": measure_cost, "hostile": measure_hostile}


def main() -> None:
    """Measure what was asked for and print the tables."""
    asked = argparse.ArgumentParser(prog="python -m bench.cameras")
    asked.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="what to measure (default: everything)")
    parts = asked.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        asked.error(f"unknown: {', '.join(sorted(unknown))}")
    HOME.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=HOME, prefix="cameras-"))
    wall, busy, own = time.monotonic(), busy_s(), own_s()
    try:
        for part in parts:
            print(PARTS[part](folder), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    wall, busy, own = time.monotonic() - wall, busy_s() - busy, own_s() - own
    print(f"\n{os.cpu_count()} cores for {wall:.0f} s; other programs took {max(0.0, busy - own) / wall:.0%} of one.")


if __name__ == "__main__":
    main()
