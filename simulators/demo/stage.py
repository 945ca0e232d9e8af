"""Sets the stage: fresh folders, a user, an enrolled gateway, three programs running; and strikes it in order."""

import json
import re
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from simulators.ble.bus import bus_installed
from simulators.demo.cars import welcome_plates
from simulators.demo.console import Console
from simulators.demo.programs import DemoError, Program, ask, call, wait_for
from simulators.demo.without import AIR, CAMERAS, without

ROOT = Path(__file__).resolve().parent.parent.parent
CONFIG = ROOT / "config" / "examples" / "demo.yaml"
COMMUNITY = ROOT / "simulators" / "communities" / "demo.yaml"
LISTS = CONFIG.with_suffix("")
USER = "demo"
_HANDFUL = 150
"""What a running community makes in three seconds or so, and an agent that stops still delivers."""
_WHEN_USED = "health_station"
_CAMERAS_PASSWORD = "pretend-1"  # noqa: S105 - of devices that do not exist


@dataclass
class Stage:
    """Everything a demonstration has: its folder, its address, and its programs by name.

    ``port`` is the console's; ``isolated`` takes free ports for the devices too, so that several may run side by side.
    ``config_source`` and ``community_source`` are the files that its gateway and its devices are made from,
    ``collector_options`` more words for ``collector run``. Where ``wearables`` is false, what they have on Bluetooth is
    left out, which needs ``dbus-daemon``; where ``cameras`` is, cameras and the door station, and a guard opens the
    gate.
    """

    folder: Path
    port: int = 8080
    isolated: bool = False
    gateway: str = "330402-demo-a"
    config_source: Path = CONFIG
    community_source: Path = COMMUNITY
    collector_options: tuple[str, ...] = ()
    wearables: bool = field(default_factory=bus_installed)
    cameras: bool = True
    password: str = ""
    programs: dict[str, Program] = field(default_factory=dict)
    _control: int = 0
    _bluetooth: str = ""

    @property
    def url(self) -> str:
        """Return the console's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        """Return the gateway's configuration file as it is used here."""
        return self.folder / "gateway.yaml"

    def set_up(self) -> None:
        """Start everything; ``DemoError`` says what is in the way."""
        if self.port:
            _require_free(self.port)
        else:
            self.port = free_port()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        community = self._begin_community()
        self._make_user()
        self.start_collector()
        self._write_config(self._ports_of(community))
        self.enrol()
        self.start_agent()
        with self.console() as console:
            wait_for(lambda: all_online(console), "every device to answer", *self.programs.values())

    def start_collector(self) -> None:
        """Start the collector and wait until it answers."""
        data = str(self.folder / "collector")
        command = ["collector", "run", "--data", data, "--host", "127.0.0.1", "--port", str(self.port)]
        command += self.collector_options
        program = self.program("collector", command)
        wait_for(lambda: _listens(self.port), "the collector to listen", program)

    def start_agent(self) -> None:
        """Start the agent on the configuration and state of this stage."""
        command = ["edge-agent", "run", "--config", str(self.config), "--state", str(self.folder / "agent")]
        bus = {"DBUS_SYSTEM_BUS_ADDRESS": self._bluetooth} if self._bluetooth else None
        self.program("agent", command, bus)

    def program(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> Program:
        """Start a program of this stage under ``name``, which is its log's as well."""
        self.programs[name] = Program(name, command, self.folder / f"{name}.log", environment)
        return self.programs[name]

    def enrol(self) -> None:
        """Get a one-time code at the console and register the gateway's key with it."""
        with self.console() as console:
            code = console.post("/enrolments", {"gateway": self.gateway, "name": "示例社区"})["code"]
        state = str(self.folder / "agent")
        command = ["edge-agent", "enrol", "--collector", self.url, "--code", code, "--gateway", self.gateway]
        call([*command, "--state", state])

    def console(self) -> Console:
        """Return a logged-in console."""
        return Console(self.url, USER, self.password)

    def truth(self) -> dict[str, Any]:
        """Return what the pretend devices really did, as of the last half second (or of their end)."""
        found: dict[str, Any] = json.loads((self.folder / "truth.json").read_text("utf-8"))
        return found

    def steer(self, device: str, do: str, **args: Any) -> Any:
        """Have a pretend device do one of its deeds and return what came of it; ``DemoError`` where it cannot."""
        return self._order({"device": device, "do": do, "args": args})

    def treat(self, bus: str, do: str, **args: Any) -> Any:
        """Have something happen to a bus of the pretend community, as its control has it; ``DemoError`` as above."""
        return self._order({"bus": bus, "do": do, "args": args})

    def calm(self) -> None:
        """Have nothing more befall wearables, cameras and gates, and return when the last of it has been heard."""
        self._order({"do": "calm"})

    def write_secret(self, name: str, value: str) -> None:
        """Have the gateway's file say ``!secret name`` for ``value``."""
        file = self.folder / "secrets" / name
        file.parent.mkdir(exist_ok=True)
        file.touch(0o600)
        file.write_text(value + "\n", "utf-8")

    @property
    def welcome(self) -> frozenset[str]:
        """Return the plates that its gate opens for."""
        return welcome_plates(self.folder / LISTS.name)

    def buffer(self) -> dict[str, Any]:
        """Return how the agent's buffer is, read from its file."""
        return ask(["edge-agent", "buffer", "status", "--state", str(self.folder / "agent")])

    def stop(self, name: str) -> int:
        """Stop one program if it runs and return its exit code (0 if it was not there)."""
        program = self.programs.pop(name, None)
        return 0 if program is None else program.stop()

    def stop_delivered(self, tries: int = 5) -> None:
        """Stop the agent once it has delivered everything: what a stop leaves behind waits for the next start.

        Before that wearables, cameras and gates are calmed: of a call or a car that nobody is left to hear there is no
        account.
        """
        if "community" in self.programs:
            self.calm()
        for _ in range(tries):
            if (code := self.stop("agent")) != 0:
                raise DemoError(f"agent ended with code {code}")
            if not self.buffer()["pending"]:
                return
            begun = self._readies()
            self.start_agent()
            wait_for(partial(self._caught_up, begun), "the backlog to drain", *self.programs.values())
        raise DemoError(f"the agent still owes {self.buffer()['pending']} entries")

    def _caught_up(self, begun: int) -> bool:
        return self._readies() > begun and bool(self.buffer()["pending"] < _HANDFUL)

    def _readies(self) -> int:
        """Return how often the agent has said that it is ready."""
        return (self.folder / "agent.log").read_text("utf-8", errors="replace").count("] ready ")

    def strike(self) -> None:
        """Stop whatever still runs, agent first, collector last."""
        for name in ("agent", "community", "collector"):
            self.stop(name)

    def _here(self, source: Path) -> str:
        text = source.read_text("utf-8")
        kinds = (frozenset() if self.wearables else AIR) | (frozenset() if self.cameras else CAMERAS)
        return without(text, kinds) if kinds else text

    def _order(self, order: dict[str, Any]) -> Any:
        with socket.create_connection(("127.0.0.1", self._control), timeout=10) as line:
            line.sendall(json.dumps(order).encode() + b"\n")
            answer = json.loads(line.makefile().readline())
        if not answer["ok"]:
            raise DemoError(f"cannot do {order}: {answer['error']}")
        return answer["result"]

    def _make_user(self) -> None:
        data = str(self.folder / "collector")
        self.password = ask(["collector", "user", "add", USER, "--role", "admin", "--data", data])["password"]

    def _begin_community(self) -> Program:
        """Start the pretend devices and do not wait for them: they need nobody else."""
        truth = self.folder / "truth.json"
        source = self.folder / "community.yaml"
        source.write_text(self._here(self.community_source), "utf-8")
        command = ["simulators", "community", str(source), "--truth", str(truth)]
        command += ["--dir", str(self.folder)]
        command += ["--control", "0", *(["--free-ports"] if self.isolated else [])]
        return self.program("community", command)

    def _ports_of(self, program: Program) -> dict[str, int]:
        """Wait for the pretend devices and return the port of each of their buses."""
        log = self.folder / "community.log"
        wait_for(lambda: '"ready"' in log.read_text("utf-8"), "the pretend devices", program)
        line = next(line for line in log.read_text("utf-8").splitlines() if '"ready"' in line)
        ready = json.loads(line)
        ports: dict[str, int] = ready["ports"]
        self._control = int(ready["control"])
        self._bluetooth = next(iter(ready["bluetooth"].values()), "")
        return ports

    def _write_config(self, ports: dict[str, int]) -> None:
        text = self._here(self.config_source)
        text = text.replace("http://127.0.0.1:8080", self.url).replace("var/demo/", f"{self.folder}/")
        for bus, port in ports.items():
            text = re.sub(rf"(\b{bus}: \{{.*(?:port: |address: \"?http://127\.0\.0\.1:))\d+", rf"\g<1>{port}", text)
        if self.isolated:
            text += f"\nhealth: {{port: {free_port()}}}\n"
        self.config.write_text(text, "utf-8")
        for beside in self.config_source.parent.glob("*.csv"):
            shutil.copy(beside, self.folder)
        shutil.copytree(LISTS, self.folder / LISTS.name)
        self.write_secret("cameras", _CAMERAS_PASSWORD)


def all_online(console: Console) -> bool:
    """Return whether every device is there, but for those of a health corner: they speak only when they are used."""
    devices = console.get("/devices")["items"]
    return bool(devices) and all(one["state"] == "online" or one["kind"] == _WHEN_USED for one in devices)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free(port: int) -> None:
    if _listens(port):
        raise DemoError(f"端口 {port} 已被占用 / port {port} is taken; choose another: make demo PORT={port + 1}")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
