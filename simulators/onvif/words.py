"""What a maker's own words consist of, beside ONVIF."""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.onvif.blocks import Block
from simulators.onvif.events import Passage


@dataclass(frozen=True, slots=True)
class Words:
    """``path``, ``media`` and ``boundary`` are its stream's; ``attaches``: whoever asks for that says so and how often
    there is a sign of life, else it is every ``heartbeat_s``. The functions are given the camera's time (µs).

    ``recognition``: a path that has it read a plate now. ``pushed``: what it calls with instead of a part.
    """

    path: str
    media: str
    boundary: str
    heartbeat_s: float
    heartbeat: Callable[[int], Block]
    alarm: Callable[[str, bool, int], list[Block]]
    passed: Callable[[Passage, int], list[Block]]
    attaches: bool = False
    recognition: str = ""
    pushed: Callable[[Block], Block] = lambda block: block
