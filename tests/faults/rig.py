"""The rig: the real programs with a bad network between them and a bad disk under one, as a scenario has it."""

import asyncio
import http.client
import json
import signal
import time
from pathlib import Path
from typing import Any

from simulators.demo.programs import Program
from simulators.demo.stage import Stage
from simulators.network import Authority, ProxyThread
from tests.fakes.mosquitto import Mosquitto
from tests.faults.disk.shim import Disk
from tests.faults.scenario import Scenario

HERE = Path(__file__).parent


class Rig(Stage):
    """A stage whose agent reaches the collector through ``network`` only and has ``disk`` under its buffer."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        super().__init__(
            folder,
            port=0,
            isolated=True,
            gateway="330402-rig-a",
            config_source=HERE / "gateway.yaml",
            community_source=HERE / "community.yaml",
        )
        self.scenario = scenario
        self.health_host = "127.0.0.1"
        self.network: ProxyThread | None = None
        self.disk: Disk | None = None
        self.end = 0
        """When the agent was stopped for the last time (µs)."""
        self.kills = 0
        """How often the agent ended without warning."""
        self.produced = 0
        """What the agent had called durable before the last damage."""
        self.blind: list[tuple[int, int]] = []
        """From when to when (µs) the agent may have seen nothing."""
        self.asked: list[int] = []
        """When the agent was started (µs)."""
        self.spells: list[tuple[str, str, int, int]] = []
        """Which verb befell which thing, and really from when to when (µs)."""
        self.polling: dict[str, int] = {}
        """The agent's own count of its polls, just before its end."""
        self._authority: Authority | None = None
        self._broker: Mosquitto | None = None

    @property
    def database(self) -> Path:
        """The buffer's file."""
        return self.folder / "agent" / "buffer.db"

    def start_collector(self) -> None:
        """Start it, and at its first start the broker behind it and the network in front of both."""
        if self.scenario.mqtt and self._broker is None:
            self._broker = Mosquitto(self.folder)
            asyncio.run(self._broker.start())
            self.collector_options = ("--mqtt", self._broker.url)
        super().start_collector()
        if self.network is None:
            if self.scenario.tls:
                self._authority = Authority(self.folder / "tls")
            self.network = self.make_network()
            self.network.__enter__()

    def start_agent(self) -> None:
        """Start it on its disk, on the configuration that names the network's address."""
        if self.disk is None:
            self.disk = Disk(self.database, self.folder / "rig", recorded=self.scenario.recorded)
        environment = dict(self.disk.environment)
        if self._authority is not None:
            environment["SSL_CERT_FILE"] = str(self._authority.trust)
        command = ["edge-agent", "run", "--config", str(self.config), "--state", str(self.folder / "agent")]
        self.asked.append(_now())
        self.program("agent", command, environment)

    def second_agent(self) -> Program:
        """Return one more agent, started on the same configuration and the same buffer; it is none of ``programs``."""
        command = ["edge-agent", "run", "--config", str(self.config), "--state", str(self.folder / "agent")]
        return Program("second", command, self.folder / "second.log")

    def make_network(self) -> ProxyThread:
        """Return the network in front of the collector, not begun."""
        return ProxyThread(self.upstream, seed=self.scenario.seed, authority=self._authority)

    @property
    def upstream(self) -> int:
        """The port that the agent wants to reach: the collector's, or the broker's."""
        return self.port if self._broker is None else self._broker.port

    def change_link(self, weather: str) -> None:
        """Have this weather between the agent and the collector from now on."""
        assert self.network is not None
        self.network.change(weather)

    def set_up(self) -> None:
        """See ``Stage.set_up``; the agent saw nothing before its end."""
        super().set_up()
        self.blind.append((0, _now()))

    def strike(self) -> None:
        """Stop whatever still runs, then the network."""
        for program in self.programs.values():
            program.send(signal.SIGCONT)
        super().strike()
        if self.network is not None:
            self.network.__exit__(None, None, None)
            self.network = None
        if self._broker is not None:
            self._broker.stop()
        if self.disk is not None:
            self.disk.close()
            self.disk = None

    def health(self) -> dict[str, Any]:
        """Return what the agent's own page says; ``OSError`` when it says nothing."""
        port = int(self.config.read_text("utf-8").rpartition("port: ")[2].rstrip("}\n"))
        connection = http.client.HTTPConnection(self.health_host, port, timeout=5)
        try:
            connection.request("GET", "/health")
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()

    def _write_config(self, ports: dict[str, int]) -> None:
        super()._write_config(ports)
        assert self.network is not None
        place = self.network.url if self._broker is None else self.network.url.replace("http", "mqtt")
        text = self.config.read_text("utf-8").replace(self.url, place)
        self.config.write_text(text.replace("health: {", f"health: {{host: {self.health_host}, "), "utf-8")


def _now() -> int:
    return time.time_ns() // 1000
