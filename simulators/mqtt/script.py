"""Scripted JSON devices on a broker: a file says who tells what and when, and this plays it, once or over and over."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from runtime.broker import Broker
from runtime.clock import Clock
from simulators.mqtt.device import JsonDevice
from simulators.plan import PlanError
from simulators.stories import Part, Seconds

Word: TypeAlias = bool | int | float | str | None


class Step(Part):
    """At ``at`` seconds ``device`` tells some of its state, has something ``happen`` (``fields`` with it; ``again``:
    the last event once more), or is said to be there or not.
    """

    at: Seconds
    device: str
    tell: dict[str, Word] = Field(default_factory=dict)
    happen: str = ""
    again: bool = False
    fields: dict[str, Word] = Field(default_factory=dict)
    there: bool | None = None


class Script(Part):
    """A whole script. ``devices``: each one's state at the start; ``heartbeat``: how often each tells it all the same;
    ``every``: the steps begin anew (absent: they are played once).
    """

    base: str = "linli"
    devices: Annotated[dict[str, dict[str, Word]], Field(min_length=1)]
    heartbeat: Annotated[Seconds, Field(gt=0)] = 60.0
    every: Seconds | None = None
    steps: tuple[Step, ...] = ()


def read_script(path: Path) -> Script:
    """Return the script in a file; ``PlanError`` where it makes no sense, ``OSError`` where it cannot be read."""
    try:
        script = Script.model_validate(YAML(typ="safe", pure=True).load(path.read_text("utf-8")))
    except (YAMLError, ValidationError) as error:
        raise PlanError(f"{path}: {error}") from error
    unknown = sorted({step.device for step in script.steps} - script.devices.keys())
    if unknown:
        raise PlanError(f"{path}: there is no device {', '.join(unknown)}")
    return script


class Play:
    """The devices of a script at a broker. ``told`` notes what was done, in order."""

    def __init__(self, script: Script, broker: Broker, clock: Clock) -> None:
        self._script, self._clock = script, clock
        self.devices = {
            name: JsonDevice(broker, name, dict(state), script.base) for name, state in script.devices.items()
        }
        self.told: list[tuple[str, str]] = []

    async def run(self) -> None:
        """Connect, play, and go on telling states until cancelled; ``BrokerError`` when the broker is gone."""
        try:
            for device in self.devices.values():
                await device.start()
                await device.appear()
                await device.tell()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._beat())
                tasks.create_task(self._steps())
        finally:
            for device in self.devices.values():
                await device.stop()

    async def _beat(self) -> None:
        while True:
            await self._clock.sleep(self._script.heartbeat)
            for device in self.devices.values():
                await device.tell()

    async def _steps(self) -> None:
        while True:
            began = self._clock.monotonic()
            for step in sorted(self._script.steps, key=lambda one: one.at):
                await self._clock.sleep(max(0.0, began + step.at - self._clock.monotonic()))
                await self._do(step)
            if self._script.every is None:
                return
            await self._clock.sleep(max(0.0, began + self._script.every - self._clock.monotonic()))

    async def _do(self, step: Step) -> None:
        device, fields = self.devices[step.device], dict[str, Any](step.fields)
        if step.there is not None:
            await device.appear(step.there)
        if step.tell:
            await device.change(step.tell)
        if step.happen:
            await device.happen(step.happen, seq=device.seq if step.again else None, **fields)
        self.told.append((step.device, step.happen or ", ".join(step.tell) or "there"))
