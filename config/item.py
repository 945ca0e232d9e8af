"""A meter's data items as data: what one question brings, and which of its bytes are which point."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le, MinLen


class _Strict:
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class ItemPoint(_Strict):
    """A point in the ``length`` bytes from ``at`` of an item's data: BCD digits, lowest pair first, times ``scale``.

    ``sign``: the highest bit is the sign and is kept, or only says a direction and is dropped. ``unit`` is the point's
    own unit where the meter names its unit itself, by the code at ``unit_at``: the value is converted. ``bits`` (the
    lowest and how many) makes it a binary number instead of digits. ``words``: that number as decimal text → word of
    the catalogue; a number without a word is no value. ``times`` names options of the device that
    multiply it (a transformer's ratio). ``plausible`` is this product's span, in the point's unit. ``moves_within`` is
    that of ``config.profile.RegisterPoint``.
    """

    key: str
    at: Annotated[int, Ge(0), Le(250)] = 0
    length: Annotated[int, Ge(1), Le(8)]
    sign: Literal["none", "keep", "drop"] = "none"
    scale: float = 1.0
    times: tuple[str, ...] = ()
    unit: str | None = None
    unit_at: Annotated[int, Ge(0), Le(250)] | None = None
    bits: tuple[Annotated[int, Ge(0)], Annotated[int, Ge(1)]] | None = None
    words: dict[str, bool | int | float | str] = field(default_factory=dict)
    plausible: tuple[float, float] | None = None
    moves_within: str = ""


@dataclass(frozen=True, kw_only=True)
class Item(_Strict):
    """One question to a meter: ``item`` is the data identifier in hex as the standard prints it (DL/T 645-2007: eight
    digits; DL/T 645-1997 and CJ/T 188: four), ``size`` how many bytes of data a whole answer has after it.
    """

    item: str
    size: Annotated[int, Ge(1), Le(250)]
    points: Annotated[tuple[ItemPoint, ...], MinLen(1)]
