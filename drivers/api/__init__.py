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
    "Interlocked",
    "LineLost",
    "Misconfigured",
    "NotSupported",
    "Polls",
    "TechnicianMustAct",
    "Timeout",
    "bus_types",
    "driver_factory",
]
