"""How a product is reached, and what it needs of a line: the part of a profile that a site may change."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

Table = Literal["coil", "discrete_input", "holding_register", "input_register"]

_METERS = ("dlt645", "cjt188")
"""Protocols of meters, which may share a line."""


@dataclass(frozen=True, kw_only=True)
class Transport:
    """What the maker ships: bus types that reach it (as in ``buses.*.type``), serial defaults, and habits.

    ``unit`` is the factory unit address. ``word_order`` says whether the high word of a value of several registers
    comes first, ``byte_order`` whether the high byte of each register does: ``big`` and ``big`` is ABCD, ``little``
    words CDAB, ``little`` bytes BADC, both DCBA. ``min_gap_ms`` is silence the device needs between requests.

    ``max_registers``/``max_coils`` bound one request; ``max_gap`` is how many addresses nobody asked for may be read
    along to save one, and ``holes`` are those (first, last) that never may. ``single_requests``: each register value
    takes a request of its own. ``coils_from_zero``: coils are only readable from address 0 on. ``close_after_poll``:
    the connection is given back after each poll, for products that serve one client or forget to time one out.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    buses: tuple[str, ...]
    baud: int | None = None
    format: str | None = None
    unit: Annotated[int, Ge(0), Le(255)] = 1
    word_order: Literal["big", "little"] = "big"
    byte_order: Literal["big", "little"] = "big"
    max_registers: Annotated[int, Ge(1), Le(125)] = 125
    max_coils: Annotated[int, Ge(1), Le(2000)] = 2000
    min_gap_ms: Annotated[int, Ge(0)] = 0
    max_gap: Annotated[int, Ge(0), Le(124)] = 0
    holes: dict[Table, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    single_requests: bool = False
    coils_from_zero: bool = False
    close_after_poll: bool = False

    def reached_over(self) -> tuple[str, ...]:
        """Return the bus types that carry it: what speaks RTU on a line speaks it behind a serial server too, and a
        meter may be on a line of its own protocol or on one of several.
        """
        behind = ("modbus-rtu-tcp",) if "modbus-rtu" in self.buses else ()
        beside = (f"meter-{way}" for kind, _, way in (bus.partition("-") for bus in self.buses) if kind in _METERS)
        return tuple(dict.fromkeys((*self.buses, *behind, *beside)))
