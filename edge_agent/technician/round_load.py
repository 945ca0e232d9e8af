"""The visits of a bus of radios: what a round takes, how many fit into their period, and what to change."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from config.bus_settings import BusSettings
from drivers.api import Round, Turn
from edge_agent.technician.advice import BUSY

_AIM: Final = 0.7
_PERIODS_S: Final = (900.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 43200.0, 86400.0)


@dataclass(frozen=True, slots=True)
class RoundAdvice:
    """One way out, sufficient by itself, and the load that is then left. ``every``: nobody is visited more often than
    every ``period_s``; ``adapters``: so many adapters.
    """

    kind: Literal["every", "adapters"]
    load: float
    period_s: float = 0.0
    adapters: int = 0


@dataclass(frozen=True, slots=True)
class TurnGroup:
    """``devices`` that are visited alike: asked for every ``period_s``, in truth every ``real_s``."""

    devices: tuple[str, ...]
    period_s: float
    real_s: float
    busy_s: float
    share: float


@dataclass(frozen=True, slots=True)
class RoundLoad:
    """The round of a bus; of its turns ``fitting`` are served as often as they ask, in the file's order."""

    round: Round
    groups: tuple[TurnGroup, ...]
    fitting: int
    advice: tuple[RoundAdvice, ...]

    @property
    def fits(self) -> bool:
        """Whether everybody is served as often as asked, and every stream has a slot."""
        return self.fitting == len(self.round.turns) and len(self.round.streams) <= self.round.stream_slots


def round_load(bus: BusSettings, round_: Round) -> RoundLoad:
    """Return what ``round_`` asks of ``bus``. Where it asks too much everybody is late, in proportion."""
    alike: dict[tuple[float, float], list[str]] = {}
    for turn in round_.turns:
        alike.setdefault((turn.period_s, turn.busy_s), []).append(turn.device)
    late = max(1.0, round_.load)
    groups = tuple(
        TurnGroup(tuple(names), period_s, period_s * late, busy_s, len(names) * busy_s / period_s / round_.lanes)
        for (period_s, busy_s), names in alike.items()
    )
    return RoundLoad(round_, groups, _fitting(round_.turns, round_.lanes), tuple(_advise(bus, round_)))


def _fitting(turns: Sequence[Turn], lanes: int) -> int:
    free, count = float(lanes), 0
    for turn in turns:
        free -= turn.busy_s / turn.period_s
        count += free >= 0
    return count


def _advise(bus: BusSettings, round_: Round) -> Sequence[RoundAdvice]:
    if round_.load <= BUSY:
        return ()
    found: list[RoundAdvice] = []
    for period_s in _PERIODS_S:
        turns = tuple(replace(turn, period_s=max(turn.period_s, period_s)) for turn in round_.turns)
        then = replace(round_, turns=turns).load
        if then <= _AIM:
            found.append(RoundAdvice("every", then, period_s=period_s))
            break
    adapters = len(getattr(bus, "adapters", ("",)))
    needed = math.ceil(round_.load * adapters / _AIM)
    found.append(RoundAdvice("adapters", round_.load * adapters / needed, adapters=needed))
    return found
