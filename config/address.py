"""Where a value lies in a device, plainly or by what the site wired; and the words that profiles share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

Scalar = bool | int | float | str
Options = Mapping[str, Scalar | Mapping[str, int]]


class _Strict:
    # pydantic holds a file against these (config.catalog). Who reads a profile that was checked needs none of it: the
    # running agent is 8 MB smaller for it.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Text(_Strict):
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Address(_Strict):
    """A zero-based PDU address: ``base`` plus, where ``option`` is given, that option's value (``inputs.contact``
    reaches into a map) times ``step``. A point or command whose option is not set does not exist on that device.
    """

    base: int
    option: str | None = None
    step: int = 1

    def resolve(self, options: Options) -> int | None:
        """Return the address for a device's ``options``, ``None`` where the option is not set."""
        if self.option is None:
            return self.base
        name, _, key = self.option.partition(".")
        value = options.get(name)
        if isinstance(value, Mapping):
            value = value.get(key)
        return None if value is None or isinstance(value, str) else self.base + int(value) * self.step


def resolve(address: int | Address, options: Options) -> int | None:
    """Return the plain address for a device's ``options``; ``None`` where it has no such terminal."""
    return address if isinstance(address, int) else address.resolve(options)
