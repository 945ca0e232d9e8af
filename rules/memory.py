"""What the engine remembers over a restart: phases and onsets, no readings; msgpack, versioned."""

from typing import Final

from msgspec import Struct

from rules.errors import RuleStateError
from rules.watch import NEVER, Phase, Watch
from wire.alert import Level
from wire.codec import decode, encode
from wire.errors import CodecError

_VERSION: Final = 1

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

    @property
    def is_open(self) -> bool:
        """Whether its alert was raised and not cleared."""
        return self.phase >= Phase.RAISED


class _Saved(Struct, array_like=True, frozen=True):
    version: int
    watches: tuple[SavedWatch, ...]


def save(watch: Watch) -> SavedWatch:
    """Return what is worth remembering of ``watch``."""
    rule = watch.rule
    return SavedWatch(
        rule.settings.id, watch.device, rule.print, watch.phase, watch.since, watch.at, watch.clear_since,
        watch.last, rule.level, rule.latch, watch.alert,
    )  # fmt: skip


def recall(watch: Watch, saved: SavedWatch) -> None:
    """Put ``watch`` where it was; its period runs again only when its readings have been judged."""
    watch.phase, watch.since, watch.at = saved.phase, saved.since, saved.at
    watch.clear_since, watch.last, watch.alert = saved.clear_since, saved.last, saved.alert
    watch.due = NEVER


def pack(watches: tuple[SavedWatch, ...]) -> bytes:
    """Return the bytes to store."""
    return encode(_Saved(_VERSION, watches))


def unpack(data: bytes) -> tuple[SavedWatch, ...]:
    """Return what ``pack`` was given; ``RuleStateError`` for anything else."""
    try:
        saved = decode(data, _Saved)
    except CodecError as error:
        raise RuleStateError("the remembered rule state is not readable") from error
    if saved.version != _VERSION:
        raise RuleStateError(f"the remembered rule state has version {saved.version}, not {_VERSION}")
    return saved.watches
