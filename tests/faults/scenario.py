"""A scenario as it is written (short YAML) and as it is played: what happens when, and for how long."""

import random
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML

from config.duration import format_duration, parse_duration
from simulators.network import WEATHERS
from tests.faults.damage import DAMAGES
from tests.faults.disk.shim import TROUBLES

FOLDER = Path(__file__).with_name("scenarios")
PROGRAMS = ("agent", "collector", "both")


class Step(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"for_": "for"}):
    """One thing that happens ``at`` a time after everything runs, and lasts ``for`` a time.

    ``link``: a weather of ``simulators.network``. ``kill`` (SIGKILL), ``stop`` (SIGTERM), ``freeze`` (SIGSTOP): a
    program, or ``both``; killed and stopped ones come back after ``for``. ``power`` (of the ``agent``): killed, and its
    disk keeps what is certain and some of the rest. ``disk``: a trouble of the agent's disk. ``damage``: what becomes
    of the buffer's file, see ``tests.faults.damage``. ``second``: one more ``agent`` on the same file. ``times``,
    ``every``: again so often; each moment then moves at random by up to half of ``every``.
    """

    at: str
    for_: str = "0s"
    link: str = ""
    kill: str = ""
    power: str = ""
    stop: str = ""
    freeze: str = ""
    disk: str = ""
    damage: str = ""
    second: str = ""
    times: int = 1
    every: str = "0s"

    def what(self) -> tuple[str, str]:
        """Return the one verb that is given and its object; ``ValueError`` for none, several, or an unknown object."""
        known: dict[str, Collection[str]] = {"link": WEATHERS, "disk": TROUBLES, "damage": DAMAGES, "power": ("agent",)}
        known |= {"kill": PROGRAMS, "stop": PROGRAMS, "freeze": PROGRAMS, "second": ("agent",)}
        given = [(verb, str(getattr(self, verb))) for verb in known if getattr(self, verb)]
        if len(given) != 1:
            raise ValueError(f"a step says one of {', '.join(known)}: {msgspec.to_builtins(self)}")
        verb, thing = given[0]
        if thing not in known[verb]:
            raise ValueError(f"{verb}: {thing} is not one of {', '.join(known[verb])}")
        return verb, thing


class Scenario(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """``steps`` within ``lasts``; then everything is well again, and the oracle is asked.

    ``tls``: the agent speaks https to the proxy; ``mqtt``: both speak through a real broker. ``lost``: readings may be
    listed as lost (never lost without being listed). ``on_time``: hardly a poll may be missed. ``seed`` is for whatever
    is drawn.
    """

    lasts: str
    steps: list[Step]
    name: str = ""
    seed: int = 1
    tls: bool = False
    mqtt: bool = False
    lost: bool = False
    on_time: bool = False

    @property
    def recorded(self) -> bool:
        """Whether every write to the agent's disk must be recorded."""
        return any(step.power for step in self.steps)

    @property
    def forgets(self) -> bool:
        """Whether the agent is killed while only its memory may have its readings; alarms are no excuse."""
        ends = [step for step in self.steps if "agent" in (step.kill, step.power) or step.kill == "both"]
        return bool(ends) and self.troubles_the_disk

    @property
    def troubles_the_disk(self) -> bool:
        """Whether the agent may have to keep things in memory."""
        return any(step.disk not in ("", "slow") for step in self.steps)

    def text(self) -> str:
        """Return it as one line that can be kept and played again."""
        return msgspec.json.encode(self).decode()


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """``verb`` begins (``begins``) or ends to befall ``thing`` at ``at`` seconds."""

    at: float
    begins: bool
    verb: str
    thing: str


def load(path: Path) -> Scenario:
    """Return the scenario of a file, named after it; ``ValueError`` when it makes no sense."""
    return _checked(YAML(typ="safe").load(path), path.stem)


def from_text(text: str) -> Scenario:
    """Return what ``Scenario.text`` wrote."""
    return _checked(msgspec.json.decode(text), "")


def moments(scenario: Scenario) -> list[Moment]:
    """Return everything that begins or ends, in order of time; the same for the same seed."""
    dice, found = random.Random(scenario.seed), []
    for step in scenario.steps:
        verb, thing = step.what()
        every, lasts = parse_duration(step.every), parse_duration(step.for_)
        for number in range(step.times):
            at = parse_duration(step.at) + number * every
            at += dice.uniform(0, every / 2) if step.times > 1 else 0.0
            found += [Moment(at, True, verb, thing), Moment(at + lasts, False, verb, thing)]
    return sorted(found, key=lambda moment: (moment.at, moment.begins))


def kills(victim: str, times: int, seed: int) -> Scenario:
    """Return the scenario of so many kills at random moments, ``victim`` back after a moment each."""
    step = Step(at="2s", for_="300ms", kill=victim, times=times, every="4s")
    lasts = format_duration(2 + 4 * times + 2)
    return Scenario(lasts=lasts, steps=[step], name=f"kill-{victim}-{times}", seed=seed)


def _checked(tree: Any, name: str) -> Scenario:
    scenario = msgspec.convert(tree, Scenario)
    scenario.name = scenario.name or name
    end = max((moment.at for moment in moments(scenario)), default=0.0)
    if end > parse_duration(scenario.lasts):
        raise ValueError(f"{scenario.name}: something happens at {end:g} s, after its end")
    return scenario
