"""How well plates are read, and what it costs: ``python -m bench.plates FOLDER`` for a folder of labelled pictures.

Its ``labels.csv`` has the columns file, plate, source, kind (frame, crop, negative), colour, layout (single, double),
other_plates (by blanks) and boxes (JSON, of which the widest side of the plate's own is used). Exact is the first
plate of a picture with all its characters right; wrong is a plate that the picture does not have. Every second plate,
by the hash of its number, was held out while the reader was written; both parts are told.
"""

import argparse
import csv
import hashlib
import json
import resource
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.api import OPENING, ReadsPlates, plate_reader

Row = dict[str, str]
WIDTHS = (0, 80, 110, 140, 200)
"""Where the classes of width (pixels) begin."""


@dataclass(frozen=True)
class Answer:
    """What was read of one picture: the first plate ("" for none), its confidence, kind, and CPU seconds."""

    row: Row
    plate: str
    confidence: float
    kind: str
    cpu_s: float

    @property
    def exact(self) -> bool:
        return bool(self.plate) and self.plate == self.row["plate"]

    @property
    def wrong(self) -> bool:
        return bool(self.plate) and self.plate not in {self.row["plate"], *self.row["other_plates"].split()}


def main() -> None:
    """Read the folder's pictures on one thread and print the tables of docs/performance.md."""
    words = argparse.ArgumentParser(description="Measure how well plates are read.")
    words.add_argument("folder", type=Path, help="pictures with their labels.csv")
    folder: Path = words.parse_args().folder
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in {"frame", "negative", "crop"}]
    rows.sort(key=lambda row: row["kind"] == "crop")
    reader = plate_reader()
    answers = [_answer(reader, folder, row) for row in rows if row["kind"] != "crop"]
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    frames = [each for each in answers if each.row["kind"] == "frame"]
    _table("whole pictures", {"all": frames, **_by(frames, _part), **_by(frames, lambda row: row["source"])})
    print(f"\npeak RSS {rss:.0f} MB, {len(answers)} pictures of many sizes\n")
    _table("of all", {**_by(frames, lambda row: row["colour"]), **_by(frames, lambda row: row["layout"])})
    print()
    _table("of all, by the plate's width", _by(frames, _width))
    empty = [each for each in answers if each.row["kind"] == "negative"]
    print(
        f"\npictures without a plate: {len(empty)}, read at any confidence: {sum(bool(each.plate) for each in empty)}"
    )
    crops = [_answer(reader, folder, row) for row in rows if row["kind"] == "crop"]
    print()
    _table("cut-out plates", {"all": crops, **_by(crops, _part), **_by(crops, lambda row: row["source"])})
    kinds = [each for each in frames if each.exact and each.row["colour"] in {"blue", "yellow", "green"}]
    right = sum(each.kind.startswith(each.row["colour"]) for each in kinds)
    unsure = sum(each.kind == "unknown" for each in kinds)
    print(f"\nkind of those read exactly: {right} of {len(kinds)} right, {unsure} not told")


def _answer(reader: ReadsPlates, folder: Path, row: Row) -> Answer:
    picture = (folder / row["file"]).read_bytes()
    began = time.process_time()
    reads = reader.read(picture)
    took = time.process_time() - began
    best = reads[0] if reads else None
    return Answer(row, best.text if best else "", best.confidence if best else 0.0, best.kind if best else "", took)


def _by(answers: Iterable[Answer], key: Callable[[Row], str]) -> dict[str, list[Answer]]:
    groups: dict[str, list[Answer]] = {}
    for each in answers:
        groups.setdefault(key(each.row), []).append(each)
    return dict(sorted(groups.items()))


def _part(row: Row) -> str:
    return "held out" if int(hashlib.sha256(row["plate"].encode()).hexdigest(), 16) % 2 else "looked at"


def _width(row: Row) -> str:
    boxes: list[dict[str, Any]] = json.loads(row["boxes"] or "[]")
    for box in boxes:
        if box.get("plate") == row["plate"]:
            wide = max(box["box"][2:4]) if "box" in box else box["xyxy"][2] - box["xyxy"][0]
            return f"from {max(each for each in WIDTHS if each <= wide):3} px"
    return "not known"


def _table(title: str, groups: dict[str, list[Answer]]) -> None:
    print(f"| {title} | n | exact | wrong | nothing | ≥ {OPENING}: right | ≥ {OPENING}: wrong | CPU p50 / p95 |")
    print("|---|---|---|---|---|---|---|---|")
    for name, group in groups.items():
        n = len(group)
        exact, wrong = sum(each.exact for each in group), sum(each.wrong for each in group)
        nothing = sum(not each.plate for each in group)
        opens = [each for each in group if each.confidence >= OPENING]
        false = sum(each.wrong for each in opens)
        cpu = sorted(1000 * each.cpu_s for each in group)
        half, most = statistics.median(cpu), cpu[min(n - 1, int(0.95 * n))]
        print(
            f"| {name} | {n} | {exact / n:.1%} | {wrong / n:.1%} | {nothing / n:.1%} | {(len(opens) - false) / n:.1%} "
            f"| {false} | {half:.0f} / {most:.0f} ms |"
        )


if __name__ == "__main__":
    main()
