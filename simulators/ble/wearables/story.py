"""The stories of wearables: which deed begins each and which one ends it."""

from collections.abc import Coroutine, Iterator
from typing import Any, Final

from runtime.clock import Clock
from simulators.ble.wearables.wearable import Wearable
from simulators.scripts import play_change, play_moments
from simulators.stories import Moment, WearableScript

_DEEDS: Final = {
    "presses": ("press", ""),
    "falls": ("fall", ""),
    "measures": ("measure", ""),
    "rotates": ("rotate", ""),
    "taken_off": ("take_off", "put_on"),
    "walks_away": ("walk_away", "come_back"),
    "runs_flat": ("run_flat", "new_battery"),
    "exercises": ("exercise", "rest"),
    "opened": ("open", "close"),
    "moves": ("move", "still"),
    "garbled": ("garble", "clear"),
}


def impossible(script: WearableScript, kind: type[Wearable]) -> list[str]:
    """Return the stories that this kind cannot play."""
    return [name for name in script.model_fields_set if _DEEDS[name][0] not in kind.deeds]


def stories(clock: Clock, one: Wearable, script: WearableScript) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    """Yield the name of each story and what plays it."""
    for name in script.model_fields_set:
        when, (begin, end) = getattr(script, name), _DEEDS[name]
        if isinstance(when, Moment):
            yield name, play_moments(clock, when, getattr(one, begin))
        elif when is not None:
            yield name, play_change(clock, when, getattr(one, begin), getattr(one, end))
