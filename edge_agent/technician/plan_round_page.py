"""What ``edge-agent plan`` prints of a bus of radios, to people and to programs."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final, Literal

from config.duration import format_duration
from edge_agent.technician.layout import percent, seconds, table
from edge_agent.technician.round_load import RoundAdvice, RoundLoad, TurnGroup

Lang = Literal["zh", "en"]

_WORTH_TELLING: Final = 1.02
_NAMED: Final = 2

_WORDS: Final = {
    "zh": {
        "round": "轮流连接: {count} 台, 同时 {lanes} 台; 一轮 {round}, 有设备连不上时 {troubled}; 负载 {load}{mark}",
        "busy": "  ⚠ 太忙",
        "late": "  ✘ 放不下",
        "fitting": "✘ 按周期只放得下 {fitting} 台, 另外 {left} 台会让大家都变慢",
        "heads": ("设备", "台数", "周期", "连接一次", "占用"),
        "really": "{asked} ✘ 实际 {real}",
        "seen": "出现才连 (如血压计): {count} 台, 排在轮流的前面",
        "streams": "一直连着: {count} 台, 最多 {room} 台",
        "advice": "怎么改 (任选一样):",
        "every": "周期都不短于 {period} (devices.*.every) → 负载 {load}",
        "adapters": "用 {adapters} 个适配器 (buses.*.adapters), 分开挂 → 负载 {load}",
        "more": "{first} … {last}",
        "basis": "按连接 1.5 s、断开 2.5 s、听满 stay 估算; 没收到广播的设备不去连, 不占时间。",
    },
    "en": {
        "round": "devices visited: {count}, {lanes} at once; a round takes {round}, "
        "{troubled} while some cannot be reached; load {load}{mark}",
        "busy": "  ⚠ too busy",
        "late": "  ✘ does not fit",
        "fitting": "✘ {fitting} of them fit into their periods; the other {left} make everybody late",
        "heads": ("device", "count", "period", "a visit takes", "share"),
        "really": "{asked} ✘ really {real}",
        "seen": "visited when they show up (such as cuffs): {count}, before all others",
        "streams": "connected for good: {count} of {room} at most",
        "advice": "What to change (one of):",
        "every": "no period under {period} (devices.*.every) → load {load}",
        "adapters": "use {adapters} adapters (buses.*.adapters), hung apart → load {load}",
        "more": "{first} … {last}",
        "basis": "Reckoned with 1.5 s to connect, 2.5 s to disconnect and all of stay; who is not heard costs nothing.",
    },
}


def round_lines(load: RoundLoad, lang: Lang, busy: float) -> Iterator[str]:
    """Yield the lines below the bus's title, none where nobody is visited; above the load ``busy`` it is marked."""
    words: dict[str, Any] = _WORDS[lang]
    plan = load.round
    if plan.turns:
        late = load.fitting < len(plan.turns)
        mark = words["late"] if late else words["busy"] if plan.load > busy else ""
        yield "  " + words["round"].format(
            count=len(plan.turns), lanes=plan.lanes, round=_lasting(plan.round_s),
            troubled=_lasting(plan.troubled_s), load=percent(plan.load), mark=mark,
        )  # fmt: skip
        yield from table([words["heads"], *(_row(group, words) for group in load.groups)])
        if late:
            yield "  " + words["fitting"].format(fitting=load.fitting, left=len(plan.turns) - load.fitting)
    if plan.seen:
        yield "  " + words["seen"].format(count=len(plan.seen))
    if plan.streams:
        yield "  " + words["streams"].format(count=len(plan.streams), room=plan.stream_slots)
    if load.advice:
        yield f"  {words['advice']}"
        yield from (f"    {number}. {_way_out(one, words)}" for number, one in enumerate(load.advice, 1))
    if plan.turns:
        yield f"  {words['basis']}"


def round_data(load: RoundLoad) -> dict[str, Any]:
    """Return the same as JSON data; times in seconds, load and shares as parts of one."""
    plan = load.round
    return {
        "round": {
            "visited": len(plan.turns),
            "fitting": load.fitting,
            "lanes": plan.lanes,
            "load": plan.load,
            "round_s": plan.round_s,
            "troubled_s": plan.troubled_s,
            "seen": list(plan.seen),
            "streams": list(plan.streams),
            "stream_slots": plan.stream_slots,
            "groups": [asdict(group) for group in load.groups],
            "advice": [asdict(one) for one in load.advice],
        }
    }


def _row(group: TurnGroup, words: dict[str, Any]) -> tuple[str, ...]:
    names, period = group.devices, format_duration(group.period_s)
    if group.real_s > _WORTH_TELLING * group.period_s:
        period = words["really"].format(asked=period, real=_lasting(group.real_s))
    shown = ", ".join(names) if len(names) <= _NAMED else words["more"].format(first=names[0], last=names[-1])
    return shown, str(len(names)), period, seconds(group.busy_s), percent(group.share)


def _way_out(advice: RoundAdvice, words: dict[str, Any]) -> str:
    period = format_duration(advice.period_s) if advice.period_s else ""
    told = words[advice.kind].format(period=period, adapters=advice.adapters, load=percent(advice.load))
    return str(told)


def _lasting(seconds_: float) -> str:
    return seconds(seconds_) if seconds_ < 60 else f"{seconds_ / 60:.3g} min"
