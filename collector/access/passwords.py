"""Passwords: made for people, kept as argon2id, checked off the event loop one at a time."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"


def new_password() -> str:
    """Return a fresh password of 16 signs in groups of four, about 79 bits, without signs that look alike."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(16))
    return "-".join(signs[i : i + 4] for i in range(0, 16, 4))


class Passwords:
    """Hashes and checks. Each check takes tens of megabytes, so only one runs at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Lock()
        self._decoy = ""

    def hashed(self, password: str) -> str:
        """Return what is kept of a password."""
        return self._hasher.hash(password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Tell whether ``password`` is the one; without one to compare with it takes as long and says no."""
        async with self._turn:
            return await asyncio.to_thread(self._matches, kept, password)

    def _matches(self, kept: str | None, password: str) -> bool:
        if not self._decoy:
            self._decoy = self._hasher.hash(secrets.token_hex(8))
        try:
            same = self._hasher.verify(kept or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return same and kept is not None
