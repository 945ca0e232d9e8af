"""REST of the communities' plate lists: who is let in, seen and changed by those who may know."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec.structs import asdict
from pydantic import Field

from collector.access.roles import Right
from collector.api import models
from collector.api.errors import ApiError
from collector.api.parts import Parts, address_of
from collector.api.people import Lent, Somebody, need
from collector.lists.desk import LATEST, Deed, ListRefused
from collector.store import fleet, plates
from collector.store.records import GatewayRow, PersonRow
from wire.plates import LONGEST, ListKind

router = APIRouter(prefix="/gateways/{gateway}/lists", tags=["lists"])
_STATUS = {"no_such_gateway": 404, "not_listed": 404}
_Moment = Annotated[int | None, Field(ge=0, le=LATEST, description="µs since the epoch; empty: without end")]


class Lists(models.Shown):
    """A community's lists: how many entries, and what of them its box has in effect."""

    version: int = Field(description="of all lists together, 0 while there were none")
    counts: dict[ListKind, int]
    delivered: bool = Field(description="the box has this version in effect")
    in_effect_at: models.Time | None = Field(description="when the box took the version that it has")
    as_of: models.Time


class Entry(models.Shown):
    """A plate on a list; ``until`` is no longer within."""

    plate: str
    since: models.Time | None
    until: models.Time | None
    note: str
    by: str
    at: models.Time


class Entries(models.Shown):
    """A page of a list by plate; ``next_after`` is what to ask for next."""

    items: list[Entry]
    next_after: str | None


class EntryRequest(models.Shown):
    """What an entry is to say."""

    since: _Moment = None
    until: _Moment = None
    note: models.Typed = Field(default="", max_length=200)


class ImportRequest(models.Shown):
    """A list as CSV: plate, from, to, note; ``replace``: nothing else stays on it."""

    text: models.Typed = Field(max_length=5_000_000)
    replace: bool = False


class Mistake(models.Shown):
    """What is wrong in a line of a CSV text."""

    line: int
    words: models.Words


class Imported(models.Shown):
    """How many entries were taken over; none where there are mistakes."""

    taken: int
    mistakes: list[Mistake]


@router.get("")
async def show_lists(gateway: str, person: Somebody, parts: Lent) -> Lists:
    """Tell how many entries the lists have and whether the box has them; 404 ``no_such_gateway``."""
    row = await _gateway(parts, gateway, person)
    status = parts.presence.status(gateway)
    have, taken_at = (status.lists_version, status.lists_at) if status is not None else (0, 0)
    counts = await parts.store.read(plates.counts, gateway)
    return Lists(
        version=row.lists_version,
        counts={kind: counts.get(kind.value, 0) for kind in ListKind},
        delivered=have >= row.lists_version,
        in_effect_at=taken_at or None,
        as_of=parts.clock.now(),
    )


@router.get("/{kind}")
async def list_entries(
    gateway: str,
    kind: ListKind,
    person: Somebody,
    parts: Lent,
    search: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[str, Query(max_length=LONGEST)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Entries:
    """List entries by plate; 404 ``no_such_gateway``."""
    await _gateway(parts, gateway, person)
    rows = await parts.store.read(plates.listed, gateway, kind.value, search.strip(), after, limit + 1)
    shown = [Entry(**{key: value for key, value in asdict(row).items() if key in Entry.model_fields}) for row in rows]
    return Entries(items=shown[:limit], next_after=shown[limit - 1].plate if len(shown) > limit else None)


@router.put("/{kind}/plates/{plate}")
async def put_entry(
    gateway: str, kind: ListKind, plate: str, order: EntryRequest, request: Request, person: Somebody, parts: Lent
) -> Entry:
    """Put a plate on a list or change its entry; 404 ``no_such_gateway``, 422 ``bad_plate``, ``bad_span``,
    ``visit_without_end``, ``too_many``.
    """
    need(person, Right.LISTS, gateway)
    try:
        span = (order.since, order.until)
        row = await parts.lists.put(gateway, kind, plate, span, order.note, _deed(person, request))
    except ListRefused as refusal:
        raise _refused(refusal) from refusal
    return Entry(**{key: value for key, value in asdict(row).items() if key in Entry.model_fields})


@router.delete("/{kind}/plates/{plate}", status_code=204)
async def remove_entry(
    gateway: str, kind: ListKind, plate: str, request: Request, person: Somebody, parts: Lent
) -> None:
    """Take a plate off a list; 404 ``not_listed``."""
    need(person, Right.LISTS, gateway)
    try:
        await parts.lists.remove(gateway, kind, plate, _deed(person, request))
    except ListRefused as refusal:
        raise _refused(refusal) from refusal


@router.post("/{kind}/import")
async def import_list(
    gateway: str, kind: ListKind, order: ImportRequest, request: Request, person: Somebody, parts: Lent
) -> Imported:
    """Take a CSV text over, all of it, or nothing and its mistakes; 404 ``no_such_gateway``, 422 ``too_many``."""
    need(person, Right.LISTS, gateway)
    try:
        taken, problems = await parts.lists.take(
            gateway, kind, order.text, _deed(person, request), replace=order.replace
        )
    except ListRefused as refusal:
        raise _refused(refusal) from refusal
    mistakes = [
        Mistake(line=one.place.line, words=models.Words(zh=one.message("zh"), en=one.message("en"))) for one in problems
    ]
    return Imported(taken=taken, mistakes=mistakes)


@router.get("/{kind}/export")
async def export_list(gateway: str, kind: ListKind, request: Request, person: Somebody, parts: Lent) -> Response:
    """Return a list as the CSV text that can be imported again; who has it is audited; 404 ``no_such_gateway``."""
    await _gateway(parts, gateway, person)
    text = await parts.lists.export(gateway, kind, _deed(person, request))
    headers = {"Content-Disposition": f'attachment; filename="{gateway}-{kind.value}.csv"'}
    return Response("\ufeff" + text, headers=headers, media_type="text/csv; charset=utf-8")


async def _gateway(parts: Parts, gateway: str, person: PersonRow) -> GatewayRow:
    need(person, Right.PERSONAL, gateway)
    row = await parts.store.read(fleet.one_gateway, gateway)
    if row is None:
        raise ApiError(404, "no_such_gateway", f"there is no gateway {gateway}")
    return row


def _deed(person: PersonRow, request: Request) -> Deed:
    return Deed(person.name, address_of(request))


def _refused(refusal: ListRefused) -> ApiError:
    return ApiError(_STATUS.get(refusal.word, 422), refusal.word, refusal.detail)
