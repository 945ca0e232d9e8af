"""How long an alert of each level may wait before it is told one step higher."""

from collections.abc import Mapping

from config.catalog import levels

Ladders = Mapping[str, tuple[int, ...]]
"""By level, how many µs after it began to wait an alert climbs to step 1, 2, …"""


def ladders() -> Ladders:
    """Return the catalogue's: step 1 when nobody acknowledged in time, step 2 when it must go to whoever is above."""
    return {
        word: (round(level.acknowledge_within_s * 1_000_000), round(level.escalate_after_s * 1_000_000))
        for word, level in levels().items()
    }
