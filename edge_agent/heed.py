"""What follows from changes of alerts: what is remembered and told with them at once, and what is begun right after."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from wire.alert import AlertChange


def _nothing() -> None:
    """Begin nothing."""


class Heeded(NamedTuple):
    """What follows from changes of alerts: ``notes`` to be stored with them, ``also`` further changes to be told with
    them, and ``begin``, which begins what is to be done. That returns at once; what it has begun gets its turn when its
    caller waits for something.
    """

    notes: Mapping[str, bytes] = {}
    begin: Callable[[], None] = _nothing
    also: Sequence[AlertChange] = ()


Heed: TypeAlias = Callable[[Sequence[AlertChange]], Heeded]
"""Takes the changes of alerts and says what follows; nothing is done yet."""


def heed_nothing(changes: Sequence[AlertChange]) -> Heeded:
    """Heed changes that nothing follows from."""
    return Heeded()


def apart_from(silent: Container[tuple[str, str]], heed: Heed) -> Heed:
    """Return what heeds changes as ``heed`` does, but those of automations: rules (and devices) that tell nobody."""
    return lambda changes: heed([one for one in changes if (one.rule, one.device) not in silent])


def together(*heeds: Heed) -> Heed:
    """Return what heeds changes in all these ways, in their order; what one tells also, those after it hear too."""

    def heed(changes: Sequence[AlertChange]) -> Heeded:
        notes: dict[str, bytes] = {}
        begins: list[Callable[[], None]] = []
        also: list[AlertChange] = []
        for each in heeds:
            heeded = each((*changes, *also))
            notes |= heeded.notes
            begins.append(heeded.begin)
            also += heeded.also

        def begin() -> None:
            for one in begins:
                one()

        return Heeded(notes, begin, tuple(also))

    return heed
