"""Named schedules, holidays and the time zone of a gateway file: when is night, and when do they work on the lift."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.document import Mapping, Scalar, Sequence
from config.problems import Problem, problem
from config.settings import ScheduleSettings

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_NAME = re.compile(r"[^\W\d]\w*")
_UTC = ZoneInfo("UTC")


def parse_span(text: str) -> tuple[int, int] | None:
    """Return the start and end (minutes since midnight) of ``23:00-05:00``; ``None`` for what is no span."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        return None
    from_h, from_m, to_h, to_m = map(int, match.groups())
    start, end = from_h * 60 + from_m, to_h * 60 + to_m
    good = from_m < 60 and to_m < 60 and start < 1440 and end <= 1440 and start != end
    return (start, end) if good else None


def parse_moment(text: str) -> datetime | None:
    """Return the wall clock time that ``text`` says (``2026-12-01 08:00``), ``None`` where it says none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is None else None


def meet(one: Iterable[tuple[int, int]], other: Iterable[tuple[int, int]]) -> bool:
    """Tell whether some minute of the day is in a span of both."""
    return not _minutes(one).isdisjoint(_minutes(other))


def _minutes(spans: Iterable[tuple[int, int]]) -> set[int]:
    found: set[int] = set()
    for start, end in spans:
        found.update(range(start, end) if start < end else (*range(start, 1440), *range(end)))
    return found


def zone_of(tree: Mapping) -> tuple[ZoneInfo, list[Problem]]:
    """Return the site's time zone, and that there is none of that name."""
    name = tree.mapping("site").text("timezone") or "Asia/Shanghai"
    try:
        return ZoneInfo(name), []
    except (ZoneInfoNotFoundError, ValueError, OSError):
        node = tree.mapping("site").get("timezone")
        return _UTC, [problem("E139", node.place, given=name)] if node else []


def read_schedules(tree: Mapping) -> tuple[dict[str, ScheduleSettings], list[Problem]]:
    """Return the good schedules of ``tree`` by name, and what is wrong with any."""
    section = tree.mapping("schedules")
    good: dict[str, ScheduleSettings] = {}
    found: list[Problem] = []
    for name, node in section.entries.items():
        if not _NAME.fullmatch(name):
            found.append(problem("E140", section.keys[name], given=name))
        if isinstance(node, Mapping):
            wrong = list(_check_schedule(node))
            found += wrong
            if not wrong:
                good[name] = _schedule(node)
    return good, found


def _check_schedule(node: Mapping) -> Iterator[Problem]:
    yield from check_hours(node, "hours")
    once = [key for key in ("from", "to") if key in node.entries]
    if (once and ("hours" in node.entries or "days" in node.entries or len(once) == 1)) or not node.entries:
        yield problem("E141", node.place)
        return
    moments = []
    for key in once:
        text = node.text(key)
        moment = parse_moment(text) if text is not None else None
        if text is not None and moment is None:
            yield problem("E142", node.entries[key].place, given=text, example="2026-12-01 08:00")
        moments.append(moment)
    if len(moments) == 2 and moments[0] and moments[1] and moments[1] <= moments[0]:
        yield problem("E143", node.entries["to"].place, given=node.text("to"), start=node.text("from"))


def check_hours(node: Mapping, key: str, schedules: frozenset[str] | None = None) -> Iterator[Problem]:
    """Yield the texts under ``key`` that are no spans of the day, nor the name of one of ``schedules`` (if given)."""
    given = node.get(key)
    for item in given.items if isinstance(given, Sequence) else (given,):
        if not isinstance(item, Scalar) or not isinstance(item.value, str) or parse_span(item.value):
            continue
        if schedules is None or re.match(r"\s*\d", item.value):
            yield problem("E142", item.place, given=item.value, example="23:00-05:00")
        elif item.value not in schedules:
            yield no_schedule(item.value, item, schedules)


def no_schedule(name: str, node: Scalar, schedules: frozenset[str], offset: int = 0) -> Problem:
    """Return that there is no schedule of that name, which stands at ``offset`` of the text in ``node``."""
    return problem("E144", node.part(offset, len(name)), given=name, known=", ".join(sorted(schedules)) or "—")


def _schedule(node: Mapping) -> ScheduleSettings:
    if "from" in node.entries:
        start, end = (parse_moment(node.text(key) or "") for key in ("from", "to"))
        return ScheduleSettings(start=start.isoformat() if start else "", end=end.isoformat() if end else "")
    spans = tuple(span for text in texts(node, "hours") if (span := parse_span(text)))
    days = tuple(_DAYS.index(day) for day in texts(node, "days") if day in _DAYS)
    holidays = node.get("holidays")
    return ScheduleSettings(
        spans=spans or ((0, 1440),),
        days=tuple(sorted(set(days))) or tuple(range(7)),
        holidays=not isinstance(holidays, Scalar) or holidays.value is not False,
    )


def texts(node: Mapping, key: str) -> list[str]:
    """Return the text under ``key``, or each of the list there."""
    found = node.get(key)
    items = found.items if isinstance(found, Sequence) else (found,)
    return [item.value for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]


def read_holidays(tree: Mapping) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the holidays of ``tree`` as ISO dates, and what is no date."""
    good: list[str] = []
    found: list[Problem] = []
    section = tree.get("holidays")
    for item in section.items if isinstance(section, Sequence) else ():
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            continue
        try:
            good.append(date.fromisoformat(item.value).isoformat())
        except ValueError:
            found.append(problem("E142", item.place, given=item.value, example="2026-10-01"))
    return tuple(good), found
