"""What ``edge-agent plates`` prints of the pictures, to people and to programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from drivers.api import OPENING, Direction, Passage, PlateKind, PlateRead
from edge_agent.technician.layout import seconds, table
from edge_agent.technician.plates_run import Seen

Lang = Literal["zh", "en"]

_KINDS = {
    PlateKind.blue: ("蓝牌", "blue"),
    PlateKind.yellow: ("黄牌", "yellow"),
    PlateKind.yellow_double: ("双层黄牌", "yellow, two rows"),
    PlateKind.green_small: ("小型新能源", "green, small"),
    PlateKind.green_large: ("大型新能源", "green, large"),
    PlateKind.green: ("绿牌", "green"),
    PlateKind.white: ("白牌", "white"),
    PlateKind.black: ("黑牌", "black"),
    PlateKind.unknown: ("看不出", "cannot tell"),
}
_WORDS = {
    "zh": {
        "heads": ("图片", "车牌", "置信度", "号牌种类", "宽", "结论", "也可能是", "用时"),
        "opens": "可开闸",
        "ask": "请人确认",
        "none": "没有读到",
        "broken": "打不开",
        "sum": "{pictures} 张图片, {read} 张读到车牌, {opens} 张可开闸",
        "narrow": "窄于 110 像素的车牌容易读错: 请拉近镜头或提高分辨率",
    },
    "en": {
        "heads": ("picture", "plate", "confidence", "kind", "width", "verdict", "or perhaps", "took"),
        "opens": "may open",
        "ask": "ask a person",
        "none": "nothing read",
        "broken": "cannot be opened",
        "sum": "{pictures} pictures, plates read in {read}, fit to open in {opens}",
        "narrow": "plates narrower than 110 pixels are easily misread: zoom in, or take a higher resolution",
    },
}

NARROW = 110
"""A plate of fewer pixels across is worth a word to who adjusts the camera."""


def page(seen: Sequence[Seen], lang: Lang) -> str:
    """Return a table with a row for each plate, and one sentence about all."""
    words = _WORDS[lang]
    rows = [tuple(words["heads"])]
    for each in seen:
        if not each.reads:
            verdict = f"{words['broken']}: {each.fault}" if each.fault else words["none"]
            rows.append((each.file.name, "-", "", "", "", str(verdict), "", seconds(each.took_s)))
        rows += [_row(each, read, lang) for read in each.reads]
    lines = table(rows, indent="")
    total = str(words["sum"]).format(
        pictures=len(seen),
        read=sum(bool(each.reads) for each in seen),
        opens=sum(any(read.confidence >= OPENING for read in each.reads) for each in seen),
    )
    narrow = any(read.width < NARROW for each in seen for read in each.reads)
    return "\n".join([*lines, "", total, *([str(words["narrow"])] if narrow else [])])


def _row(seen: Seen, read: PlateRead, lang: Lang) -> tuple[str, ...]:
    words = _WORDS[lang]
    return (
        seen.file.name,
        read.text,
        f"{read.confidence:.2f}",
        _KINDS[read.kind][lang == "en"],
        f"{read.width:.0f}",
        str(words["opens"] if read.confidence >= OPENING else words["ask"]),
        " ".join(text for text, _ in read.others[:2]) if read.confidence < OPENING else "",
        seconds(seen.took_s),
    )


_WAYS = {Direction.approaching: ("驶近", "coming nearer"), Direction.leaving: ("驶离", "leaving")}


def read_line(at: datetime, read: PlateRead, lang: Lang) -> str:
    """Return one line for a plate that was just read of a video."""
    verdict = _WORDS[lang]["opens" if read.confidence >= OPENING else "ask"]
    parts = (f"{at:%H:%M:%S}", read.text, f"{read.confidence:.2f}", _KINDS[read.kind][lang == "en"])
    return "  ".join([*parts, f"{read.width:.0f} px", str(verdict)])


def passage_line(at: datetime, passage: Passage, lang: Lang) -> str:
    """Return one line for a vehicle that the agent would tell now."""
    english = lang == "en"
    way = _WAYS.get(passage.direction, ("方向不明", "direction unknown"))[english]
    word = "would be told" if english else "上报"
    return f"{at:%H:%M:%S}  => {passage.read.text}  {passage.read.confidence:.2f}  {way}  {word}"


def as_data(seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """Return the same as JSON data; corners in pixels of the file, times in seconds."""
    return [
        {
            "file": str(each.file),
            "fault": each.fault or None,
            "took_s": round(each.took_s, 4),
            "marked": str(each.marked) if each.marked else None,
            "plates": [
                {
                    "plate": read.text,
                    "confidence": read.confidence,
                    "opens": read.confidence >= OPENING,
                    "kind": read.kind.value,
                    "rows": read.rows,
                    "corners": [[round(x, 1), round(y, 1)] for x, y in read.corners],
                    "others": [{"plate": text, "confidence": share} for text, share in read.others],
                }
                for read in each.reads
            ],
        }
        for each in seen
    ]
