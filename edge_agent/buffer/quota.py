"""How much the buffer may hold: what is used and what the disk has left become what may still be taken. Pure."""

import os
from dataclasses import dataclass
from pathlib import Path

_MARGIN_SHARE = 16
_DROP_SHARE = 128  # more goes at once than is needed: one gap record tells of many
_WAL_BYTES = 8_388_608
_RESERVE_SHARE = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings allow, in bytes; see ``BufferSettings``."""

    max_bytes: int = 512_000_000
    keep_free_bytes: int = 0
    alarm_reserve_bytes: int = 16_000_000

    @property
    def reserve(self) -> int:
        """The room for alarms alone; never more than an eighth of a small buffer."""
        return min(self.alarm_reserve_bytes, self.max_bytes // _RESERVE_SHARE)

    @property
    def for_history(self) -> int:
        """Most bytes of pages in use at which history is still taken: the limit less the reserve and the WAL's room."""
        return self.max_bytes - self.reserve - min(_WAL_BYTES, self.max_bytes // _RESERVE_SHARE)


@dataclass(frozen=True, slots=True)
class Room:
    """What is there, in bytes: ``used`` by pages that hold something, ``spare`` in pages of the file that hold nothing,
    ``free`` on the disk (``None`` where nobody can tell), ``waiting`` in memory for a place.
    """

    used: int
    spare: int
    free: int | None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be done now: ``history`` and ``alarms`` may be stored; old history has to give up ``thin`` bytes by
    becoming coarser and, where that is not enough, ``drop`` bytes by going.
    """

    history: bool
    alarms: bool
    thin: int = 0
    drop: int = 0

    @property
    def presses(self) -> bool:
        """Whether there is less room than is wanted."""
        return bool(self.thin or self.drop) or not (self.history and self.alarms)


def decide(limits: Limits, room: Room, *, patient: bool = True) -> Verdict:
    """Judge ``room`` under ``limits``.

    At its own size limit the buffer makes room: it thins from a sixteenth below the limit on and drops at the limit.
    A disk that others have filled takes nothing away: history stays where it is and may use the file's spare pages,
    what is new waits in memory, and only when that is filling (not ``patient``) old history is thinned for it.
    Alarms never ask how full the disk is; the reserve beside the file is theirs.
    """
    wanted = room.used + room.waiting
    margin = limits.for_history // _MARGIN_SHARE
    thin = max(0, wanted - limits.for_history + margin)
    drop = max(0, wanted - limits.for_history + limits.for_history // _DROP_SHARE) if wanted > limits.for_history else 0
    fits_disk = True
    if room.free is not None:
        growth = max(0, room.free - limits.keep_free_bytes - limits.reserve)
        fits_disk = room.waiting <= room.spare + growth
        if not fits_disk and not patient:
            thin = max(thin, room.waiting - room.spare - growth + margin)
    return Verdict(history=fits_disk and not drop, alarms=room.used < limits.max_bytes, thin=thin, drop=drop)


def free_bytes(path: Path) -> int | None:
    """Return what the disk under ``path`` has free for this process, ``None`` where it does not say."""
    try:
        found = os.statvfs(path.parent)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize
