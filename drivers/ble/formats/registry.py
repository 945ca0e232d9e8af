"""Every format of Bluetooth data by its name, as profiles name it."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from config.bluetooth import FIELDS, Field
from config.bluetooth_formats import FORMATS
from drivers.api.errors import Misconfigured
from drivers.ble.advertisement import Advertisement
from drivers.ble.decoded import Fields
from drivers.ble.formats import beacons, characteristics
from drivers.ble.formats.bthome import BtHome
from drivers.ble.formats.fields import FieldMap
from drivers.ble.formats.miband import miband
from drivers.ble.formats.mibeacon import MiBeacon

Decoder = Callable[[bytes], Fields]

_DECODERS: Final[Mapping[str, Decoder]] = {
    "heart_rate": characteristics.heart_rate,
    "body_sensor_location": characteristics.body_sensor_location,
    "temperature": characteristics.temperature,
    "blood_pressure": characteristics.blood_pressure,
    "pulse_oximeter": characteristics.pulse_oximeter,
    "pulse_oximeter_spot": characteristics.pulse_oximeter_spot,
    "weight": characteristics.weight,
    "battery_level": characteristics.battery_level,
    "ibeacon": beacons.ibeacon,
    "altbeacon": beacons.altbeacon,
    "eddystone_uid": beacons.eddystone_uid,
    "eddystone_tlm": beacons.eddystone_tlm,
    "miband": miband,
}


class Stateful(Protocol):
    """A decoder that needs the whole advertisement, and remembers what it believed."""

    def decode(self, advertisement: Advertisement) -> Fields:
        """Return the fields; ``CorruptAnswer`` for what cannot be believed."""
        ...


_STATEFUL: Final[Mapping[str, Callable[[str | None], Stateful]]] = {"bthome": BtHome, "mibeacon": MiBeacon}


def decoder(format: str, layout: Mapping[str, Field]) -> Decoder:  # noqa: A002 - the profile's own word
    """Return what turns bytes in ``format`` into fields, raising ``CorruptAnswer`` for what is truncated, garbage or
    reserved; the format ``fields`` uses ``layout``. ``Misconfigured`` where no such format is of bytes alone.
    """
    if format == FIELDS:
        return FieldMap(layout).decode
    if format not in _DECODERS:
        raise Misconfigured(f"no format {format} of bytes alone")
    return _DECODERS[format]


def decode(format: str, data: bytes, layout: Mapping[str, Field]) -> Fields:  # noqa: A002 - the profile's own word
    """Return the fields of one payload, as ``decoder`` does."""
    return decoder(format, layout)(data)


def stateful(format: str, key: str | None) -> Stateful | None:  # noqa: A002 - the profile's own word
    """Return a device's own decoder for a format that needs one, else ``None``; ``key`` is its bindkey in hex."""
    return _STATEFUL[format](key) if format in _STATEFUL else None


def formats() -> Mapping[str, frozenset[str]]:
    """Return the names of all formats with those of their fields."""
    return FORMATS
