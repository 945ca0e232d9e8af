"""Makes scenarios up: a few faults one after the other, some of them two at a time, the same for the same seed."""

import random

import msgspec

from tests.faults.scenario import Scenario, Step

_LINKS = ("cut", "refused", "half-open", "one-way-up", "one-way-down", "delay", "loss", "64kbit", "slow-loris")
_ANSWERS = ("portal", "redirect", "garbage")
_PROGRAM_FAULTS = (
    ("kill", "agent", 1),
    ("kill", "collector", 1),
    ("kill", "both", 1),
    ("stop", "agent", 2),
    ("stop", "collector", 3),
    ("freeze", "collector", 8),
    ("freeze", "agent", 3),
    ("power", "agent", 1),
)
_DISKS = ("full", "inodes", "broken", "read-only", "slow")
_DAMAGES = ("header", "page", "pages", "truncated", "wal", "empty", "gone")
SLOT_S = 14


def scenario(seed: int, slots: int = 4) -> Scenario:
    """Return the scenario of this seed: ``slots`` times either a bad link, perhaps with a program's end in it, or a
    disk's trouble (never with an end: what only memory holds was not called durable), perhaps with a bad link.
    """
    dice = random.Random(seed)
    steps: list[Step] = []
    for slot in range(slots):
        begin = 2 + slot * SLOT_S
        if dice.random() < 0.85:
            steps.append(_step(dice, begin, SLOT_S - 3, "link", dice.choice(_LINKS + _ANSWERS)))
        if dice.random() < 0.3:
            steps.append(_step(dice, begin, SLOT_S - 3, "disk", dice.choice(_DISKS)))
        elif dice.random() < 0.15:
            steps.append(_step(dice, begin, 1, "damage", dice.choice(_DAMAGES)))
        elif dice.random() < 0.8:
            verb, thing, most = dice.choice(_PROGRAM_FAULTS)
            steps.append(_step(dice, begin, most, verb, thing))
    lost = any(step.damage for step in steps)
    lasts = 2 + slots * SLOT_S
    return Scenario(
        lasts=f"{lasts}s", steps=steps, name=f"random-{seed}", seed=seed, lost=lost, tls=dice.random() < 0.2
    )


def _step(dice: random.Random, begin: int, most_s: int, verb: str, thing: str) -> Step:
    lasts = dice.uniform(0.3, most_s)
    at = begin + dice.uniform(0, SLOT_S - 2 - lasts)
    return msgspec.convert({"at": f"{at:.2f}s", "for": f"{lasts:.2f}s", verb: thing}, Step)
