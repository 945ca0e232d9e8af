"""The driver of one line of meters, whatever they speak: asks for item after item and makes a batch of the answers."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Protocol, TypeVar

from config.settings import DeviceSettings, MeterBus
from drivers.api.costs import Cost
from drivers.api.errors import CorruptAnswer, DeviceMustRecover, DeviceRefused, Misconfigured, Timeout
from drivers.meters.costs import plan_costs
from drivers.meters.decode import Units
from drivers.meters.frames import FrameReader
from drivers.meters.line import Line
from drivers.meters.plan import Part, Plan, make_plan
from runtime.clock import Clock
from wire.reading import Batch, Quality, exception_quality

_PLANS_KEPT = 64


class Asks(Protocol):
    """What a meter needs of its line; see ``drivers.meters.line.Line``."""

    async def ask(self, frame: bytes, is_answer: Callable[[bytes], bool]) -> bytes:
        """Send ``frame`` and return the frame that answers it."""
        ...


class Meter(Protocol):
    """One meter in its protocol's words. ``read`` is called with the line's turn in hand.

    ``around`` are the bytes of a frame beside identifier and data, in a question and in its answer.
    """

    around: ClassVar[tuple[int, int]]

    async def read(self, line: Asks, item: str, size: int) -> bytes:
        """Return the data of ``item``, expected to be ``size`` bytes long; raises what ``Line.ask`` does, or
        ``DeviceRefused`` with the protocol's number.
        """
        ...


M = TypeVar("M", bound=Meter)


@dataclass(slots=True)
class Target(Generic[M]):
    """One device: what it is, its meter, the plans compiled for it."""

    settings: DeviceSettings
    meter: M
    everything: Plan
    some: dict[tuple[str, ...], Plan] = field(default_factory=dict)


class MeterDriver(Generic[M]):
    """A ``Driver`` that ``Polls`` and knows its ``Costs``. Never retries; see ``drivers.api`` for the contract."""

    def __init__(
        self,
        bus: MeterBus,
        devices: Sequence[DeviceSettings],
        clock: Clock,
        *,
        reader: FrameReader,
        meter: Callable[[DeviceSettings], M],
        units: Units,
    ) -> None:
        """``Misconfigured`` when a device cannot be served on this bus."""
        self._bus, self._clock = bus, clock
        self._units = units
        self._line = Line(bus, clock, reader)
        self._targets = {device.id: self._make(bus, device, meter) for device in devices}

    async def open(self) -> None:
        """Connect."""
        await self._line.open()

    async def close(self) -> None:
        """Disconnect at once."""
        self._line.close()

    async def poll(self, device: str, points: Collection[str] | None = None) -> Batch:
        """Read ``points`` of a meter, one question for each item they need; see ``drivers.api.Polls``.

        The line is given up between questions: a slow meter does not keep its neighbours, or a command, waiting.
        """
        target = self._target(device)
        return await self._read(target, self._prepared(target, points))

    def costs(self, device: str, points: Collection[str] | None = None) -> tuple[Cost, ...]:
        """Return what polling ``points`` takes; see ``drivers.api.Costs``."""
        target = self._target(device)
        return plan_costs(self._bus, target.settings, self._prepared(target, points), target.meter.around)

    async def _read(self, target: Target[M], plan: Plan) -> Batch:
        answers: list[bytes | int] = []
        refusal: DeviceMustRecover | None = None
        at = 0
        for part in plan.parts:
            try:
                async with self._line.turn:
                    answers.append(await self._ask(target, part))
                at = at or self._clock.now()
            except DeviceRefused as error:
                refusal = refusal or error
                answers.append(exception_quality(error.code) if 0 < error.code < 128 else int(Quality.BAD))
            except (Timeout, CorruptAnswer) as error:
                if not at:
                    raise
                answers.append(int(Quality.TIMEOUT if isinstance(error, Timeout) else Quality.CORRUPT))
        if refusal is not None and not at:
            raise refusal
        values, qualities = plan.decode(answers)
        return Batch(target.settings.id, at, plan.points, values, qualities)

    async def _ask(self, target: Target[M], part: Part) -> bytes:
        data = await target.meter.read(self._line, part.item, part.size)
        if len(data) != part.size:
            raise CorruptAnswer(f"item {part.item} has {part.size} bytes, {len(data)} came")
        return data

    def _target(self, device: str) -> Target[M]:
        try:
            return self._targets[device]
        except KeyError:
            raise Misconfigured(f"no device {device} on this bus") from None

    def _prepared(self, target: Target[M], points: Collection[str] | None) -> Plan:
        if points is None:
            return target.everything
        key = points if isinstance(points, tuple) else tuple(sorted(points))
        ready = target.some.get(key)
        if ready is None:
            if len(target.some) >= _PLANS_KEPT:
                target.some.clear()
            ready = target.some[key] = make_plan(target.settings.profile, target.settings.options, self._units, key)
        return ready

    def _make(self, bus: MeterBus, device: DeviceSettings, meter: Callable[[DeviceSettings], M]) -> Target[M]:
        profile = device.profile
        if profile.driver != bus.type.partition("-")[0] or bus.type not in profile.transport.buses:
            raise Misconfigured(f"{device.id}: {profile.id} cannot be on a {bus.type} bus")
        return Target(device, meter(device), make_plan(profile, device.options, self._units))
