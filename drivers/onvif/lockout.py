"""When a camera may be told a password again that it did not believe: makers lock out who tries five to seven times."""

from typing import Final

from drivers.api.errors import Misconfigured

LOCKED_OUT_S: Final = 600.0
"""A wrong password is told a camera once in this time, whoever of us wants something of it."""


class Lockout:
    """One camera's. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._until, self._why = 0.0, ""

    def check(self, now: float) -> None:
        """Raise what was said of the password, as long as it is not to be tried again."""
        if now < self._until:
            raise Misconfigured(self._why)

    def refused(self, now: float, why: str) -> None:
        """Note that the camera did not believe the password."""
        self._until, self._why = now + LOCKED_OUT_S, why
