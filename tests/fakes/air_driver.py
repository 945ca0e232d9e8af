"""A driver of radios that hears what a test says, for commands that only ask who is there and what a device tells."""

from collections.abc import AsyncGenerator, Sequence

from config.bus_settings import BusSettings
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.api import Overheard, Shown
from runtime.clock import Clock


class FakeAirDriver:
    """``Overhears`` and ``Shows``. ``heard`` and ``told`` are given in order; ``trouble`` is raised instead, or after
    them where ``late``. ``asked`` lists what was asked for how long. Called like a factory it returns itself.
    """

    def __init__(self) -> None:
        self.heard: list[Overheard] = []
        self.told: list[Shown] = []
        self.trouble: BaseException | None = None
        self.late = False
        self.asked: list[tuple[str, float | None]] = []
        self.devices: tuple[str, ...] = ()

    def __call__(self, bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> "FakeAirDriver":
        self.devices = tuple(device.id for device in devices)
        return self

    async def open(self) -> None:
        raise AssertionError("a radio is taken for one question, not opened")

    async def close(self) -> None:
        """Nothing was opened."""

    async def overhear(self, profiles: Sequence[Profile], seconds: float) -> AsyncGenerator[Overheard, None]:
        self.asked.append((",".join(profile.id for profile in profiles[:2]), seconds))
        self._raise(late=False)
        for one in self.heard:
            yield one
        self._raise(late=True)

    async def show(self, device: str, seconds: float | None = None) -> AsyncGenerator[Shown, None]:
        self.asked.append((device, seconds))
        self._raise(late=False)
        for one in self.told:
            yield one
        self._raise(late=True)

    def _raise(self, *, late: bool) -> None:
        if self.trouble is not None and late is self.late:
            raise self.trouble
