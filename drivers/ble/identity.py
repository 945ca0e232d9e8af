"""Whose advertisement it is: by address, by the key that a changing address is made of, or by what the device sends."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from config.settings import DeviceSettings
from drivers.api.errors import CorruptAnswer, Misconfigured
from drivers.ble.advertisement import Advertisement
from wire.reading import Value

_MAC: Final = re.compile(r"([0-9A-F]{2}:){5}[0-9A-F]{2}")
_KEY: Final = re.compile(r"[0-9A-Fa-f]{32}")
_MOST: Final = 2048
_KEPT_S: Final = 900.0
"""An address that was seen to be a device's is so for a quarter of an hour, after which devices change theirs."""
_STRANGER_S: Final = 10.0
"""A stranger is looked at again after so long: not all that a device sends comes at once."""

Reader = Callable[[Advertisement], Mapping[str, Value] | None]
"""Reads the fields that name a device from what it sends; ``None`` where they are not there."""


class AddressKey:
    """An identity resolving key (Bluetooth core specification, volume 3, part H, 2.2.2)."""

    def __init__(self, text: str) -> None:
        """``text`` is 32 hex digits, most significant first; ``ValueError`` for anything else."""
        if not _KEY.fullmatch(text.strip()):
            raise ValueError("an identity resolving key has 32 hex digits")
        self._key = bytes.fromhex(text.strip())
        cipher = Cipher(algorithms.AES(self._key), modes.ECB())  # noqa: S305 - the standard's ``ah``
        self._encrypt = cipher.encryptor().update

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AddressKey) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def made(self, address: str) -> bool:
        """Tell whether a resolvable private address was made of this key."""
        data = bytes.fromhex(address.replace(":", ""))
        return data[0] >> 6 == 1 and self._encrypt(bytes(13) + data[:3])[13:] == data[3:]


@dataclass(slots=True)
class _Shape:
    """Devices of one profile that are known by what they send: ``wanted`` by the values of their options."""

    read: Reader
    names: tuple[str, ...]
    wanted: dict[tuple[Value, ...], str]


class Identities:
    """Finds the device of an advertisement. Strangers cost little: they are the most of what is on the air."""

    def __init__(self, devices: Sequence[DeviceSettings], readers: Mapping[str, Reader]) -> None:
        """``readers`` are each device's. ``Misconfigured`` where a device is known by nothing, or two by the same."""
        self._fixed: dict[str, str] = {}
        self._keys: list[tuple[AddressKey, str]] = []
        self._shapes: dict[str, _Shape] = {}
        self._found: OrderedDict[str, tuple[str | None, float]] = OrderedDict()
        for device in devices:
            self._add(device, readers[device.id])

    def device(self, heard: Advertisement, now: float) -> str | None:
        """Return whose it is, ``None`` for a stranger's; ``now`` in monotonic seconds."""
        fixed = self._fixed.get(heard.address)
        if fixed is not None or not (self._keys or self._shapes):
            return fixed
        known = self._found.get(heard.address)
        if known is not None and now < known[1]:
            return known[0]
        device = self._by_key(heard.address) or self._by_what_it_sends(heard)
        self._found[heard.address] = device, now + (_STRANGER_S if device is None else _KEPT_S)
        self._found.move_to_end(heard.address)
        if len(self._found) > _MOST:
            self._found.popitem(last=False)
        return device

    def _by_key(self, address: str) -> str | None:
        if not self._keys or address[0] not in "4567":
            return None
        return next((device for key, device in self._keys if key.made(address)), None)

    def _by_what_it_sends(self, heard: Advertisement) -> str | None:
        for shape in self._shapes.values():
            try:
                fields = shape.read(heard)
            except CorruptAnswer:
                continue
            if fields is not None:
                device = shape.wanted.get(tuple(_plain(fields.get(name)) for name in shape.names))
                if device is not None:
                    return device
        return None

    def _add(self, device: DeviceSettings, read: Reader) -> None:
        mac, identity = device.options.get("mac"), {} if device.profile.bluetooth is None else _identity(device)
        known = False
        if isinstance(mac, str):
            address = mac.upper()
            if not _MAC.fullmatch(address) or self._fixed.setdefault(address, device.id) != device.id:
                raise Misconfigured(f"{device.id}: {mac} is no address, or another device's")
            known = True
        if "irk" in device.secrets:
            try:
                key = AddressKey(device.secrets["irk"].reveal())
            except ValueError as error:
                raise Misconfigured(f"{device.id}: {error}") from error
            if any(key == other for other, _ in self._keys):
                raise Misconfigured(f"{device.id}: its identity key is another device's")
            self._keys.append((key, device.id))
            known = True
        if identity:
            names = tuple(sorted(identity))
            shape = self._shapes.setdefault(device.profile.id, _Shape(read, names, {}))
            wanted = tuple(_plain(identity[name]) for name in names)
            if shape.wanted.setdefault(wanted, device.id) != device.id:
                raise Misconfigured(f"{device.id}: what it is known by is another device's")
            known = True
        if not known:
            raise Misconfigured(f"{device.id}: neither its address nor anything else says which device it is")


def _identity(device: DeviceSettings) -> dict[str, Value]:
    """Return the fields by which the device is known and what they must be; nothing where an option is not given."""
    bluetooth = device.profile.bluetooth
    wanted = {} if bluetooth is None else bluetooth.identity
    given = {name: device.options.get(option) for name, option in wanted.items()}
    return (
        {name: value for name, value in given.items() if isinstance(value, str | int)}
        if all(value is not None for value in given.values())
        else {}
    )


def _plain(value: Value) -> Value:
    """Return a value as it is compared: a UUID may be written with dashes and without."""
    return value.upper().replace("-", "") if isinstance(value, str) else value
