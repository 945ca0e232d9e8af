"""What `edge-agent lists` prints: each list with its kind, size and age, and the box's word on one plate."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from config.report import columns
from edge_agent.plate_lists.book import COLLECTOR, Listing, Verdict
from edge_agent.plate_lists.in_effect import InEffect
from wire.plates import ListKind

_KINDS: Final = {
    "zh": {ListKind.white: "白名单", ListKind.visitor: "访客", ListKind.black: "黑名单"},
    "en": {ListKind.white: "white list", ListKind.visitor: "visitors", ListKind.black: "black list"},
}
_HOUR_US: Final = 3_600_000_000


def lists_as_json(found: InEffect, now: int) -> str:
    """Return the lists in effect as JSON."""
    given: dict[str, Any] | None = None
    if found.kept is not None:
        given = {"version": found.kept.version, "taken_at": found.kept.taken_at, "entries": len(found.kept.entries)}
    lists = [
        {
            "name": one.name,
            "kind": one.kind.value,
            "origin": one.origin,
            "entries": len(one.spans),
            "now": _valid(one, now),
        }
        for one in found.book.listings
    ]
    return json.dumps({"lists": lists, "collector": given}, ensure_ascii=False, indent=2)


def lists_as_text(found: InEffect, now: int, lang: str) -> str:
    """Return the lists in effect for people."""
    zh = lang == "zh"
    head = ("名单", "用途", "来源", "条数", "此刻有效") if zh else ("list", "kind", "from", "entries", "valid now")
    origin = "汇聚端" if zh else "the collector"
    rows = [head] + [
        (
            one.name if one.origin != COLLECTOR else "—",
            _KINDS[lang][one.kind],
            origin if one.origin == COLLECTOR else one.origin,
            str(len(one.spans)),
            str(_valid(one, now)),
        )
        for one in found.book.listings
    ]
    widths = [max(columns(row[at]) for row in rows) for at in range(len(head))]
    lines = [
        "  ".join(text + " " * (width - columns(text)) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if len(rows) == 1:
        lines = ["没有车牌名单在生效: 名单要写 kind" if zh else "no list of plates is in effect: a list needs its kind"]
    return "\n".join([*lines, "", _given(found, now, zh)])


def _given(found: InEffect, now: int, zh: bool) -> str:
    if found.kept is None:
        return "汇聚端没有下发过名单" if zh else "the collector has given no lists"
    hours = max(0, now - found.kept.taken_at) // _HOUR_US
    at = datetime.fromtimestamp(found.kept.taken_at / 1e6, UTC).astimezone().isoformat(sep=" ", timespec="seconds")
    if zh:
        return f"汇聚端的名单: 版本 {found.kept.version}, {at} 收到 ({hours} 小时前), {len(found.kept.entries)} 条"
    count = len(found.kept.entries)
    return f"the collector's lists: version {found.kept.version}, taken {at} ({hours} h ago), {count} entries"


def _valid(one: Listing, now: int) -> int:
    return sum(
        (since is None or since <= now) and (until is None or now < until) for since, until in one.spans.values()
    )


def verdict_as_json(verdict: Verdict, suggested: Sequence[str], _lang: str) -> str:
    """Return the box's word on a plate as JSON."""
    told = {
        "plate": verdict.plate,
        "list": verdict.kind.value if verdict.kind else "unknown",
        "near": verdict.near,
        "near_list": verdict.near_kind.value if verdict.near_kind else "",
        "ended": verdict.ended.value if verdict.ended else "",
        "suggested": list(suggested),
    }
    return json.dumps(told, ensure_ascii=False)


def verdict_as_text(verdict: Verdict, suggested: Sequence[str], lang: str) -> str:
    """Return the box's word on a plate for people."""
    zh, kinds = lang == "zh", _KINDS[lang]
    if verdict.kind is not None:
        return f"{verdict.plate}: {kinds[verdict.kind]}" + (f" (list == {verdict.kind})")
    lines = [f"{verdict.plate}: " + ("不在名单上" if zh else "on no list") + " (list == unknown)"]
    if verdict.ended is not None:
        kind = kinds[verdict.ended]
        lines.append(f"  在{kind}里, 但此刻不在有效期内" if zh else f"  it is among the {kind}, but not valid now")
    if verdict.near_kind is not None:
        kind = kinds[verdict.near_kind]
        lines.append(
            f"  像{kind}里的 {verdict.near}: 问门卫, 不自动起杆"
            if zh
            else f"  near {verdict.near} of the {kind}: a guard is asked, nothing opens"
        )
    elif suggested:
        names = ", ".join(suggested)
        lines.append(f"  差一个字的: {names} (只作参考)" if zh else f"  one character away: {names} (a hint, no more)")
    return "\n".join(lines)
