"""BTHome 2 and MiBeacon 5, which sensors of homes send: plain, or sealed with AES-CCM and a growing counter."""

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

PACKET, BATTERY, TEMPERATURE, HUMIDITY, OPENING, MOTION, BUTTON = 0x00, 0x01, 0x02, 0x03, 0x11, 0x21, 0x3A
MOTION_WITH_LIGHT = 0x000F
RTCGQ02LM = 0x0A8D
_BTHOME_2, _TRIGGERED, _SEALED = 0x40, 0x04, 0x01
_MI_SEALED_5 = 0x5958
"""Version 5, secured by the maker's login, with an object and the address, encrypted."""


def bthome(objects: bytes, address: str, *, triggered: bool = False, key: bytes = b"", counter: int = 0) -> bytes:
    """Return the service data of FCD2: ``objects`` in growing order, sealed where there is a ``key`` of 16 bytes."""
    info = _BTHOME_2 | (_TRIGGERED if triggered else 0)
    if not key:
        return bytes([info]) + objects
    info |= _SEALED
    count = counter.to_bytes(4, "little")
    nonce = _octets(address) + b"\xd2\xfc" + bytes([info]) + count
    sealed = AESCCM(key, tag_length=4).encrypt(nonce, objects, None)
    return bytes([info]) + sealed[:-4] + count + sealed[-4:]


def mibeacon(kind: int, value: bytes, address: str, *, key: bytes, counter: int, product: int = RTCGQ02LM) -> bytes:
    """Return the service data of FE95 with one object, sealed with the device's ``key`` of 16 bytes."""
    head = _MI_SEALED_5.to_bytes(2, "little") + product.to_bytes(2, "little") + bytes([counter & 0xFF])
    mac = _octets(address)[::-1]
    extended = (counter >> 8).to_bytes(3, "little")
    plain = kind.to_bytes(2, "little") + bytes([len(value)]) + value
    sealed = AESCCM(key, tag_length=4).encrypt(mac + head[2:] + extended, plain, b"\x11")
    return head + mac + sealed[:-4] + extended + sealed[-4:]


def _octets(address: str) -> bytes:
    return bytes.fromhex(address.replace(":", ""))
