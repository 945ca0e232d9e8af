"""Which alerts are one call for help: the same person's press or fall, heard by more than one gateway. Pure.

What is one does not depend on the order of arrival: it is worked out from the times and numbers of all that was heard.
"""

from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple

from collector.alarms.story import What
from collector.store.alarm_records import ChangeRow

APART_US = 30_000_000
"""Without the device's own number, what was heard within so long of each other is one call."""

REPEATED_US = 120_000_000
"""The same number, later than that, is another call: a device that was restarted counts from the beginning."""

_HOLDS = (What.OUT_OF_SERVICE, What.IN_SERVICE, What.SUPPRESSED, What.UNSUPPRESSED)


class Ear(NamedTuple):
    """A call as one gateway heard it. ``number`` is the collector's id of that gateway's alert, ``whose`` and ``event``
    who called and how; ``seq`` is the device's own number, empty where it gives none. ``at`` is when it happened, by a
    clock that can be believed only where ``dated``. ``call`` is the number of the alert that it is folded into.
    """

    number: str
    gateway: str
    alert: str
    device: str
    rule: str
    whose: str
    event: str
    seq: str
    at: int
    dated: bool
    received_at: int
    call: str = ""


def are_one(one: Ear, other: Ear) -> bool:
    """Tell whether two gateways, or one of them twice, heard the same call."""
    if one.number == other.number:
        return True
    if not one.whose or (one.whose, one.event) != (other.whose, other.event):
        return False
    apart = abs(one.at - other.at)
    if one.seq and other.seq:
        return one.seq == other.seq and apart <= REPEATED_US
    return one.dated and other.dated and apart <= APART_US


def fold(ears: Iterable[Ear]) -> list[list[Ear]]:
    """Return the calls that ``ears`` are, each with its ears by the times at which they heard it.

    Each joins the call nearest before it of which it could be every part; where it is none, it begins one.
    """
    calls: list[list[Ear]] = []
    for ear in sorted(ears, key=_order):
        found = next((call for call in reversed(calls) if all(are_one(ear, other) for other in call)), None)
        if found is None:
            calls.append([ear])
        else:
            found.append(ear)
    return calls


def around(ears: Iterable[Ear], number: str) -> list[Ear]:
    """Return the ears that can have to do with ``number``: from one to the next no more than ``REPEATED_US`` passes."""
    run: list[Ear] = []
    for ear in sorted(ears, key=_order):
        if run and ear.at - run[-1].at > REPEATED_US:
            if any(one.number == number for one in run):
                return run
            run = []
        run.append(ear)
    return run


def name_of(call: Iterable[Ear], present: Container[str] = ()) -> str:
    """Return the number that a call goes by: of the alert that came first, so that a page that shows it stays right.

    ``present`` are the numbers that calls go by now; of those that came in one instant such a one is kept.
    """
    return min(call, key=lambda ear: (ear.received_at, ear.number not in present, ear.number)).number


def united(stories: Sequence[Sequence[ChangeRow]]) -> list[ChangeRow]:
    """Return everything that happened to a call, from what happened to the alerts that it is.

    What people do counts for all of it. What hides one gateway's alert hides the call only if each is hidden: a device
    that is out of service at one gateway and in service at another can still call for help.
    """
    hidden = all(any(_hides(one) for one in story) for story in stories)
    found: dict[tuple[int, str, str], ChangeRow] = {}
    for change in (one for story in stories for one in story):
        if not hidden and (_hides(change) or change.what in _HOLDS):
            continue
        key = (change.at, change.what, change.who)
        known = found.get(key)
        if known is None or (change.received_at, change.source) < (known.received_at, known.source):
            found[key] = change
    return sorted(found.values(), key=lambda one: (one.at, one.received_at, one.what, one.who))


def _hides(change: ChangeRow) -> bool:
    by_itself = change.what == What.SHELVED and change.source == "collector"
    return by_itself or change.what in (What.OUT_OF_SERVICE, What.SUPPRESSED)


def _order(ear: Ear) -> tuple[int, str, str]:
    return ear.at, ear.gateway, ear.number
