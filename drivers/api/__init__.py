"""The only door to hardware: what drivers promise, how they fail, and how they are found."""

from drivers.api.driver import Driver, DriverFactory, Executes, Polls
from drivers.api.errors import (
    AnswerLost,
    CorruptAnswer,
    DeviceMustRecover,
    DeviceRefused,
    DriverError,
    Interlocked,
    LineLost,
    Misconfigured,
    NotSupported,
    TechnicianMustAct,
    Timeout,
)
from drivers.api.records import Frame, Lang, Records
from drivers.api.registry import bus_types, driver_factory

__all__ = [
    "AnswerLost",
    "CorruptAnswer",
    "DeviceMustRecover",
    "DeviceRefused",
    "Driver",
    "DriverError",
    "DriverFactory",
    "Executes",
    "Frame",
    "Interlocked",
    "Lang",
    "LineLost",
    "Misconfigured",
    "NotSupported",
    "Polls",
    "Records",
    "TechnicianMustAct",
    "Timeout",
    "bus_types",
    "driver_factory",
]
