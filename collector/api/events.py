"""REST of what happened at devices: a press, a passage, a plate; who it was is shown to whom it may be."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from collector.access.roles import Right, may
from collector.api import models
from collector.api.errors import ApiError
from collector.api.people import Lent, Somebody
from collector.api.words import event_privacy, event_words
from collector.store import events, fleet
from collector.store.events import EventRow
from config.device_class import Privacy

router = APIRouter(tags=["fleet"])
_At = Annotated[int, Query(description="µs since the epoch", gt=-(1 << 62), lt=1 << 62)]

DAY_US = 86_400_000_000


class EventShown(models.Shown):
    """One event. ``fields`` is empty, and ``masked`` true, where it tells of a person and the asker may not know; the
    picture that it refers to, whose reference tells nothing, is shown masked then.
    """

    id: str
    device: str
    name: str
    words: models.Words
    at: models.Time
    received_at: models.Time
    late_s: int = Field(description="seconds from the event to its arrival here")
    privacy: Privacy
    masked: bool
    fields: dict[str, models.Scalar]
    picture: str = Field(description="reference of the picture that belongs to it, empty where there is none")


class Events(models.Shown):
    """Events, newest first; ``truncated``: there are more in the stretch."""

    items: list[EventShown]
    truncated: bool
    as_of: models.Time


@router.get("/gateways/{gateway}/events")
async def list_events(
    gateway: str,
    person: Somebody,
    parts: Lent,
    start: Annotated[_At | None, Query(alias="from", description="µs since the epoch, included")] = None,
    end: Annotated[_At | None, Query(alias="to", description="µs since the epoch, not included")] = None,
    device: str | None = None,
    name: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Events:
    """List what happened, by default in the last day until now; 404 ``no_such_gateway``."""
    if await parts.store.read(fleet.one_gateway, gateway) is None:
        raise ApiError(404, "no_such_gateway", f"there is no gateway {gateway}")
    now = parts.clock.now()
    last = now + DAY_US if end is None else end  # a gateway's clock may be ahead of ours
    span = (now - DAY_US if start is None else start, last)
    rows = await parts.store.read(events.stretch, gateway, device, name, span, limit + 1)
    privileged = may(person.role, Right.PERSONAL)
    items = [_shown(row, privileged=privileged) for row in rows[:limit]]
    return Events(items=items, truncated=len(rows) > limit, as_of=now)


def _shown(row: EventRow, *, privileged: bool) -> EventShown:
    privacy = event_privacy(row.kind, row.name)
    masked = privacy != "none" and not privileged
    return EventShown(
        id=row.event,
        device=row.device,
        name=row.name,
        words=event_words(row.kind, row.name),
        at=row.at,
        received_at=row.received_at,
        late_s=max(0, row.received_at - row.at) // 1_000_000,
        privacy=privacy,
        masked=masked,
        fields={} if masked else row.fields,
        picture=events.picture_of(row.fields),
    )
