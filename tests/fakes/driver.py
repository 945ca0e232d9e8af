"""A driver whose devices answer what a test says, and fail how and when it says."""

from collections.abc import Collection, Mapping

from runtime.clock import Clock
from wire.reading import Batch, Value


class FakeDriver:
    """``values`` is what each device reads; an exception in ``failing`` is raised for that device instead.

    ``line`` is raised by ``open`` and by every poll while it is set. A poll takes ``takes_s``, or what ``slow`` says of
    its device. ``polled`` lists (time, device, points asked).
    """

    def __init__(self, clock: Clock, values: dict[str, dict[str, Value]]) -> None:
        self.values = values
        self.failing: dict[str, Exception] = {}
        self.line: Exception | None = None
        self.takes_s = 0.0
        self.slow: dict[str, float] = {}
        self.polled: list[tuple[float, str, tuple[str, ...] | None]] = []
        self.executed: list[tuple[str, str, dict[str, Value]]] = []
        self.readback: dict[str, Value] = {}
        self.opened = 0
        self.is_open = False
        self._clock = clock

    async def open(self) -> None:
        if self.line is not None:
            raise self.line
        self.opened += 1
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def poll(self, device: str, points: Collection[str] | None = None) -> Batch:
        self.polled.append((self._clock.monotonic(), device, None if points is None else tuple(points)))
        if takes_s := self.slow.get(device, self.takes_s):
            await self._clock.sleep(takes_s)
        if self.line is not None:
            raise self.line
        if device in self.failing:
            raise self.failing[device]
        read = {key: value for key, value in self.values[device].items() if points is None or key in points}
        return Batch(device, self._clock.now(), tuple(read), tuple(read.values()))

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        self.executed.append((device, command, dict(args)))
        if self.takes_s:
            await self._clock.sleep(self.takes_s)
        if device in self.failing:
            raise self.failing[device]
        return dict(self.readback)
