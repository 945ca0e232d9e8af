"""What `edge-agent pictures` prints: the album in a few lines, and pictures as lines that line up."""

import time
from collections.abc import Sequence
from typing import Any, Final

from config.report import columns

_WORDS: Final = {
    "zh": {
        "none": "没有抓拍", "count": "抓拍", "folder": "存放", "span": "时间", "to": "到", "free": "磁盘剩余",
        "pictures": "张", "masked": "已打码",
    },
    "en": {
        "none": "no pictures", "count": "Pictures", "folder": "Folder", "span": "Taken", "to": "to",
        "free": "Disk free", "pictures": "", "masked": "masked",
    },
}  # fmt: skip


def summary(data: dict[str, Any], lang: str) -> str:
    """Return the figures of the album, one to a line."""
    words = _WORDS[lang]
    count = f"{data['count']} {words['pictures']}".strip()
    rows = [(words["count"], f"{count}  {data['bytes'] / 1e6:.1f} MB  {words['masked']} {data['masked']}")]
    rows.append((words["folder"], data["folder"]))
    if data["count"]:
        rows.append((words["span"], f"{_clock(data['oldest_at'])} {words['to']} {_clock(data['newest_at'])}"))
    if data["free_bytes"] is not None:
        rows.append((words["free"], f"{data['free_bytes'] / 1e6:.0f} MB"))
    return _aligned(rows)


def table(rows: Sequence[dict[str, Any]], lang: str) -> str:
    """Return pictures, one to a line."""
    words = _WORDS[lang]
    lines = [
        (
            _clock(row["at"]),
            row["reference"],
            f"{row['bytes'] / 1000:.0f} KB" + (f"  {words['masked']}" if row["masked"] else ""),
        )
        for row in rows
    ]
    return _aligned(lines) if lines else words["none"]


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(columns(row[index]) for row in rows) + 2 for index in range(len(rows[0]) - 1)]
    padded = [
        "".join(cell + " " * (width - columns(cell)) for cell, width in zip(row[:-1], widths, strict=True)) + row[-1]
        for row in rows
    ]
    return "\n".join(padded)


def _clock(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at / 1e6))
