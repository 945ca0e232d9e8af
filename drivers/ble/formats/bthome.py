"""BTHome version 2, through the library ``bthome-ble``; encrypted or not."""

from drivers.api.errors import CorruptAnswer
from drivers.ble.advertisement import Advertisement
from drivers.ble.decoded import Fields
from drivers.ble.formats.beacon_library import Replays, bindkey, library, parse

SERVICE = "fcd2"
_ENCRYPTED = 0x01
_FRESH = 100


class BtHome:
    """One device that speaks BTHome, with its key where it encrypts.

    A device that has a key and sends in clear is not believed: anybody could.
    """

    def __init__(self, key: str | None = None) -> None:
        """``Misconfigured``: a wrong key, or the library is missing."""
        self._parser = library("bthome_ble.parser", "BTHomeBluetoothDeviceData")
        self._key, self._replays = bindkey(key), Replays(_FRESH)

    def decode(self, advertisement: Advertisement) -> Fields:
        """Return its fields; ``CorruptAnswer`` for what is garbled, replayed, or encrypted with another key."""
        data = advertisement.services.get(SERVICE, b"")
        if len(data) < 2 or data[0] >> 5 != 2:
            raise CorruptAnswer("no BTHome version 2")
        encrypted = bool(data[0] & _ENCRYPTED)
        if encrypted != (self._key is not None):
            raise CorruptAnswer(
                "encrypted, and there is no bindkey" if encrypted else "in clear from who has a bindkey"
            )
        counter = int.from_bytes(data[-8:-4], "little")
        if encrypted:
            self._replays.refuse(data, counter, advertisement.at)
        parser = self._parser(bindkey=self._key)
        fields = parse(parser, "bthome", advertisement, SERVICE, data)
        if encrypted:
            if not parser.bindkey_verified:
                raise CorruptAnswer("the bindkey does not fit")
            self._replays.remember(data, counter, advertisement.at)
        elif not fields:
            raise CorruptAnswer("nothing of BTHome in it")
        return fields
