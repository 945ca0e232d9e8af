"""What ``edge-agent rules test`` prints: how often and when, for how long, and what is missing from the history."""

from collections.abc import Iterator
from typing import Any

from config.duration import format_duration
from config.expression import parse
from config.settings import GatewaySettings, RuleSettings
from config.terms import Measure, Reported, walk
from edge_agent.buffer.history import Coverage
from edge_agent.rules_past import Times, lasted
from edge_agent.rules_trial import Tried
from rules.say import show
from rules.trial import Firing

_QUIET_US = 600_000_000
_PAUSES = 5
"""So many holes are named; all are counted."""

_UNREAD = ("no_answer", "no_value", "offline", "bus_busy")


def page(rule: str, found: Tried, settings: GatewaySettings, lang: str, limit: int) -> str:
    """Return the page in ``zh`` or ``en``; ``limit`` alerts are listed, 0 for all."""
    return "\n".join(_lines(rule, found, settings, lang, limit))


def as_data(rule: str, found: Tried) -> dict[str, Any]:
    """Return the same as JSON data; times in µs."""
    coverage = found.coverage
    return {
        "rule": rule,
        "since": found.since,
        "until": found.until,
        "before": [_data(one) for one in found.before],
        "after": None
        if found.after is None
        else [_data(one) | {"new": one.alert in found.fresh} for one in found.after],
        "really": found.really,
        "history": {
            "begin": coverage.begin,
            "end": coverage.end,
            "needed_from": found.warm_from,
            "pauses": [[pause.at, pause.end] for pause in coverage.pauses],
            "lost": dict(coverage.lost),
            "thinned": {device: n for device, n in coverage.thinned.items() if device in found.devices},
            "undated": coverage.undated,
            "unreadable": coverage.unreadable,
        },
    }


def _data(one: Firing) -> dict[str, Any]:
    return {
        "device": one.device,
        "at": one.at,
        "since": one.since,
        "cleared": one.cleared or None,
        "level": one.level.value,
        "values": dict(one.values),
    }


def _lines(rule: str, found: Tried, settings: GatewaySettings, lang: str, limit: int) -> Iterator[str]:
    zh, times = lang != "en", Times(settings.site.timezone)
    span = f"{times.show(found.since)} .. {times.show(found.until)}"
    yield f"规则 {rule}, 历史 {span}" if zh else f"rule {rule}, history {span}"
    before, after = found.rules
    yield from _written("现在" if zh else "as it is", before, zh)
    if after is not None and found.after is not None:
        yield from _written("改后" if zh else "changed", after, zh)
        now, was, fresh = len(found.after), len(found.before), len(found.fresh)
        yield f"改后会报警 {now} 次 (原来 {was} 次)" if zh else f"would have fired {_times(now)} (was {was})"
        if fresh:
            new = (
                f"其中 {fresh} 次原来不报 (标 +)" if zh else f"{fresh} of them not told by the rule as it is (marked +)"
            )
            yield f"  {new}"
    else:
        was = len(found.before)
        yield f"会报警 {was} 次" if zh else f"would have fired {_times(was)}"
    if found.really != len(found.before):
        yield (
            f"  实际报警 {found.really} 次; 不同, 因为规则改过、网关停过, 或历史不全"
            if zh
            else f"  really raised {_times(found.really)}; it differs where the rule was another, the gateway was off, "
            "or history is missing"
        )
    told = found.before if found.after is None else found.after
    names = {device.id: device.name for device in settings.devices}
    for one in told[: limit or None]:
        yield _firing(one, found, names, times, lang)
    if limit and len(told) > limit:
        yield (
            f"  … 还有 {len(told) - limit} 次 (--limit 0 全部列出)"
            if zh
            else f"  … {len(told) - limit} more (--limit 0)"
        )
    missing = [*_missing(found, times, zh)]
    yield (
        ("历史缺什么:" if zh else "what is missing from the history:")
        if missing
        else ("历史完整" if zh else "the history is complete")
    )
    yield from (f"  - {line}" for line in missing)


def _times(count: int) -> str:
    return f"{count} time{'s' * (count != 1)}"


def _written(title: str, rules: tuple[RuleSettings, ...] | Any, zh: bool) -> Iterator[str]:
    if not rules:
        yield f"{title}: {'没有这条规则' if zh else 'there is no such rule'}"
    for one in dict.fromkeys((one.when, one.for_s, one.for_readings, one.clear) for one in rules):
        when, for_s, readings, clear = one
        hold = f", for {readings} readings" if readings else f", for {format_duration(for_s)}" if for_s else ""
        yield f"{title}: {when}{hold}{f', clear {clear}' if clear else ''}"


def _firing(one: Firing, found: Tried, names: dict[str, str], times: Times, lang: str) -> str:
    zh = lang != "en"
    values = " ".join(f"{point}={show(value, lang)}" for point, value in one.values.items())
    length = lasted((one.cleared or found.until) - one.at)
    stood = (
        (f"持续 {length}" if zh else f"stood {length}")
        if one.cleared
        else (f"至今 {length}" if zh else f"stands, {length}")
    )
    mark = "+" if one.alert in found.fresh else " "
    who = f"{names.get(one.device, one.device)} {one.device}"
    return f" {mark} {times.show(one.at)}  {one.level.value:<6} {who}  {stood}  {values}"


def _missing(found: Tried, times: Times, zh: bool) -> Iterator[str]:
    coverage = found.coverage
    if not coverage.chunks:
        yield "本机没有留存这段历史 (buffer.keep)" if zh else "this box keeps none of it (buffer.keep)"
        return
    slack = 60_000_000
    if coverage.begin > found.since + slack:
        begin = times.show(coverage.begin)
        yield f"留存从 {begin} 开始, 更早的没有" if zh else f"what is kept begins at {begin}"
    elif coverage.begin > found.warm_from + slack:
        begin, need = times.show(coverage.begin), times.show(found.warm_from)
        yield (
            f"规则要往前看到 {need}, 留存从 {begin} 开始: 开头一段它还不知道"
            if zh
            else f"the rule looks back to {need} and what is kept begins at {begin}: at first it does not know"
        )
    if coverage.end < found.until - _QUIET_US:
        end = times.show(coverage.end)
        yield (
            f"历史到 {end} 为止; 写 “至今” 的从那以后不知道"
            if zh
            else f"it ends at {end}; what stands is not known after"
        )
    yield from _holes(coverage, times, zh)
    yield from _of_devices(found, zh)
    if _counts_readings(found) and (count := sum(n for (_, why), n in coverage.missed.items() if why == "unchanged")):
        yield (
            f"没有变化的 {count} 条读数没有存: 按读数计数的条件会算少"
            if zh
            else f"{count} readings that had not changed were not stored: what counts readings counts too few"
        )
    if coverage.undated:
        yield (
            f"{coverage.undated} 条在对时之前, 没有用"
            if zh
            else f"{coverage.undated} from before the clock was set: not used"
        )
    if coverage.unreadable:
        yield f"{coverage.unreadable} 块已损坏" if zh else f"{coverage.unreadable} chunks are damaged"


def _holes(coverage: Coverage, times: Times, zh: bool) -> Iterator[str]:
    for pause in coverage.pauses[-_PAUSES:]:
        hole = f"{times.show(pause.at)} .. {times.show(pause.end)} ({lasted(pause.end - pause.at)})"
        yield f"网关没有运行, 或没留存: {hole}" if zh else f"the gateway was off, or it is not kept: {hole}"
    if len(coverage.pauses) > _PAUSES:
        yield f"… 共 {len(coverage.pauses)} 段" if zh else f"… {len(coverage.pauses)} such holes in all"
    for reason, count in coverage.lost.items():
        yield f"丢失 {count} 条 ({reason})" if zh else f"{count} lost ({reason})"


def _of_devices(found: Tried, zh: bool) -> Iterator[str]:
    coverage = found.coverage
    for device in sorted(found.devices):
        if count := coverage.thinned.get(device, 0):
            yield (
                f"{device}: {count} 条读数只剩摘要, 规则只看到每段的最后一个值"
                if zh
                else f"{device}: of {count} readings only summaries are left; the rule saw the last value of each"
            )
        if count := sum(n for (who, why), n in coverage.missed.items() if who == device and why in _UNREAD):
            yield f"{device}: {count} 次没有读到" if zh else f"{device}: {count} readings never came"


def _counts_readings(found: Tried) -> bool:
    """Tell whether a reading that only says the same again can matter to one of the rules."""
    rules = [one for some in found.rules if some is not None for one in some]
    nodes = [node for one in rules for text in (one.when, one.clear) if text for node in walk(parse(text))]
    return any(one.for_readings for one in rules) or any(
        isinstance(node, Measure) or (isinstance(node, Reported) and node.word == "any") for node in nodes
    )
