"""What can go wrong at a device, drawn as a tree whose branches answer who must act."""

#   DriverError
#   ├── TechnicianMustAct      wrong wiring, address, profile or configuration
#   │   ├── Misconfigured      the configuration cannot work with this driver
#   │   └── NotSupported       the device or its profile cannot do what was asked
#   ├── DeviceMustRecover      retry later; the device or its line is at fault
#   │   ├── LineLost           the connection of the whole bus is gone: reopen it
#   │   ├── Timeout            this device did not answer in time; its neighbours may be well
#   │   ├── CorruptAnswer      an answer that fails its checksum or its shape
#   │   ├── DeviceRefused      the device answered with an error code of its own
#   │   └── AnswerLost         a command was sent and nobody knows whether it was done
#   └── Interlocked            refused here, before anything was sent, because it would not be safe


class DriverError(Exception):
    """Root of the tree; ``str(error)`` is one line for a log, without secrets."""

    word = "driver_error"
    """Stable word for status, metrics and outcomes."""


class TechnicianMustAct(DriverError):
    """Retrying will not help."""

    word = "technician"


class Misconfigured(TechnicianMustAct):
    """The configuration cannot work with this driver or device."""

    word = "misconfigured"


class NotSupported(TechnicianMustAct):
    """The device or its profile has no such command or capability."""

    word = "not_supported"


class DeviceMustRecover(DriverError):
    """The agent retries; nobody needs to do anything yet."""

    word = "device"


class LineLost(DeviceMustRecover):
    """The bus's connection is gone or cannot be made; every device on it is affected."""

    word = "line_lost"


class Timeout(DeviceMustRecover):
    """This device did not answer in time."""

    word = "timeout"


class CorruptAnswer(DeviceMustRecover):
    """An answer arrived and is not what the protocol allows."""

    word = "corrupt"


class DeviceRefused(DeviceMustRecover):
    """The device answered with an error of its own; ``code`` is the protocol's number (Modbus exception code)."""

    word = "device_refused"

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class AnswerLost(DeviceMustRecover):
    """A command left for the device and its answer did not come back: the outcome is ``unknown``, never retried."""

    word = "answer_lost"


class Interlocked(DriverError):
    """Refused before anything was sent: doing it now would not be safe."""

    word = "interlocked"
