"""Finds drivers by the kind of bus, through entry points, so that nobody imports a protocol by name."""

from importlib.metadata import entry_points
from typing import cast

from drivers.api.driver import DriverFactory
from drivers.api.errors import Misconfigured

GROUP = "linli.drivers"
"""Entry point group; each name is a bus type of the configuration (``modbus-tcp``)."""


def bus_types() -> tuple[str, ...]:
    """Return the bus types that installed drivers serve, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def driver_factory(bus_type: str) -> DriverFactory:
    """Return the factory for ``bus_type``; ``Misconfigured`` when none is installed or it cannot be imported."""
    for point in entry_points(group=GROUP):
        if point.name == bus_type:
            try:
                return cast(DriverFactory, point.load())
            except ImportError as error:
                raise Misconfigured(f"the driver for {bus_type} needs {error.name}, which is not installed") from error
    raise Misconfigured(f"no driver for bus type {bus_type}; there are: {', '.join(bus_types())}")
