"""The collector's plate lists as this box keeps them: one file, whole or absent at every moment, for restarts and for
as long as no collector is there.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from edge_agent.plate_lists.book import Listing, listings_from
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.codec import decode, encode
from wire.errors import CodecError
from wire.plates import PlateEntry

FILE_NAME: Final = "plate-lists.bin"
"""Name of the file in the state directory."""

_log = get_logger("plate_lists")


class KeptLists(Struct, frozen=True):
    """What ``collector`` lists for the community of ``gateway``; ``taken_at`` (µs) by the box's clock."""

    gateway: str
    collector: str
    version: int
    taken_at: int
    entries: tuple[PlateEntry, ...]


class ListKeeper:
    """Keeps the newest lists; ``deliver`` is given them whenever others are in effect. Version 0 stands for none."""

    def __init__(self, file: Path, clock: Clock, deliver: Callable[[Sequence[Listing]], None]) -> None:
        self._file, self._clock, self._deliver = file, clock, deliver
        self._owner = ("", "")
        self.version = self.taken_at = self.count = 0

    def belong_to(self, gateway: str, collector: str) -> None:
        """Use what was kept for this gateway and collector; what another community had is not used."""
        if self._owner == (gateway, collector):
            return
        self._owner = (gateway, collector)
        kept = read_kept(self._file)
        mine = kept is not None and (kept.gateway, kept.collector) == self._owner
        self._use(kept if mine else None)

    async def take(self, version: int, entries: tuple[PlateEntry, ...]) -> None:
        """Keep lists that have come, durably, and use them; ``OSError`` leaves those before in effect."""
        kept = KeptLists(*self._owner, version, self._clock.now(), entries)
        await asyncio.to_thread(_write, self._file, encode(kept))
        self._use(kept)
        _log.info("plate_lists_taken", version=version, entries=len(entries))

    def _use(self, kept: KeptLists | None) -> None:
        self.version, self.taken_at, self.count = (0, 0, 0) if kept is None else _about(kept)
        self._deliver([] if kept is None else listings_from(kept.entries))


def read_kept(file: Path) -> KeptLists | None:
    """Return what the file holds, ``None`` where there is none or it cannot be understood, which is logged."""
    try:
        return decode(file.read_bytes(), KeptLists)
    except FileNotFoundError:
        return None
    except (OSError, CodecError) as error:
        _log.error("plate_lists_unreadable", file=str(file), error=str(error))
        return None


def _about(kept: KeptLists) -> tuple[int, int, int]:
    return kept.version, kept.taken_at, len(kept.entries)


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
