"""Tables and figures as a terminal shows them: columns that line up, Chinese characters taking two."""

from collections.abc import Sequence
from typing import Final

from config.report import columns

_BARS: Final = (-90, -80, -70, -60)


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Return ``rows`` (all of one length) as lines whose columns line up."""
    widths = [max(columns(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [(indent + "  ".join(_padded(*cell) for cell in zip(row, widths, strict=True))).rstrip() for row in rows]


def seconds(value: float) -> str:
    """Return a time with three figures and its unit: ``38.6 ms``, ``1.23 s``."""
    if value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.3g} s" if value < 10 else f"{value:.1f} s"


def percent(value: float) -> str:
    """Return a part of one: ``84.9 %``, ``0.03 %``."""
    return f"{100 * value:.1f} %" if value >= 0.01 else f"{100 * value:.1g} %"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def bars(rssi: int | None) -> str:
    """Return a signal strength (dBm) as four bars: from -60 up all of them, below -90 none."""
    if rssi is None:
        return "····"
    lit = sum(rssi >= floor for floor in _BARS)
    return "▂▄▆█"[:lit] + "·" * (len(_BARS) - lit)
