"""The tables of what storing and sending costs, each row beside its bar where it has one."""

from bench.measured import table
from bench.storage.parts import PATIENT_S, Figures
from bench.storage.site import PER_SECOND
from bench.storage.through import CHUNK, LIVE_CHUNK

_MEGABYTE = 1_000_000
_SYNC_S = 0.1
_HEAD = ["", "measured", "bar", ""]


def cost_table(found: Figures) -> str:
    """Return processor time per reading, ours beside SQLite's, and what of it is each chunk's and each reading's."""
    raw, ours = found["raw"], found["ours"]
    first = raw["typed rows"]
    cases = [
        ("sqlite3 alone: typed rows, 500 a commit", first, None),
        ("sqlite3 alone: JSON rows, 500 a commit", raw["JSON rows"], None),
        ("sqlite3 alone: one typed row a commit", raw["a row a commit"], None),
        ("put to receipt, as fast as it goes", ours["flowing"], 3),
        ("of it: put, seal, commit", ours["stored"], None),
        ("of it: peek, upload, settle", ours["drained"], None),
        (f"one commit and one upload for each {CHUNK}", ours["chunks alone"], 3),
        (f"live: one commit and one upload for each {LIVE_CHUNK}", ours["live"], 3),
    ]
    rows = [
        [
            name,
            f"{us:.2f}",
            f"{us / first:.2f}",
            f"{us * PER_SECOND / 10_000:.3f} %",
            *([] if bar is None else [f"≤ {bar}", _verdict(us <= bar)]),
        ]
        for name, us, bar in cases
    ]
    each = (CHUNK * ours["chunks alone"] - LIVE_CHUNK * ours["live"]) / (CHUNK - LIVE_CHUNK)
    whole = LIVE_CHUNK * (ours["live"] - each)
    rows.append(
        [f"the last two: {whole:.0f} µs for each chunk, and for each reading", f"{each:.2f}", f"{each / first:.2f}"]
    )
    head = ["", "µs", "of sqlite3 alone", f"of a core at {PER_SECOND} readings/s", "bar", ""]
    return table("Cost: processor µs per reading on one core", head, rows)


def writes_table(found: Figures) -> str:
    """Return bytes written and stored per reading."""
    rows = []
    names = {"5 s": "commit every 5 s, simulated time", "30 s": "commit every 30 s, simulated time"}
    names |= {"real": "commit every 5 s, real time", "patient": f"the same, mounted with commit={PATIENT_S}"}
    for key, name in names.items():
        if key not in found:
            continue
        for what, said in (
            ("process", "as charged to the process"),
            ("device", "as the device counts, journal included"),
        ):
            if what == "device" and not found["counted"]:
                continue
            value = found[key][what]
            rows.append([f"written, {name}, {said}", f"{value:.0f} B", "≤ 100 B", _verdict(value <= 100)])
    for name, value in found["stored"].items():
        rows.append([f"stored, {name} a chunk", f"{value:.1f} B", "≤ 14 B", _verdict(value <= 14)])
    return table(f"Bytes per reading at {PER_SECOND} readings/s", _HEAD, rows)


def memory_table(found: Figures, backlog: int) -> str:
    """Return memory and file sizes through a backlog."""
    swing = max(found["highest"] - found["warm"], found["warm"] - found["lowest"])
    speed = f"{backlog / found['grow_s']:,.0f} and {backlog / found['drain_s']:,.0f} readings/s"
    rows = [
        ["RSS before", _megabytes(found["warm"])],
        [f"RSS with {backlog:,} readings owed", _megabytes(found["grown"])],
        ["RSS when drained", _megabytes(found["drained"])],
        ["largest deviation on the way", _megabytes(swing), "± 5 MB", _verdict(swing <= 5 * _MEGABYTE)],
        ["files before", _megabytes(found["file_before"])],
        ["files with the backlog", _megabytes(found["file_grown"])],
        ["files when drained", _megabytes(found["file_drained"])],
        ["files after the next quiet moment", _megabytes(found["file_tended"])],
        ["grown and drained at", speed],
    ]
    return table(f"Memory and space through {backlog:,} readings", _HEAD, rows)


def outage_table(found: Figures, seconds: int) -> str:
    """Return how a backlog drained, and what became of every entry."""
    rate = found["drained"] / found["took_s"]
    waits, ledger = found["waits"], found["ledger"]
    lost = found["produced"] - ledger["entries"] - found["pending"]
    fine = not (lost or ledger["duplicates"] or ledger["rejected"] or found["pending"])
    fate = f"{lost} lost, {ledger['duplicates']} doubled, {found['pending']} owed"
    slowest = waits[-1] if waits else float("inf")
    rows = [
        ["backlog", f"{found['backlog']:,} readings, {_megabytes(found['bytes'])}"],
        ["drained in", f"{found['took_s']:.0f} s, {rate:,.0f} readings/s"],
        ["times the rate at which it grew", f"{rate / PER_SECOND:.0f}", "≥ 20", _verdict(rate >= 20 * PER_SECOND)],
        [f"of {found['produced']:,} entries", fate, "0, 0, 0", _verdict(fine)],
        [f"alarms meanwhile: {len(waits)}, p95", f"{_p95(waits):.2f} s", "< 2 s", _verdict(_p95(waits) < 2)],
        ["alarms meanwhile: slowest", f"{slowest:.2f} s", "< 2 s", _verdict(slowest < 2)],
        ["the link carried", _megabytes(found["carried"])],
    ]
    return table(f"After an outage of {seconds / 3600:g} h, 10 Mbit/s, a real collector", _HEAD, rows)


def slow_table(found: Figures) -> str:
    """Return how late the event loop was over a slow disk."""
    rows = []
    for sync_ms, one in found.items():
        if one is not None:
            figures = [f"{1000 * one[name]:.1f}" for name in ("late_p99", "late_max", "put_max", "alarm_max")]
            free = max(one["late_max"], one["put_max"]) < _SYNC_S
            rows.append([f"each sync {sync_ms} ms longer", *figures, f"{one['syncs']:.0f}", "< 100", _verdict(free)])
    head = ["", "a beat late by, p99", "at most", "longest put", "longest put_now", "syncs", "bar: at most, put", ""]
    return table("A slow card, in milliseconds: nobody waits for it who need not", head, rows)


def _p95(waits: list[float]) -> float:
    return waits[min(len(waits) - 1, len(waits) * 95 // 100)] if waits else float("inf")


def _megabytes(size: float) -> str:
    return f"{size / _MEGABYTE:.1f} MB"


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"
