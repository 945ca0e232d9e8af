"""What ``edge-agent try`` prints: bytes with their meaning, the way to each value, byte orders, times."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final, Literal

from config.catalog import ClassPoint, load_class
from drivers.api import Explained, Frame
from edge_agent import sentences
from edge_agent.technician.layout import seconds, table
from edge_agent.technician.lines import address_of
from edge_agent.technician.trial import Timing, Trial, better_order
from wire.reading import Quality, describe_quality

Lang = Literal["zh", "en"]

_BYTES_A_LINE: Final = 24
_WORDS: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "title": "{id}  {name}  {profile}  {bus} 地址 {unit}",
        "title_meter": "{id}  {name}  {profile}  {bus} 表号 {unit}",
        "took": "用时 {time}",
        "span": "范围 {low:.10g}..{high:.10g}",
        "class": "此类设备 {low:.10g}..{high:.10g}",
        "internal": "(内部)",
        "orders": "多寄存器数值的四种字节序 (第一列是现在用的):",
        "better": "按 {order} 读全部合理。这台设备写: transport: {{{yaml}}}",
        "row": "连续读 {asked} 次: 成功 {good}; 最短 {least}, 中位 {median}, 最长 {most}",
        "row_none": "连续读 {asked} 次: 一次也没有成功",
        "failed": "失败 {count} 次: {what}",
        "dead": "✘ {what}",
        "next": "换地址或波特率找一找: edge-agent discover {bus}",
        "next_meter": "查表号是否和铭牌一致、供电、A/B 是否接反、波特率和校验位; 搜表: edge-agent discover {bus}",
        "nothing": "一个字节都没有收到",
        "no_bytes": "(这类总线不保留报文, 只有读数)",
    },
    "en": {
        "title": "{id}  {name}  {profile}  {bus} unit {unit}",
        "title_meter": "{id}  {name}  {profile}  {bus} meter {unit}",
        "took": "took {time}",
        "span": "span {low:.10g}..{high:.10g}",
        "class": "its class {low:.10g}..{high:.10g}",
        "internal": "(internal)",
        "orders": "Values of several registers in the four byte orders (the first is in use):",
        "better": "In {order} all of them make sense. Write for this device: transport: {{{yaml}}}",
        "row": "{asked} readings in a row: {good} good; shortest {least}, median {median}, longest {most}",
        "row_none": "{asked} readings in a row: not one was good",
        "failed": "{count} failed: {what}",
        "dead": "✘ {what}",
        "next": "To look for it at another unit or speed: edge-agent discover {bus}",
        "next_meter": "Compare the number with the meter's plate; look at power, A and B, speed and parity; "
        "to search for meters: edge-agent discover {bus}",
        "nothing": "not one byte came",
        "no_bytes": "(this kind of bus keeps no bytes, only readings)",
    },
}
_YAML: Final = {
    "ABCD": "word_order: big, byte_order: big",
    "CDAB": "word_order: little, byte_order: big",
    "BADC": "word_order: big, byte_order: little",
    "DCBA": "word_order: little, byte_order: little",
}
_QUALITY: Final[dict[int, tuple[str, str]]] = {
    Quality.BAD: ("设备说没有值", "the device says it has none"),
    Quality.TIMEOUT: ("没有应答", "no answer"),
    Quality.CORRUPT: ("应答校验错", "garbled answer"),
    Quality.OUT_OF_RANGE: ("超出此类设备的范围", "beyond its class"),
    Quality.IMPLAUSIBLE: ("超出此型号的范围", "beyond this product"),
    Quality.STUCK: ("一直不变", "stuck"),
    Quality.MISCONFIGURED: ("选项不对", "its options do not fit"),
    Quality.NO_VALUE: ("设备说现在没有值", "the device says that it has none now"),
}


def render(trial: Trial, lang: Lang) -> str:
    """Return the page."""
    return "\n".join(_lines(trial, lang))


def as_data(trial: Trial) -> dict[str, Any]:
    """Return the same as JSON data; times in seconds, moments in µs since the epoch."""
    timing = trial.timing
    least, middle, most = timing.spread if timing.took_s else (None, None, None)
    return {
        "device": trial.device.id,
        "profile": trial.device.profile.id,
        "bus": trial.bus.id,
        "unit": trial.device.unit,
        "error": trial.error,
        "frames": [
            {"at": one.at, "sent": one.sent, "data": one.data.hex(), "note": one.note} for one in trial.frames or ()
        ],
        "points": [{**asdict(point), "quality": describe_quality(point.quality)} for point in trial.points],
        "better_order": better_order(trial.points),
        "timing": {
            "asked": timing.asked,
            "good": len(timing.took_s),
            "failed": timing.failed,
            "min_s": least,
            "median_s": middle,
            "max_s": most,
        },
    }


def _lines(trial: Trial, lang: Lang) -> Iterator[str]:
    words, device = _WORDS[lang], trial.device
    names = {"id": device.id, "name": device.name, "profile": device.profile.id, "unit": address_of(device)}
    title = words["title_meter" if isinstance(names["unit"], str) else "title"]
    yield title.format(bus=trial.bus.id, **names)
    if trial.frames is None:
        yield f"  {words['no_bytes']}"
    yield from _frames(trial.frames or (), words)
    if trial.error:
        if trial.frames is not None and all(frame.sent for frame in trial.frames):
            yield f"  {words['nothing']}"
        yield "  " + words["dead"].format(what=sentences.of_device(trial.error, lang))
        yield "  " + words["next_meter" if isinstance(address_of(device), str) else "next"].format(bus=trial.bus.id)
        return
    kind = load_class(device.profile.kind)
    yield from table([_row(point, kind.point(point.key), lang) for point in trial.points])
    yield from _orders(trial.points, words)
    yield from _timing(trial.timing, lang)


def _frames(frames: Sequence[Frame], words: dict[str, str]) -> Iterator[str]:
    asked_at = 0
    for frame in frames:
        arrow = "→" if frame.sent else "←"
        took = "" if frame.sent else words["took"].format(time=seconds((frame.at - asked_at) / 1_000_000))
        asked_at = frame.at if frame.sent else asked_at
        octets = frame.data.hex(" ").upper().split(" ")
        for start in range(0, len(octets), _BYTES_A_LINE):
            yield f"  {arrow if not start else ' '} {' '.join(octets[start : start + _BYTES_A_LINE])}"
        yield f"      {frame.note}{'  ' if frame.note and took else ''}{took}"


def _row(point: Explained, known: ClassPoint | None, lang: Lang) -> tuple[str, ...]:
    words = _WORDS[lang]
    unit = known.unit if known is not None else words["internal"]
    value = f"{word(point.value, known, lang)} {unit}".strip()
    leads_to = " → " if isinstance(point.value, str | bool) else " = "
    steps = value if point.steps in ("", said(point.value)) else f"{point.steps}{leads_to}{value}"
    beyond = _beyond_class(point, known)
    if point.quality or beyond:
        quality = point.quality or int(Quality.OUT_OF_RANGE)
        mark = f"✘ {verdict(quality, lang)}"
    else:
        mark = "✔"
    return point.key, point.raw, steps, _span(point, known, words), mark


def _span(point: Explained, known: ClassPoint | None, words: dict[str, str]) -> str:
    if point.plausible is not None:
        return words["span"].format(low=point.plausible[0], high=point.plausible[1])
    if known is not None and known.range is not None:
        return words["class"].format(low=known.range[0], high=known.range[1])
    return ""


def _beyond_class(point: Explained, known: ClassPoint | None) -> bool:
    value = point.value
    if known is None or known.range is None or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not known.range[0] <= value <= known.range[1]


def verdict(quality: int, lang: Lang) -> str:
    """Return what a bad quality means."""
    if quality in _QUALITY:
        return _QUALITY[quality][lang == "en"]
    text = describe_quality(quality)
    return text.replace("bad(exception-", "设备拒绝 (异常 " if lang == "zh" else "refused (exception ")


def said(value: object) -> str:
    """Return a value as a cell of a table."""
    if value is None:
        return "—"
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def word(value: object, known: ClassPoint | None, lang: Lang) -> str:
    """Return a value, a word or a truth with what the catalogue calls it."""
    if known is None or not isinstance(value, bool | str):
        return str(int(value)) if isinstance(value, bool) else said(value)
    key = str(value).lower()
    text = known.words.get("true" if value else "false") if isinstance(value, bool) else known.values.get(key)
    plain = str(int(value)) if isinstance(value, bool) else value
    title = "" if text is None else text.en if lang == "en" else text.zh
    return plain if title.lower() in ("", plain) else f"{plain} {title}"


def _orders(points: Sequence[Explained], words: dict[str, str]) -> Iterator[str]:
    many = [point for point in points if point.orders]
    if not many:
        return
    yield f"  {words['orders']}"
    heads = ("", *(one.order for one in many[0].orders))
    cells = [
        (point.key, *(f"{said(one.value)} {'✔' if one.plausible else '✘'}" for one in point.orders)) for point in many
    ]
    yield from table([heads, *cells], indent="    ")
    order = better_order(points)
    if order:
        yield f"    {words['better'].format(order=order, yaml=_YAML[order])}"


def _timing(timing: Timing, lang: Lang) -> Iterator[str]:
    words = _WORDS[lang]
    if not timing.asked:
        return
    if timing.took_s:
        least, middle, most = map(seconds, timing.spread)
        good = len(timing.took_s)
        yield "  " + words["row"].format(asked=timing.asked, good=good, least=least, median=middle, most=most)
    else:
        yield "  " + words["row_none"].format(asked=timing.asked)
    for word, count in timing.failed.items():
        yield "  " + words["failed"].format(count=count, what=sentences.of_device(word, lang))
