"""One command told to one device through its driver, and truthfully what came of it, whoever asked for it."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from drivers.api import (
    DeviceMustRecover,
    DeviceRefused,
    DriverError,
    Executes,
    Interlocked,
    LineLost,
    NotSupported,
    TechnicianMustAct,
    Timeout,
)
from runtime.logs import get_logger
from wire.outcome import OutcomeState
from wire.picture import FIELD
from wire.reading import Batch, Value

_NOT_DONE = (TechnicianMustAct, NotSupported, Interlocked, Timeout, LineLost, DeviceRefused)
"""What a driver raises when the device did not do it (see ``Executes``); every other error leaves it unknown."""

_log = get_logger("telling")


class Targets(Protocol):
    """The devices that can be told something at this moment; they change with the configuration."""

    def driver_of(self, device: str) -> object | None:
        """Return the driver that serves ``device``, ``None`` if there is no such device."""
        ...

    def is_online(self, device: str) -> bool:
        """Tell whether the device answers."""
        ...

    def telling(self, device: str, command: str) -> None:
        """Learn that a device is about to be told a command: what it does next is no surprise to the rules."""
        ...


class Told(NamedTuple):
    """What came of it, as in ``Outcome``. ``again``: the device or its line is at fault, and may do it another time."""

    state: OutcomeState
    reason: str = ""
    detail: str = ""
    readback: Mapping[str, Value] = {}
    again: bool = False


def read_back(device: str, at: int, readback: Mapping[str, Value]) -> Batch | None:
    """Return what was read back of ``device`` as readings of that moment (µs), ``None`` where nothing was; a picture's
    reference is none.
    """
    read = {key: value for key, value in readback.items() if key != FIELD}
    return Batch(device, at, tuple(read), tuple(read.values())) if read else None


async def tell(targets: Targets, device: str, name: str, args: Mapping[str, Value]) -> Told:
    """Have the driver of ``device`` do the command ``name``, once."""
    driver = targets.driver_of(device)
    if driver is None:
        return Told(OutcomeState.REFUSED, "no_such_device")
    if not isinstance(driver, Executes):
        return Told(OutcomeState.REFUSED, "not_supported")
    targets.telling(device, name)
    try:
        readback = await driver.execute(device, name, args)
    except DriverError as error:
        state = OutcomeState.REFUSED if isinstance(error, _NOT_DONE) else OutcomeState.UNKNOWN
        return Told(state, error.word, str(error), again=isinstance(error, DeviceMustRecover))
    except Exception as error:  # noqa: BLE001 - who asked is owed an outcome for a driver's bug too, and it is unknown
        _log.exception("driver_bug", device=device, command=name)
        return Told(OutcomeState.UNKNOWN, "driver_bug", type(error).__name__)
    return Told(OutcomeState.EXECUTED, readback=readback)
