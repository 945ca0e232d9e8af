"""What the agent uses while a hundred wearables send once a second, beside bleak's bare scanner and without any."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.account import account
from bench.ble.agent import counts_of
from bench.ble.programs import running, start_agent, street, talker
from bench.ble.street import write_plan
from bench.measured import table, verdict
from simulators.demo.programs import Program, wait_for

SETTLE_S: Final = 3.0
WATCHED_S: Final = 10.0
MOST_CORE: Final = 3.0
"""Percent of one core."""
MOST_RSS: Final = 25_000_000
"""Bytes above the agent without Bluetooth."""


@dataclass(frozen=True)
class Used:
    """What a process used while it was watched, what it heard and stored meanwhile, and its highest memory so far."""

    wall_s: float
    cpu_s: float
    memory: int
    adverts: int = 0
    readings: int = 0

    @property
    def core(self) -> float:
        """Return percent of one core."""
        return 100 * self.cpu_s / self.wall_s

    def row(self, name: str, floor: "Used | None", without: "Used | None") -> list[str]:
        """Return its line of the table: ``floor`` is the bare scanner's, ``without`` the agent's without Bluetooth."""
        each_us = f"{1e6 * self.cpu_s / self.adverts:.0f}" if self.adverts else ""
        return [
            name,
            f"{self.adverts / self.wall_s:.0f}",
            f"{self.readings / self.wall_s:.0f}",
            f"{self.core:.2f} %",
            each_us,
            f"{self.cpu_s / floor.cpu_s * floor.wall_s / self.wall_s:.1f}" if floor is not None else "",
            f"{self.memory / 1e6:.1f}",
            f"{(self.memory - without.memory) / 1e6:+.1f}" if without is not None else "",
        ]


def measure_cost(folder: Path, siren: int) -> str:
    """Return the table; ``siren`` is the port of the siren's board."""
    without, silent = _quiet(folder, siren)
    rows = [without.row("agent without Bluetooth", None, None), silent.row("agent, nobody on the air", None, without)]
    for crowd, what in (("plain", "open formats only"), ("sealed", "35 of them BTHome and MiBeacon, half sealed")):
        agent, floor = _busy(folder, crowd, siren)
        met = agent.core <= MOST_CORE and agent.memory - without.memory <= MOST_RSS
        bar = [f"≤ {MOST_CORE:g} %, ≤ {MOST_RSS / 1e6:+g} MB", verdict(met)]
        rows += [
            floor.row(f"bare bleak scanner: {what}", None, None),
            [*agent.row(f"agent: {what}", floor, without), *bar],
        ]
    head = [
        "",
        "adverts/s",
        "readings/s stored",
        "CPU of a core",
        "µs an advert",
        "of bare",
        "RSS MB",
        "of it BLE",
        "bar",
    ]
    return table("100 wearables, one advertisement a second each", [*head, ""], rows)


def _quiet(folder: Path, siren: int) -> tuple[Used, Used]:
    """Watch an agent without Bluetooth and one that hears nobody, at the same time."""
    plain = folder / "without"
    plain.mkdir()
    write_plan(plain, {}, siren)
    with (
        street(folder / "nobody", "plain", siren) as air,
        running(start_agent(plain, "none")) as without,
        running(air.agent()) as silent,
    ):
        both = {without: plain, silent: air.folder}
        _wait_until_up(both)
        used, nobody = _watch(both)
        return used, nobody


def _busy(folder: Path, crowd: str, siren: int) -> tuple[Used, Used]:
    """Watch the agent and bleak's bare scanner on the same air."""
    with street(folder / crowd, crowd, siren) as air:
        air.ask("begin")
        bare = talker("bench.ble.bare", str(WATCHED_S), environment=air.environment)
        with bare as scanner, running(air.agent()) as agent:
            _wait_until_up({agent: air.folder})
            scanner.say("now")
            [used] = _watch({agent: air.folder})
            return used, Used(**scanner.line())


def _wait_until_up(agents: dict[Program, Path]) -> None:
    for agent, folder in agents.items():
        wait_for(lambda state=folder / "state": counts_of(state).readings, "the first reading", agent)
    time.sleep(SETTLE_S)


def _watch(agents: dict[Program, Path]) -> list[Used]:
    """Watch all of them at the same time."""
    before = [(account(agent.pid), counts_of(folder / "state")) for agent, folder in agents.items()]
    time.sleep(WATCHED_S)
    after = [(account(agent.pid), counts_of(folder / "state")) for agent, folder in agents.items()]
    return [
        Used(
            now.at - then.at,
            now.cpu_s - then.cpu_s,
            now.peak,
            more.adverts - heard.adverts,
            more.readings - heard.readings,
        )
        for (then, heard), (now, more) in zip(before, after, strict=True)
    ]
