"""Fetches the community's plate lists when the collector has newer ones: part after part, each signed, all or none."""

import asyncio
from typing import Final, Protocol

from edge_agent.uplink.errors import LinkError, NoAnswer, Refused
from edge_agent.uplink.link import Link
from runtime.backoff import Backoff
from wire.codec import encode
from wire.errors import IdentityError
from wire.identity import verify_part
from wire.plates import MOST_ENTRIES, ListsAsked, ListsPart, PlateEntry, SignedPart

PATH = "lists"

_MOST_BEGINNINGS: Final = 5


class KeepsLists(Protocol):
    """What keeps the lists on this box."""

    @property
    def version(self) -> int:
        """The version in effect, 0 for none."""
        ...

    async def take(self, version: int, entries: tuple[PlateEntry, ...]) -> None:
        """Keep these durably and use them; ``OSError`` where that cannot be."""
        ...


class NoLists:
    """Keeps none: for a box that has no use for them."""

    version = 1 << 62

    async def take(self, version: int, entries: tuple[PlateEntry, ...]) -> None:
        """See ``KeepsLists.take``; never called, because nothing is newer."""


class ListsFetch:
    """Asks for lists that ``announced`` told of. Older ones than ``keeper`` has are never taken: what was signed once
    cannot be played back.
    """

    def __init__(self, link: Link, keeper: KeepsLists) -> None:
        self._link, self._keeper = link, keeper
        self._newest = 0
        self._news = asyncio.Event()
        self._backoff = Backoff(initial_s=2.0, ceiling_s=60.0)

    def announced(self, version: int) -> None:
        """Learn which version the collector has."""
        self._newest = version
        if version > self._keeper.version:
            self._news.set()

    async def run(self) -> None:
        """Fetch whenever there are newer ones; endless."""
        tries = 0
        while True:
            await self._news.wait()
            await self._link.back()
            retry_after_s = None
            try:
                await self._fetch()
            except LinkError as error:
                tries += 1
                self._link.failed(PATH, error)
                retry_after_s = error.retry_after_s if isinstance(error, Refused) else None
            else:
                tries = 0
                self._link.well(PATH)
                self._backoff.reset()
                if self._newest <= self._keeper.version:
                    self._news.clear()
                    continue
            await self._link.rest(self._backoff.next(retry_after_s), tries)

    async def _fetch(self) -> None:
        entries: list[PlateEntry] = []
        version = None
        for _ in range(_MOST_BEGINNINGS + MOST_ENTRIES):
            part = await self._part(len(entries))
            if part.version != version:
                version, known = part.version, len(entries)
                entries.clear()
                if known:
                    continue
            if version <= self._keeper.version:
                self._newest = version
                return
            entries += part.entries
            if len(entries) == part.total:
                await self._take(version, tuple(entries))
                return
            if not part.entries or len(entries) > part.total or part.total > MOST_ENTRIES:
                break
        raise NoAnswer("garbage")

    async def _part(self, start: int) -> ListsPart:
        signed, _ = await self._link.ask("lists", encode(ListsAsked(start)), SignedPart)
        identity = self._link.session.identity
        try:
            part = verify_part(signed, identity.command_key, gateway=identity.gateway)
        except IdentityError as error:
            raise NoAnswer(error.reason) from error
        if part.start != start:
            raise NoAnswer("garbage")
        return part

    async def _take(self, version: int, entries: tuple[PlateEntry, ...]) -> None:
        try:
            await self._keeper.take(version, entries)
        except OSError as error:
            raise NoAnswer("not_stored") from error
