"""Addresses that devices give themselves: random ones for life, and ones that change but can be resolved by a key."""

import random

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB


def static_address(dice: random.Random) -> str:
    """Return a random address that stays: its two highest bits are set."""
    return _written((dice.getrandbits(46) | 0b11 << 46).to_bytes(6, "big"))


def resolvable_address(irk: bytes, prand: int) -> str:
    """Return the address that ``irk`` (16 bytes, most significant first) makes of 22 random bits."""
    part = (prand & 0x3FFFFF | 0b01 << 22).to_bytes(3, "big")
    encryptor = Cipher(AES(irk), ECB()).encryptor()  # noqa: S305 - one block, as the Core Specification has it
    return _written(part + encryptor.update(bytes(13) + part)[-3:])


def _written(octets: bytes) -> str:
    return octets.hex(":").upper()
