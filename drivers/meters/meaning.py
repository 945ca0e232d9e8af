"""What the bytes on a line of meters say, for a person: number, item, data, sum; purely."""

from collections.abc import Iterable, Mapping
from typing import Final

from drivers.api.records import Lang
from drivers.meters.dialect import Dialect, Said

_TEXTS: Final = {
    "zh": {
        "number": "表号 {}",
        "ask_read": "读 {}",
        "ask_write": "写 {}{}",
        "ask_number": "问表号",
        "ask_other": "控制码 {:02X}H{}",
        "read": "{}{}",
        "write": "已执行 {}{}",
        "answer_number": "报表号",
        "answer_other": "控制码 {:02X}H{}",
        "refused": "拒绝, 错误字 {:02X}H",
        "good": "校验正确",
        "noise": "不是完整的报文",
    },
    "en": {
        "number": "meter {}",
        "ask_read": "read {}",
        "ask_write": "write {}{}",
        "ask_number": "asks for the number",
        "ask_other": "control {:02X}H{}",
        "read": "{}{}",
        "write": "done: {}{}",
        "answer_number": "tells its number",
        "answer_other": "control {:02X}H{}",
        "refused": "refused, error word {:02X}H",
        "good": "sum ok",
        "noise": "no whole frame",
    },
}


def meaning(
    data: bytes, asked: bytes, lang: Lang, *, sent: bool, dialects: Iterable[Dialect], names: Mapping[str, str]
) -> str:
    """Return what a piece of the line says, ``meter 000012345678 · 00010000 (energy_kwh) = 50 24 10 00 · sum ok``.

    Data is in the wire's order, lowest byte first, with what a protocol adds to it taken off. ``names`` are the points
    of an item. Several frames in one piece are told one after the other.
    """
    texts = _TEXTS[lang]
    for dialect in dialects:
        frames = dialect.reader().feed(data)
        if frames:
            return " | ".join(_told(dialect.said(frame), texts, names) for frame in frames)
    return texts["noise"]


def _told(said: Said, texts: Mapping[str, str], names: Mapping[str, str]) -> str:
    item = f"{said.item} ({names[said.item]})" if said.item in names else said.item
    data = f" = {said.data.hex(' ').upper()}" if said.data else ""
    if said.refused >= 0:
        what = texts["refused"].format(said.refused)
    elif said.deed == "number":
        what = texts["answer_number" if said.answers else "ask_number"]
    elif said.deed == "other":
        what = texts["answer_other" if said.answers else "ask_other"].format(said.control, data)
    else:
        what = texts[said.deed if said.answers else f"ask_{said.deed}"].format(item, data)
    return " · ".join((texts["number"].format(said.number), what, texts["good"]))
