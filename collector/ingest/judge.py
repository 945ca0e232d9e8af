"""Judges one chunk before the store sees it: what passes can be stored, what does not never could."""

import re
from collections.abc import Iterable, Iterator
from math import isfinite

from collector.store.records import Judged, Quarantined
from wire.chunk import Chunk, Codec, Content, Lane, Summary
from wire.codec import unseal
from wire.errors import CodecError

_JOURNAL = re.compile(r"[0-9a-f]{32}")
_NAME_LIMIT = 200
_NOTE_LIMIT = 2000
_TIME_LIMIT = 1 << 62
_COUNT_LIMIT = 1 << 40
_LANES = frozenset(int(lane) for lane in Lane)


def nameable(chunk: Chunk) -> bool:
    """Tell whether a receipt can name this chunk: its journal, lane and sequence number are what they should be."""
    return _JOURNAL.fullmatch(chunk.journal) is not None and chunk.lane in _LANES and 1 <= chunk.seq < _TIME_LIMIT


def judge(chunk: Chunk) -> Judged | Quarantined:
    """Decode a nameable chunk, or say why it never can be: ``bad_checksum``, ``unknown_codec`` or ``malformed``."""
    if not chunk.intact():
        return Quarantined(chunk, "bad_checksum", "the body does not have the checksum that the chunk names")
    if chunk.codec not in tuple(Codec):
        return Quarantined(chunk, "unknown_codec", f"codec {chunk.codec} is not known here")
    try:
        content = unseal(chunk)
    except CodecError as error:
        return Quarantined(chunk, "malformed", str(error))
    problem = _problem(content)
    return Quarantined(chunk, "malformed", problem) if problem else Judged(chunk, content)


def _problem(content: Content) -> str:
    times = [batch.at for batch in content.batches]
    times += [event.at for event in content.events]
    times += [outcome.at for outcome in content.outcomes]
    times += [outcome.action.begun_at for outcome in content.outcomes if outcome.action]
    times += [at for change in content.alerts for at in (change.at, change.since, change.until)]
    times += [number for gap in content.gaps for number in (gap.start, gap.end)]
    times += [number for fix in content.fixes for number in (fix.offset, fix.width, fix.mono)]
    times += [line.hour for line in content.missed]
    times += [loss.hour for gap in content.gaps for loss in gap.losses]
    times += [summary.start for summary in content.summaries]
    times += [content.inventory.at] if content.inventory else []
    if any(not -_TIME_LIMIT < at < _TIME_LIMIT for at in times):
        return "a time is out of range"
    if any(not low <= count < _COUNT_LIMIT for low, count in _counts(content)):
        return "a count is out of range"
    if not all(isfinite(figure) for figure in _figures(content.summaries)):
        return "a summary holds no finite numbers"
    if any(not 0 <= grade <= 255 for batch in content.batches for grade in batch.quality):
        return "a quality is not one byte"
    if any(not _plain(name) for name in _names(content)):
        return "a name is empty, too long or holds a zero character"
    if any(len(said) > limit or "\0" in said for said, limit in _said(content)):
        return "what a person said is too long or holds a zero character"
    return ""


def _names(content: Content) -> set[str]:
    names = {batch.device for batch in content.batches}
    for points in {batch.points for batch in content.batches}:
        names.update(points)
    for event in content.events:
        names.update((event.id, event.device, event.name))
    for change in content.alerts:
        names.update((change.alert, change.rule, change.device))
    for outcome in content.outcomes:
        names.add(outcome.command)
        # what was done to an alarm was asked of the gateway itself, and no device has to do with it
        names.update([outcome.device] if outcome.device else [])
        if outcome.action:
            names.update((outcome.action.alert, outcome.action.rule, outcome.action.name))
    for line in content.missed:
        names.update((line.device, line.reason, *line.points))
    for gap in content.gaps:
        names.update((gap.what, gap.reason, *(name for loss in gap.losses for name in (loss.device, loss.point))))
    for summary in content.summaries:
        names.update((summary.device, *summary.points))
    names.update(fix.boot for fix in content.fixes)
    names.update(fix.source for fix in content.fixes if fix.source)
    if content.inventory:
        names.update(device.id for device in content.inventory.devices)
    return names


def _said(content: Content) -> Iterator[tuple[str, int]]:
    for change in content.alerts:
        yield from ((change.who, _NAME_LIMIT), (change.note, _NOTE_LIMIT))


def _counts(content: Content) -> Iterator[tuple[int, int]]:
    for line in content.missed:
        yield 0, line.count
    for gap in content.gaps:
        # a gap can take back what an earlier one told: what was thinned is now gone
        yield from ((-_COUNT_LIMIT, count) for count in (gap.count, *(loss.count for loss in gap.losses)))
    for summary in content.summaries:
        yield from ((0, count) for count in (summary.width_s, *summary.n))


def _figures(summaries: Iterable[Summary]) -> Iterator[float]:
    for summary in summaries:
        for column in (summary.low, summary.mean, summary.high, summary.last):
            yield from column


def _plain(name: str) -> bool:
    return 0 < len(name) <= _NAME_LIMIT and "\0" not in name
