"""What the engine remembers over a restart: phases and onsets, no readings; msgpack, versioned."""

from typing import Final

from msgspec import Struct

from rules.device import Device
from rules.errors import RuleStateError
from rules.measures import SpanTerm, UsualOccurrences, UsualTerm, WindowTerm
from rules.watch import Phase, Watch
from wire.alert import Level
from wire.codec import decode, encode
from wire.errors import CodecError

_VERSION: Final = 1
_HEAVY: Final = (WindowTerm, SpanTerm, UsualTerm, UsualOccurrences)

FOREIGN: Final = -1
"""A fingerprint that no rule has: the rule of this alert is gone."""


class SavedWatch(Struct, array_like=True, frozen=True):
    """A watch that is not idle or once raised an alert; ``print`` is the fingerprint of its rule."""

    rule: str
    device: str
    print: int
    phase: Phase
    since: int
    at: int
    clear_since: int
    last: int
    level: Level
    latch: bool
    alert: str
    raised: int = 0
    told: int = 0
    count: int = 0

    @property
    def is_open(self) -> bool:
        """Whether its alert was raised and not cleared."""
        return self.phase >= Phase.RAISED


class SavedTerms(Struct, array_like=True, frozen=True):
    """What the terms of a device remember, each by the fingerprint of its text, what its signals last were,
    and by when everything due on it had happened (``seen``)."""

    device: str
    terms: dict[int, tuple[object, ...]]
    truths: tuple[bool | None, ...] = ()
    seen: int = 0


class State(Struct, array_like=True, frozen=True):
    """Everything remembered: ``at`` is the time that it was remembered at (µs), 0 where nobody knew it."""

    version: int
    watches: tuple[SavedWatch, ...]
    terms: tuple[SavedTerms, ...] = ()
    at: int = 0


def save(watch: Watch) -> SavedWatch:
    """Return what is worth remembering of ``watch``."""
    rule = watch.rule
    return SavedWatch(
        rule.settings.id, watch.device, rule.print, watch.phase, watch.since, watch.at, watch.clear_since,
        watch.last, watch.level, rule.latch, watch.alert, watch.raised, watch.told, watch.count,
    )  # fmt: skip


def recall(watch: Watch, saved: SavedWatch) -> None:
    """Put ``watch`` where it was; its period runs again only when its readings have been judged."""
    watch.phase, watch.since, watch.at = saved.phase, saved.since, saved.at
    watch.clear_since, watch.last, watch.alert = saved.clear_since, saved.last, saved.alert
    watch.level, watch.count = saved.level, saved.count
    watch.raised, watch.told = saved.raised or saved.at, saved.told or saved.at
    watch.resume()


def save_terms(device: Device, *, windows: bool) -> SavedTerms:
    """Return what the terms of ``device`` remember: those that hold many values (``windows``), or all others."""
    kept = zip(device.shape.prints, device.terms, strict=True)
    terms = {name: term.save() for name, term in kept if isinstance(term, _HEAVY) is windows}
    return SavedTerms(device.id, terms, () if windows else device.truths(), device.seen)


def recall_terms(device: Device, saved: SavedTerms, away: int) -> None:
    """Let the terms of ``device`` be as they were found, those of them that there are still. ``away`` µs passed
    unnoticed. Raises ``RuleStateError`` for what no term saves.
    """
    device.recall_truths(saved.truths)
    device.seen = max(device.seen, saved.seen)
    for name, term in zip(device.shape.prints, device.terms, strict=True):
        found = saved.terms.get(name)
        if found is not None:
            try:
                term.recall(found, away)
            except (ValueError, TypeError, OverflowError, IndexError) as error:
                raise RuleStateError("the remembered windows are not readable") from error


def pack(watches: tuple[SavedWatch, ...], terms: tuple[SavedTerms, ...] = (), at: int = 0) -> bytes:
    """Return the bytes to store."""
    return encode(State(_VERSION, watches, terms, at))


def unpack(data: bytes) -> State:
    """Return what ``pack`` was given; ``RuleStateError`` for anything else."""
    try:
        saved = decode(data, State)
    except CodecError as error:
        raise RuleStateError("the remembered rule state is not readable") from error
    if saved.version != _VERSION:
        raise RuleStateError(f"the remembered rule state has version {saved.version}, not {_VERSION}")
    return saved
