"""Finds drivers by the kind of bus, what reads plates and what masks them through entry points, never by name."""

from importlib.metadata import entry_points
from typing import cast

from drivers.api.driver import DriverFactory
from drivers.api.errors import Misconfigured
from drivers.api.finds import Finds
from drivers.api.pictures import MaskingMissing, MasksPictures
from drivers.api.plates import ModelsMissing, ReadsPlates
from drivers.api.videos import WatchesPlates

GROUP = "linli.drivers"
"""Entry point group; each name is a bus type of the configuration (``modbus-tcp``)."""

FINDERS = "linli.finders"
"""Entry point group of what finds devices on a network; each name is a kind of them."""

PLATES = "linli.plates"
"""Entry point group of what reads number plates; each name is an engine."""

PICTURES = "linli.pictures"
"""Entry point group of what is done to pictures; the name ``mask`` makes them unreadable."""


VIDEOS = "linli.videos"
"""Entry point group of what watches the plates of a video; each name is a scheme of addresses."""


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


def finder(kind: str) -> Finds:
    """Return what finds devices of ``kind`` (``onvif``) on the networks of this box; ``Misconfigured`` for no such."""
    for point in entry_points(group=FINDERS):
        if point.name == kind:
            return cast(Finds, point.load()())
    raise Misconfigured(f"nothing that is installed finds {kind}")


def plate_reader(engine: str = "local", home: str = "") -> ReadsPlates:
    """Return the reader of number plates called ``engine``; ``ModelsMissing`` when what it needs is not installed.

    ``home`` is the province's character, or the first two of the plates, that most cars have here (``浙F``).
    """
    for point in entry_points(group=PLATES):
        if point.name == engine:
            try:
                return cast(ReadsPlates, point.load()(home))
            except ImportError as error:
                raise ModelsMissing(f"reading plates needs {error.name}, which is not installed") from error
    raise ModelsMissing(f"no engine {engine} is installed")


def picture_masker() -> MasksPictures:
    """Return what masks pictures; ``MaskingMissing`` when what it needs is not installed."""
    for point in entry_points(group=PICTURES, name="mask"):
        try:
            return cast(MasksPictures, point.load()())
        except ImportError as error:
            raise MaskingMissing(f"masking pictures needs {error.name}, which is not installed") from error
    raise MaskingMissing("nothing that masks pictures is installed")


def plate_watcher(scheme: str = "rtsp") -> WatchesPlates:
    """Return what watches the plates of such videos; ``ModelsMissing`` when it is not installed."""
    for point in entry_points(group=VIDEOS):
        if point.name == scheme:
            return cast(WatchesPlates, point.load())
    raise ModelsMissing(f"nothing that watches {scheme} is installed")
