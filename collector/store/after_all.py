"""What a gateway gave up for lost and what came after all, carried here on a stick: told twice, and counted once.

A gap names the numbers that will never come, and its chunk tells, in their place, what those chunks would have told. A
chunk that comes after all tells it itself: then so much of the gap's word is taken back. What came before the gap
did needs no gap. So in every order of arrival, once all of the numbers are here, nothing of the gap's word is left.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import delete, select

from collector.store.account import Lines, add_lines, gap_row, loss_lines, missed_lines, reading_lines
from collector.store.ledger import Ranges, contains, joined, outside, size, without
from collector.store.quarantine import locked_away
from collector.store.scope import Scope
from collector.store.tables import chunk_range, gap, given_up, loss, missed
from collector.store.telemetry import SeriesBook
from wire.chunk import Chunk, Content, Gap, Lane
from wire.reading import Value

THINNED = "thinned"

Name = tuple[str, int, int]
"""journal, lane, seq."""

_SEQ_LIMIT = 1 << 62
_Line = tuple[int, int, str, int]
"""series, hour, reason, count."""


class _Word(Struct, array_like=True):
    """What still stands of a gap's word: its lines, and the records that it came in, those of its own reason by class.

    ``blind``: it could not say whose readings they were, so only its count can shrink.
    """

    reason: str
    blind: bool
    records: dict[str, int]
    others: tuple[int, ...]
    losses: list[_Line]
    missed: list[_Line]


def split(content: Content) -> tuple[list[Content], Content]:
    """Return what a content tells in the place of numbers that were given up, one content for each such gap, and the
    rest.

    A chunk that tells of nothing else is one such word as a whole: earlier gaps and account lines in it were in the
    chunks that are lost. Beside other things each gap that names numbers stands for itself alone.
    """
    named = [one for one in content.gaps if _ranges_of(one) and one.reason != THINNED]
    if not named:
        return [], content
    nothing = Content(content.clock)
    if len(named) == 1 and replace(content, gaps=(), missed=(), fixes=()) == nothing:
        # the gap that names the numbers speaks for those beside it
        others = tuple(one for one in content.gaps if one is not named[0])
        return [replace(nothing, gaps=(named[0], *others), missed=content.missed)], replace(content, gaps=(), missed=())
    rest = tuple(one for one in content.gaps if not any(one is each for each in named))
    return [replace(nothing, gaps=(one,)) for one in named], replace(content, gaps=rest)


def note_given_up(
    scope: Scope, book: SeriesBook, gateway: str, content: Content, received_at: int, fresh: Collection[Name]
) -> None:
    """Take over what a content of ``split`` says, unless all that it names is here already.

    ``fresh`` are the names of this upload: they are not here yet, ``take_back`` is about to see them.
    """
    first = content.gaps[0]
    own = {"street_id": scope.street, "gateway": gateway, "journal": first.journal, "lane": first.lane}
    named = _ranges_of(first)
    missing = outside(named, _here(scope, own, named, fresh))
    blind = not any(one.losses for one in content.gaps)
    gaps = list(content.gaps)
    if not missing:
        gaps = [replace(one, count=0) for one in gaps]
    elif blind:  # how many were in those that are here nobody knows: their share of the numbers
        gaps[0] = replace(first, count=-(-first.count * size(missing) // size(named)))
    rows = [gap_row(scope, gateway, one, received_at) for one in gaps]
    for row, one in zip(rows, content.gaps, strict=True):
        row["came"] = one.count - row["count"] if one.reason == first.reason else 0
    ids = [int(scope.connection.execute(gap.insert().returning(gap.c.id), row).scalar_one()) for row in rows]
    if not missing:
        return
    losses, lines = loss_lines(scope, book, gateway, gaps), missed_lines(scope, book, gateway, content)
    add_lines(scope, loss, losses)
    add_lines(scope, missed, lines)
    records = {one.what: number for one, number in zip(gaps, ids, strict=True) if one.reason == first.reason}
    others = tuple(number for one, number in zip(gaps, ids, strict=True) if one.reason != first.reason)
    _keep(scope, ids[0], _Word(first.reason, blind, records, others, _packed(losses), _packed(lines)))
    scope.connection.execute(given_up.insert(), [own | {"first": a, "last": b, "gap_id": ids[0]} for a, b in missing])


def take_back(scope: Scope, book: SeriesBook, gateway: str, came: Iterable[tuple[Chunk, Content]]) -> None:
    """Take back what was told in the place of chunks that were just stored; to be called after ``note_given_up``."""
    groups: dict[tuple[str, int], list[tuple[Chunk, Content]]] = defaultdict(list)
    for chunk, content in came:
        if chunk.lane != Lane.STATE:  # copies of what comes, or came, as history
            groups[(chunk.journal, chunk.lane)].append((chunk, content))
    for (journal, lane), group in groups.items():
        own = {"street_id": scope.street, "gateway": gateway, "journal": journal, "lane": lane}
        numbers = [chunk.seq for chunk, _ in group]
        missing: dict[int, Ranges] = defaultdict(list)
        where = (given_up.c.first <= max(numbers), given_up.c.last >= min(numbers))
        columns = (given_up.c.gap_id, given_up.c.first, given_up.c.last)
        for number, first, last in scope.connection.execute(select(*columns).where(*_of(given_up, own), *where)):
            missing[number].append((first, last))
        for number, ranges in missing.items():
            found = [each for each in group if contains(ranges, each[0].seq)]
            if found:
                _strike_out(scope, own, number, ranges, [chunk.seq for chunk, _ in found])
                _correct(scope, book, own, number, found)


def _strike_out(scope: Scope, own: Mapping[str, Any], number: int, ranges: Ranges, came: Sequence[int]) -> None:
    left = ranges
    for seq in came:
        left = without(left, seq)
    where = (*_of(given_up, own), given_up.c.gap_id == number)
    scope.connection.execute(delete(given_up).where(*where, given_up.c.first.in_([first for first, _ in ranges])))
    if left:
        rows = [{**own, "first": first, "last": last, "gap_id": number} for first, last in left]
        scope.connection.execute(given_up.insert(), rows)


def _correct(
    scope: Scope, book: SeriesBook, own: Mapping[str, Any], number: int, came: Sequence[tuple[Chunk, Content]]
) -> None:
    """Take back what the gap of this number told of what ``came``; all of it where nothing is missing any more."""
    told = scope.connection.execute(select(gap.c.told).where(gap.c.id == number)).scalar_one()
    word = msgspec.msgpack.decode(told, type=_Word)
    losses, lines, counts = Counter[Any](), Counter[Any](), Counter[str]()
    for chunk, content in came:
        losses.update(reading_lines(scope, book, own["gateway"], content, word.reason))
        losses.update(loss_lines(scope, book, own["gateway"], content.gaps))
        lines.update(missed_lines(scope, book, own["gateway"], content))
        counts.update(dict.fromkeys(word.records, chunk.n) if word.blind else _classes(content))
    where = (*_of(given_up, own), given_up.c.gap_id == number)
    if scope.connection.execute(select(given_up.c.first).where(*where).limit(1)).first() is None:
        add_lines(scope, loss, _unpacked(word.losses), sign=-1)
        add_lines(scope, missed, _unpacked(word.missed), sign=-1)
        _count_down(scope, word, None)
        _keep(scope, number, None)
        return
    left = replace(word, losses=list(_less(word.losses, losses)), missed=list(_less(word.missed, lines)))
    add_lines(scope, loss, _unpacked(word.losses) - _unpacked(left.losses), sign=-1)
    add_lines(scope, missed, _unpacked(word.missed) - _unpacked(left.missed), sign=-1)
    _count_down(scope, word, counts)
    _keep(scope, number, left)


def _less(told: Iterable[_Line], came: Lines) -> Iterator[_Line]:
    """Yield what is left of lines that were told when so many came; never less than nothing of any."""
    for series, hour, reason, count in told:
        rest = max(0, count - max(0, came[(series, hour, reason)])) if count > 0 else count
        if rest:
            yield series, hour, reason, rest


def _count_down(scope: Scope, word: _Word, counts: Mapping[str, int] | None) -> None:
    """Take ``counts`` off the records of a word, everything for ``None``."""
    for what, number in word.records.items():
        held = scope.connection.execute(select(gap.c["count"]).where(gap.c.id == number)).scalar_one()
        less = held if counts is None else max(0, min(held, counts.get(what, 0)))
        came = {"count": held - less, "came": gap.c.came + less}
        scope.connection.execute(gap.update().where(gap.c.id == number).values(came))
    if counts is None and word.others:
        scope.connection.execute(gap.update().where(gap.c.id.in_(word.others)).values(count=0))


def _keep(scope: Scope, number: int, word: _Word | None) -> None:
    told = b"" if word is None else msgspec.msgpack.encode(word)
    scope.connection.execute(gap.update().where(gap.c.id == number).values(told=told))


def _here(scope: Scope, own: Mapping[str, Any], named: Ranges, fresh: Collection[Name]) -> Ranges:
    """Return which numbers around ``named`` are stored."""
    where = (chunk_range.c.first <= named[-1][1], chunk_range.c.last >= named[0][0])
    columns = (chunk_range.c.first, chunk_range.c.last)
    statement = select(*columns).where(*_of(chunk_range, own), *where).order_by(chunk_range.c.first)
    here: Ranges = [(first, last) for first, last in scope.connection.execute(statement)]
    rejected = locked_away(scope.connection, dict(own), named[0][0], named[-1][1])
    beside = [seq for journal, lane, seq in fresh if (journal, lane) == (own["journal"], own["lane"])]
    for seq in (*rejected, *beside):
        here = without(here, seq)
    return here


def _ranges_of(one: Gap) -> Ranges:
    return joined((first, last) for first, last in one.seqs if 0 < first <= last < _SEQ_LIMIT)


def _classes(content: Content) -> Counter[str]:
    """Count what a content holds as the gap record of its loss would have."""
    found = Counter(_class(value) for batch in content.batches for value in batch.values)
    found["analogue"] += sum(sum(one.n) for one in content.summaries)
    others = len(content.events) + len(content.alerts) + len(content.outcomes)
    found["entries"] += others + (content.inventory is not None)
    return found


def _class(value: Value) -> str:
    if value is None:
        return "entries"
    return "state" if isinstance(value, bool | str) else "analogue"


def _of(table: Any, own: Mapping[str, Any]) -> list[Any]:
    return [table.c[name] == value for name, value in own.items()]


def _packed(lines: Lines) -> list[_Line]:
    return [(*line, count) for line, count in lines.items() if count]


def _unpacked(lines: Iterable[_Line]) -> Lines:
    return Counter({(series, hour, reason): count for series, hour, reason, count in lines})
