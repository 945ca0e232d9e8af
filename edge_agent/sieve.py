"""Makes the driver of a bus from the devices it can serve, so that one that it cannot hurts only itself."""

from collections.abc import Callable, Collection, Mapping, Sequence

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from drivers.api import (
    Driver,
    Executes,
    Frame,
    Hear,
    Lang,
    Misconfigured,
    NotSupported,
    Polls,
    Presence,
    Receives,
    Records,
    TechnicianMustAct,
    Tells,
    driver_factory,
)
from runtime.clock import Clock
from wire.reading import Batch, Value

MakeDriver = Callable[[BusSettings, Sequence[DeviceSettings], Clock], Driver]


def installed_driver(bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> Driver:
    """Return the driver installed for ``bus``; where none can serve it, one that says so whenever it is opened."""
    try:
        return served(driver_factory(bus.type), bus, devices, clock)
    except TechnicianMustAct as error:
        return _NoDriver(error)


def served(make: MakeDriver, bus: BusSettings, devices: Sequence[DeviceSettings], clock: Clock) -> Driver:
    """Return a driver for ``devices``; each that ``make`` refuses fails by itself, its neighbours are served.

    Raises ``TechnicianMustAct`` when nothing is left to serve, or when they can only be refused together.
    """
    try:
        return make(bus, devices, clock)
    except TechnicianMustAct:
        barred: dict[str, TechnicianMustAct] = {}
        for device in devices:
            try:
                make(bus, [device], clock)
            except TechnicianMustAct as error:
                barred[device.id] = error
        rest = [device for device in devices if device.id not in barred]
        if not barred or not rest:
            raise
        driver = make(bus, rest, clock)
        return (_TellingWithoutSome if isinstance(driver, Tells) else _WithoutSome)(driver, barred)


class _WithoutSome:
    """A driver in front of which some devices are turned away for a stated reason."""

    def __init__(self, driver: Driver, barred: Mapping[str, TechnicianMustAct]) -> None:
        self._driver, self._barred = driver, barred

    async def open(self) -> None:
        await self._driver.open()

    async def close(self) -> None:
        await self._driver.close()

    async def poll(self, device: str, points: Collection[str] | None = None) -> Batch:
        self._turn_away(device)
        if not isinstance(self._driver, Polls):
            raise NotSupported("nothing on this bus can be asked")
        return await self._driver.poll(device, points)

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        self._turn_away(device)
        if not isinstance(self._driver, Executes):
            raise NotSupported("nothing on this bus can be told anything")
        return await self._driver.execute(device, command, args)

    def frames(self, since_us: int = 0, lang: Lang = "zh") -> Sequence[Frame]:
        return self._driver.frames(since_us, lang) if isinstance(self._driver, Records) else ()

    def _turn_away(self, device: str) -> None:
        error = self._barred.get(device)
        if error is not None:
            raise Misconfigured(str(error))


class _TellingWithoutSome(_WithoutSome):
    """The same in front of a driver whose devices tell by themselves."""

    async def listen(self, hear: Hear) -> None:
        await hear([Presence(device, False, f"{error.word}: {error}") for device, error in self._barred.items()])
        if isinstance(self._driver, Tells):
            await self._driver.listen(hear)

    def deaf(self) -> str:
        return self._driver.deaf() if isinstance(self._driver, Receives) else ""


class _NoDriver:
    """Stands where a bus has no driver that could serve it, so that its devices are offline for a stated reason."""

    def __init__(self, error: TechnicianMustAct) -> None:
        self._error = error

    async def open(self) -> None:
        raise Misconfigured(str(self._error))

    async def close(self) -> None:
        return
