"""Which lists a box would judge by now, found from its files while the agent may run or not."""

from dataclasses import dataclass
from pathlib import Path

from config.settings import GatewaySettings
from edge_agent.identity_file import FILE_NAME as IDENTITY
from edge_agent.identity_file import Identity, IdentityFileError, load_identity
from edge_agent.plate_lists.book import PlateBook, listings_from, listings_of
from edge_agent.plate_lists.kept import FILE_NAME, KeptLists, read_kept


@dataclass(frozen=True, slots=True)
class InEffect:
    """The lists at work, and what the collector gave, if it gave anything to this gateway."""

    book: PlateBook
    kept: KeptLists | None


def in_effect(settings: GatewaySettings, state: Path) -> InEffect:
    """Return what is in effect under ``settings`` for the gateway whose state folder is ``state``."""
    kept, identity = read_kept(state / FILE_NAME), _identity(state)
    owner = None if identity is None else (identity.gateway, identity.collector)
    given = kept if kept is not None and (kept.gateway, kept.collector) == owner else None
    listings = listings_of(settings.facts.lists) + (listings_from(given.entries) if given is not None else [])
    return InEffect(PlateBook(listings), given)


def _identity(state: Path) -> Identity | None:
    try:
        return load_identity(state / IDENTITY)
    except IdentityFileError:
        return None
