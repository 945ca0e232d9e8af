"""Makes of a draft what is stored: a chunk, and what its transaction changes besides; what has no code is counted."""

from edge_agent.buffer.draft import Draft, encodable
from edge_agent.buffer.remembered import Sealed
from edge_agent.buffer.unstored import Unstored
from runtime.logs import get_logger
from wire.chunk import Chunk, Content, Lane
from wire.codec import seal
from wire.errors import CodecError

_log = get_logger("buffer")


def sealed(draft: Draft, journal: str, unstored: Unstored) -> Sealed:
    """Return ``draft`` as it is stored in ``journal``; ``unstored`` learns of what cannot be encoded."""
    content = draft.content()
    return Sealed(
        _chunk(content, draft.lane, journal, unstored) if content.entries() else None,
        draft.rules_state,
        draft.inventory.config_hash if draft.inventory else None,
        tuple(outcome.command for outcome in draft.outcomes),
        notes=draft.notes,
        history=draft.lane == Lane.HISTORY,
    )


def _chunk(content: Content, lane: Lane, journal: str, unstored: Unstored) -> Chunk | None:
    try:
        return seal(content, journal=journal, lane=lane, seq=0)
    except CodecError as error:
        _log.error("entry_unencodable", error=str(error))
    whole = encodable(content)
    kept = whole.entries()
    if lane != Lane.STATE:
        wall = content.clock.wall
        unstored.lose(content.clock, content.entries() - kept, "unencodable", wall, wall)
    return seal(whole, journal=journal, lane=lane, seq=0) if kept else None
