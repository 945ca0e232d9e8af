"""What is known of the link to one device: whether it is there, since when it was heard last, and what is wrong."""

from dataclasses import dataclass
from typing import Literal

from edge_agent.breaker import Unit

LinkState = Literal["starting", "online", "offline"]


@dataclass(slots=True)
class Link:
    """What is known of one device's link. ``seen_at`` is its last answer (µs since the epoch, 0 never).

    ``unit`` is the address that it may share and is silent with; ``own`` counts what is wrong with this device alone.
    ``bad`` are the points that its last answer had no good value for.
    """

    device: str
    unit: Unit
    own: Unit
    state: LinkState = "starting"
    seen_at: int = 0
    error: str = ""
    failures: int = 0
    told: bool = False
    lost_mono: float = 0.0
    bad: frozenset[str] = frozenset()
