"""What ``edge-agent plan`` prints of one line, to people and to programs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final, Literal

from config.duration import format_duration
from edge_agent.line_load import GroupLoad, LineLoad
from edge_agent.technician.advice import BUSY, Advice
from edge_agent.technician.layout import percent, seconds, table
from edge_agent.technician.lines import shown
from edge_agent.technician.plan_round_page import round_data, round_lines
from edge_agent.technician.site_load import SiteLine

Lang = Literal["zh", "en"]

_WORTH_TELLING: Final = 1.02
"""A period that comes out longer than this is shown as it really is."""

_WORDS = {
    "zh": {
        "load": "负载 {load}{mark}   {requests:.3g} 次请求/秒 ({frames:.3g} 帧/秒)",
        "busy": "  ⚠ 太忙",
        "late": "  ✘ 放不下",
        "heads": ("设备", "周期", "测点", "请求", "去/回字节", "占用一次", "最坏多久才知道"),
        "really": "{asked} {mark}实际 {real}",
        "queue": "每次应答按 {answer} 估算; 全部同时到期时排队 {queue}; 有一台不应答时再加 {silent}",
        "advice": "怎么改 (任选一样):",
        "no_advice": "怎么改: 没有一样单独够用, 请同时减少设备、调长周期、提高波特率",
        "every": "调长周期: {what} → 负载 {load}",
        "baud": "波特率改成 {baud} (线上每台设备都要改) → 负载 {load}",
        "split": "分成 {count} 条线: {what}",
        "legend": "最坏多久才知道 = 周期 + 正在途中的 + 排队。应答的实际时间用 edge-agent try 测, 再用 --answer 代入。",
        "nothing": "配置里没有总线",
        "empty": "这条线上没有设备",
        "unknown": "这类总线不会估算",
        "told": "设备自己上报, 不用去问",
    },
    "en": {
        "load": "load {load}{mark}   {requests:.3g} requests/s ({frames:.3g} frames/s)",
        "busy": "  ⚠ too busy",
        "late": "  ✘ does not fit",
        "heads": ("device", "period", "points", "requests", "bytes out/in", "busy for", "a change is known within"),
        "really": "{asked} {mark}really {real}",
        "queue": "each answer is taken as {answer}; the queue is {queue} when all are due at once; "
        "a silent device adds {silent}",
        "advice": "What to change (one of):",
        "no_advice": "What to change: nothing is enough by itself; fewer devices, longer periods and a higher speed",
        "every": "ask less often: {what} → load {load}",
        "baud": "speak at {baud} baud (every device on the line) → load {load}",
        "split": "make {count} lines of it: {what}",
        "legend": "A change is known within period, turn in hand and queue. For --answer: edge-agent try.",
        "nothing": "The file has no buses",
        "empty": "no devices on this line",
        "unknown": "the load of this kind of bus cannot be worked out",
        "told": "its devices tell by themselves; nobody is asked",
    },
}


def render(lines: Sequence[SiteLine], lang: Lang) -> str:
    """Return the page of all lines."""
    words = _WORDS[lang]
    if not lines:
        return str(words["nothing"])
    return "\n\n".join(["\n".join(_lines(line, words, lang)) for line in lines] + [str(words["legend"])])


def as_data(lines: Sequence[SiteLine]) -> list[dict[str, Any]]:
    """Return the same as JSON data; times in seconds, load and shares as parts of one."""
    return [
        {
            "bus": line.bus.id,
            "type": line.bus.type,
            "fits": line.fits,
            "problems": list(line.problems),
            "answer_s": line.answer_s,
            "silent_s": line.silent_s,
            "advice": [asdict(advice) for advice in line.advice],
            **(_figures(line.load) if line.load is not None else {}),
            **(round_data(line.round) if line.round is not None else {}),
        }
        for line in lines
    ]


def _figures(load: LineLoad) -> dict[str, Any]:
    return {
        "load": load.load,
        "requests_per_s": load.requests_per_s,
        "frames_per_s": 2 * load.requests_per_s,
        "queue_s": load.queue_s,
        "shares": load.shares,
        "groups": [{**asdict(group), "late": group.late} for group in load.groups],
    }


def _lines(line: SiteLine, words: dict[str, Any], lang: Lang) -> Iterator[str]:
    load, title = line.load, f"{line.bus.id}  {shown(line.bus)}"
    if load is None:
        yield title
        asked = () if line.round is None else tuple(round_lines(line.round, lang, BUSY))
        if not line.problems and (line.told or line.round is not None):
            yield from asked or (f"  {words['told' if line.told else 'empty']}",)
            return
        yield from (f"  ✘ {text}" for text in line.problems or (words["unknown"],))
        return
    mark = words["late"] if not load.fits else words["busy"] if load.load > BUSY else ""
    per_s = {"requests": load.requests_per_s, "frames": 2 * load.requests_per_s}
    yield f"{title}   {str(words['load']).format(load=percent(load.load), mark=mark, **per_s)}"
    yield from (f"  ✘ {text}" for text in line.problems)
    if not load.groups:
        yield f"  {words['empty']}"
        return
    yield from table([tuple(words["heads"]), *(_row(group, words) for group in load.groups)])
    times = {"answer": line.answer_s, "queue": load.queue_s, "silent": line.silent_s}
    yield "  " + str(words["queue"]).format(**{name: seconds(time) for name, time in times.items()})
    if line.advice:
        yield f"  {words['advice']}"
        yield from (f"    {number}. {_way_out(one, words)}" for number, one in enumerate(line.advice, 1))
    elif mark:
        yield f"  {words['no_advice']}"


def _row(group: GroupLoad, words: dict[str, Any]) -> tuple[str, ...]:
    period = format_duration(group.period_s)
    if group.real_s > _WORTH_TELLING * group.period_s:
        mark = "✘ " if group.late else ""
        period = words["really"].format(asked=period, mark=mark, real=seconds(group.real_s))
    return (
        group.device,
        period,
        str(group.points),
        str(group.requests),
        f"{group.sent}/{group.answered}",
        seconds(group.busy_s),
        seconds(group.worst_s),
    )


def _way_out(advice: Advice, words: dict[str, Any]) -> str:
    loads = [percent(load) for load in advice.loads]
    if advice.kind == "every":
        what = ", ".join(f"{device} every: {format_duration(period_s)}" for device, period_s in advice.every.items())
        return str(words["every"]).format(what=what, load=loads[0])
    if advice.kind == "baud":
        return str(words["baud"]).format(baud=advice.baud, load=loads[0])
    parts = [f"[{' '.join(part)}] {load}" for part, load in zip(advice.parts, loads, strict=True)]
    return str(words["split"]).format(count=len(parts), what=" + ".join(parts))
