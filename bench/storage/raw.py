"""What SQLite alone takes for the same readings: the measure beside which the buffer and its uplink stand.

Run as ``python -m bench.storage.raw FOLDER READINGS``: prints one JSON line, processor microseconds per reading of each
way. Rows are made beforehand; every commit is ``synchronous=FULL`` in a write-ahead log, as the buffer's are.
"""

import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.storage.site import DEVICES, POINTS, batches

PER_COMMIT = 500

_TYPED = "CREATE TABLE reading(device TEXT, point TEXT, at INTEGER, value, quality INTEGER)"
_JSON = "CREATE TABLE reading(id INTEGER PRIMARY KEY, body TEXT)"


def measure(folder: Path, readings: int) -> dict[str, float]:
    """Return µs per reading by way."""
    typed: list[tuple[Any, ...]] = [
        (batch.device, point, batch.at, value, 0)
        for batch in batches(0, readings // (DEVICES * POINTS), 1_700_000_000_000_000)
        for point, value in zip(batch.points, batch.values, strict=True)
    ]
    names = ("device", "point", "at", "value", "quality")
    insert, insert_json = "INSERT INTO reading VALUES (?, ?, ?, ?, ?)", "INSERT INTO reading(body) VALUES (?)"
    some = typed[: readings // 20]
    texts: list[tuple[Any, ...]] = [(json.dumps(dict(zip(names, row, strict=True))),) for row in typed]
    return {
        "typed rows": _insert(folder / "typed.db", _TYPED, insert, typed, PER_COMMIT),
        "JSON rows": _insert(folder / "json.db", _JSON, insert_json, texts, PER_COMMIT),
        "a row a commit": _insert(folder / "single.db", _TYPED, insert, some, 1),
    }


def _insert(path: Path, table: str, insert: str, rows: list[tuple[Any, ...]], per_commit: int) -> float:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("page_size=4096", "journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=1000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(table)
        cpu = time.process_time()
        for start in range(0, len(rows), per_commit):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, rows[start : start + per_commit])
            connection.execute("COMMIT")
        return (time.process_time() - cpu) * 1e6 / len(rows)


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
