"""One device looked over from end to end, as a capability: can it be reached, is it believed, what does it show."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from drivers.api.tells import Heard

Step: TypeAlias = Literal["address", "certificate", "password", "clock", "video", "picture", "doors", "told"]
"""``address``: somebody answers there; ``certificate``: who that is; ``password``: we are let in; ``told``: it told
something by itself.
"""


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of one step. ``seen`` are names and figures, no sentence; ``error`` is ``word: detail`` where it
    failed. ``well`` is ``None`` where nobody can say. ``told`` is what the device told, for that step alone.
    """

    step: Step
    well: bool | None
    seen: str = ""
    error: str = ""
    told: Heard | None = None


@runtime_checkable
class Examines(Protocol):
    """A driver that can look over one of its devices."""

    def examine(self, device: str, seconds: float) -> AsyncGenerator[Examined, None]:
        """Give each step as it is done, and then for ``seconds`` what the device tells. The bus must not be open;
        nothing is told to do anything. What cannot be had is a step that is not well, and no error.
        """
        ...
