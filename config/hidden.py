"""A value that is not shown by accident."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """What a ``!secret`` names. It is not shown by accident: not in a log, not in a traceback."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Return it."""
        return self._value
