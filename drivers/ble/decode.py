"""A device's advertisements and characteristics to values and events, by its profile; it hears nothing itself."""

from collections import deque
from collections.abc import Mapping
from typing import Final

from config.bluetooth import Advert, Characteristic
from config.settings import DeviceSettings
from drivers.api.errors import CorruptAnswer, Misconfigured
from drivers.ble.advertisement import Advertisement, short_uuid
from drivers.ble.decoded import Fields, Meaning
from drivers.ble.edges import Edge
from drivers.ble.formats.registry import Decoder, decoder, stateful
from drivers.ble.points import PointMap
from wire.reading import Value

_LAG_US: Final = 5_000_000
_NOTHING_NEW: Final = Meaning({})


class DeviceDecoder:
    """One device's decoder, with what it must remember. ``garbled`` counts the pieces of data that made no sense.

    The signal strength is not in what it returns: that is the receiver's word and not the device's.
    """

    def __init__(self, settings: DeviceSettings) -> None:
        """``Misconfigured``: no Bluetooth product, a bindkey of the wrong length, a library that is missing."""
        bluetooth = settings.profile.bluetooth
        if bluetooth is None:
            raise Misconfigured(f"{settings.profile.id} is no Bluetooth product")
        secret = settings.secrets.get("bindkey")
        key = None if secret is None else secret.reveal()
        self.garbled = 0
        self._identity = tuple(bluetooth.identity)
        self._listeners = [_Listener(advert, key) for advert in bluetooth.adverts]
        self._parts = {
            (read.service, read.characteristic): _Part(read, decoder(read.format, read.fields))
            for read in (bluetooth.visit.reads if bluetooth.visit else ())
        }

    def advertisement(self, heard: Advertisement) -> Meaning | None:
        """Return what ``heard`` says that no earlier one of this device did; ``None`` where the profile knows nothing
        in it.

        Each element is decoded when it changes, not when it is repeated, kept by the stack from earlier, or heard by a
        second receiver within 5 s. One that makes no sense is counted and costs nothing else.
        """
        meant: Meaning | None = None
        for listener in self._listeners:
            try:
                found = listener.hear(heard)
            except CorruptAnswer:
                self.garbled += 1
                found = _NOTHING_NEW
            if found is not None:
                meant = found if meant is None or meant is _NOTHING_NEW else _both(meant, found)
        return meant

    def standing(self) -> dict[str, tuple[Value, int]]:
        """Return what the newest version of each element said, which holds while the device is heard: what may be told
        again. What an earlier version said and the newest one does not (a sensor that has told motion, and now its
        battery) is over.
        """
        return {key: value for listener in self._listeners for key, value in listener.standing.items()}

    def identity(self, heard: Advertisement) -> Mapping[str, Value] | None:
        """Return the fields by which the profile tells its devices apart, ``None`` where ``heard`` has not all of them.

        Nothing is remembered: it may be asked of any advertisement of anybody.
        """
        if not self._identity:
            return None
        found: dict[str, Value] = {}
        for listener in self._listeners:
            found |= listener.fields(heard)
        return {name: found[name] for name in self._identity} if found.keys() >= set(self._identity) else None

    def characteristic(self, which: Characteristic, value: bytes) -> Meaning:
        """Return what a characteristic's ``value`` says; ``CorruptAnswer`` where it makes no sense."""
        return self._parts[which.service, which.characteristic].meaning(value, 0)


class _Part:
    """One kind of data: its decoder, its points, its events."""

    def __init__(self, what: Advert | Characteristic, decode: Decoder | None) -> None:
        self._decode = decode
        self._points = PointMap(what.points)
        self._edges = [Edge(event) for event in what.events]

    def meaning(self, data: bytes, at: int) -> Meaning:
        """Return what ``data``, told at ``at`` (µs), says."""
        return self.meaning_of(self._decode(data) if self._decode else {}, at)

    def meaning_of(self, fields: Fields, at: int) -> Meaning:
        """Return what decoded ``fields`` say."""
        happened = tuple(one for edge in self._edges for one in edge.happened(fields, at)) if self._edges else ()
        return Meaning(self._points.values(fields), happened)


class _Versions:
    """Which versions of an element were heard, so that each counts once.

    A receiver that is behind another reports, within 5 s, what the other reported before: that is no news. The same
    bytes from it later are news (a pendant without a counter is pressed again, out of the first one's reach).
    """

    def __init__(self) -> None:
        self.last: dict[str, bytes] = {}
        self._heard: deque[tuple[int, bytes, int]] = deque(maxlen=32)
        self._reached: dict[str, int] = {}
        self._serial = 0

    def is_news(self, receiver: str, data: bytes, at: int) -> bool:
        """Tell whether nobody has reported ``data`` that ``receiver`` reports now and did not report last."""
        self.last[receiver] = data
        reached = self._reached.get(receiver, 0)
        for serial, known, when in self._heard:
            if serial > reached and known == data and at - when <= _LAG_US:
                self._reached[receiver] = serial
                return False
        self._serial += 1
        self._heard.append((self._serial, data, at))
        self._reached[receiver] = self._serial
        return True


class _Listener:
    """One kind of advertisement of one device."""

    def __init__(self, advert: Advert, key: str | None) -> None:
        self._advert = advert
        self._service = short_uuid(advert.service)
        self._uuid = short_uuid(advert.uuid)
        self._starts = bytes.fromhex(advert.starts)
        self._shortest, self._longest = advert.length or (0, 1 << 16)
        self._bare = advert.company is None and not advert.service
        self._stateful = stateful(advert.format, key)
        self._decode = None if self._stateful or self._bare else decoder(advert.format, advert.fields)
        self._part = _Part(advert, self._decode)
        self._versions = _Versions()
        self.standing: Mapping[str, tuple[Value, int]] = {}

    def hear(self, heard: Advertisement) -> Meaning | None:
        """Return what is new in it, ``None`` where it is no such advertisement; ``CorruptAnswer``."""
        data = self._data(heard)
        if data is None:
            return None
        if self._versions.last.get(heard.receiver) == data:
            return _NOTHING_NEW
        if not self._fits(data):
            return None
        if self._bare or not self._versions.is_news(heard.receiver, data, heard.at):
            return _NOTHING_NEW
        if self._stateful is None:
            meaning = self._part.meaning(data, heard.at)
        else:
            meaning = self._part.meaning_of(self._stateful.decode(heard), heard.at)
        self.standing = meaning.values
        return meaning

    def fields(self, heard: Advertisement) -> Fields:
        """Return the decoded fields of an advertisement of anybody; none where they cannot be told."""
        data = None if self._decode is None else self._data(heard)
        if data is None or self._decode is None or not self._fits(data):
            return {}
        try:
            return self._decode(data)
        except CorruptAnswer:
            return {}

    def _data(self, heard: Advertisement) -> bytes | None:
        advert = self._advert
        if advert.name and not heard.name.startswith(advert.name):
            return None
        if self._uuid and self._uuid not in heard.uuids:
            return None
        if advert.company is not None:
            return heard.companies.get(advert.company)
        return heard.services.get(self._service) if self._service else b""

    def _fits(self, data: bytes) -> bool:
        return data.startswith(self._starts) and self._shortest <= len(data) <= self._longest


def _both(one: Meaning, other: Meaning) -> Meaning:
    if not other.values and not other.occurrences:
        return one
    return Meaning({**one.values, **other.values}, (*one.occurrences, *other.occurrences))
