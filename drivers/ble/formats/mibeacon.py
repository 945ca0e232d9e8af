"""Xiaomi's MiBeacon, and its scales' service data, through the library ``xiaomi-ble``; encrypted or not."""

from drivers.api.errors import CorruptAnswer
from drivers.ble.advertisement import Advertisement
from drivers.ble.decoded import Fields
from drivers.ble.formats.beacon_library import Replays, bindkey, library, parse

SERVICE = "fe95"
_SCALES = {"181d": 10, "181b": 13}
_ENCRYPTED, _OBJECT = 0x08, 0x40
_FRESH = 256


class MiBeacon:
    """One device that speaks MiBeacon, with its key where it encrypts. ``packet_id`` is its frame counter."""

    def __init__(self, key: str | None = None) -> None:
        """``Misconfigured``: a wrong key, or the library is missing."""
        self._parser = library("xiaomi_ble.parser", "XiaomiBluetoothDeviceData")
        self._key, self._replays = bindkey(key), Replays(_FRESH)

    def decode(self, advertisement: Advertisement) -> Fields:
        """Return its fields, none where it only says that it is there; ``CorruptAnswer`` for what is garbled,
        replayed, or encrypted with another key.
        """
        for service, size in _SCALES.items():
            data = advertisement.services.get(service)
            if data is not None:
                if len(data) != size:
                    raise CorruptAnswer("no weight of a Mi scale")
                return parse(self._parser(), "mibeacon", advertisement, service, data)
        data = advertisement.services.get(SERVICE, b"")
        if len(data) < 5:
            raise CorruptAnswer("no MiBeacon")
        encrypted = bool(data[0] & _ENCRYPTED and data[0] & _OBJECT)
        counter = int.from_bytes(data[-7:-4], "little") << 8 | data[4]
        if encrypted:
            if self._key is None:
                raise CorruptAnswer("encrypted, and there is no bindkey")
            self._replays.refuse(data, counter, advertisement.at)
        parser = self._parser(bindkey=self._key)
        fields = parse(parser, "mibeacon", advertisement, SERVICE, data)
        if encrypted and not parser.bindkey_verified:
            raise CorruptAnswer("the bindkey does not fit")
        if encrypted:
            self._replays.remember(data, counter, advertisement.at)
        elif not fields and data[0] & _OBJECT:
            raise CorruptAnswer("nothing of MiBeacon in it")
        return {**fields, "packet_id": data[4]} if fields else fields
