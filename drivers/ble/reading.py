"""One kind of a product's data, read so that every step can be shown: the bytes, the fields, what became of each."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from config.bluetooth import Advert, Bluetooth, BluetoothEvent, BluetoothPoint, Characteristic
from config.settings import DeviceSettings
from drivers.api.shows import Made, Why
from drivers.ble.advertisement import Advertisement, short_uuid
from drivers.ble.decode import DeviceDecoder
from drivers.ble.decoded import Fields, Meaning
from drivers.ble.formats.registry import decoder, stateful
from wire.reading import Quality

_NOTHING: Final[Fields] = {}


class AdvertReading:
    """One kind of advertisement of one device; ``what`` is the profile's word on it."""

    def __init__(self, what: Advert, settings: DeviceSettings) -> None:
        """``Misconfigured`` as for ``DeviceDecoder``."""
        self.what = what
        self._decoder = DeviceDecoder(_with_only(settings, what))
        secret = settings.secrets.get("bindkey")
        self._whole = stateful(what.format, None if secret is None else secret.reveal())
        self.is_bare = what.company is None and not what.service
        self._bytes = None if self._whole or self.is_bare else decoder(what.format, what.fields)
        self._last: dict[str, bytes | None] = {}

    def read(self, heard: Advertisement) -> tuple[Fields, Meaning] | None:
        """Return the fields of ``heard`` and what they mean, ``None`` where it is no such advertisement or repeats the
        last one; ``CorruptAnswer`` where it makes no sense.
        """
        data = self.data(heard)
        if self.knows(heard):
            return None
        meaning = self._decoder.advertisement(heard)
        if meaning is None:
            return None
        self._last[heard.receiver] = data
        if self._whole is not None:
            return self._whole.decode(heard), meaning
        return (self._bytes(data) if self._bytes is not None and data is not None else _NOTHING), meaning

    def knows(self, heard: Advertisement) -> bool:
        """Tell whether the data of ``heard`` is what was read last."""
        return heard.receiver in self._last and self._last[heard.receiver] == self.data(heard)

    def data(self, heard: Advertisement) -> bytes | None:
        """Return the bytes that are looked at, ``None`` where there are none."""
        if self.what.company is not None:
            return heard.companies.get(self.what.company)
        return heard.services.get(short_uuid(self.what.service)) if self.what.service else b""


class CharacteristicReading:
    """One characteristic of one device."""

    def __init__(self, what: Characteristic, settings: DeviceSettings) -> None:
        """``Misconfigured`` as for ``DeviceDecoder``."""
        self.what = what
        self.where = f"{what.service}/{what.characteristic}"
        self._decoder = DeviceDecoder(settings)
        self._bytes = decoder(what.format, what.fields)

    def read(self, value: bytes) -> tuple[Fields, Meaning]:
        """Return the fields of ``value`` and what they mean; ``CorruptAnswer`` where it makes no sense."""
        return self._bytes(value), self._decoder.characteristic(self.what, value)


def made(what: Advert | Characteristic, fields: Fields, meaning: Meaning) -> tuple[Made, ...]:
    """Return what became of each point and event of ``what``."""
    return (*_points(what, fields, meaning), *_events(what, fields, meaning))


def _with_only(settings: DeviceSettings, advert: Advert) -> DeviceSettings:
    profile = settings.profile
    bluetooth = profile.bluetooth or Bluetooth()
    return replace(settings, profile=replace(profile, bluetooth=replace(bluetooth, adverts=(advert,))))


def _points(what: Advert | Characteristic, fields: Fields, meaning: Meaning) -> Iterator[Made]:
    shown: set[str] = set()
    for point in what.points:
        source = point.source or point.key
        if source not in fields:
            if all(other.key != point.key or other is point for other in what.points):
                yield Made(point.key, source, None, None, int(Quality.BAD), "absent")
            continue
        if point.key in shown or point.key not in meaning.values:
            continue
        shown.add(point.key)
        value, quality = meaning.values[point.key]
        yield Made(point.key, source, fields[source], value, quality, _why(point, fields, quality))


def _why(point: BluetoothPoint, fields: Fields, quality: int) -> Why:
    if quality == Quality.GOOD:
        return ""
    if quality == Quality.IMPLAUSIBLE:
        return "implausible"
    if fields[point.source or point.key] is None:
        return "no_value"
    if any(fields.get(name) not in (None, wanted) for name, wanted in point.only_if.items()):
        return "only_if"
    return "words" if point.words else "no_value"


def _events(what: Advert | Characteristic, fields: Fields, meaning: Meaning) -> Iterator[Made]:
    for event in what.events:
        numbers = [one.number for one in meaning.occurrences if one.name == event.name]
        seen = fields.get(event.source)
        for number in numbers:
            yield Made(event.name, event.source, seen, number, is_event=True)
        if not numbers:
            yield Made(event.name, event.source, seen, None, why=_why_not(event, fields), is_event=True)


def _why_not(event: BluetoothEvent, fields: Fields) -> Why:
    return "same" if event.source in fields else "absent"
