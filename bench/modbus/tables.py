"""The tables of Modbus in the field, each row beside its bar where it has one."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, inf

from bench.measured import table, verdict
from bench.modbus.cases import ANSWER_S, BAUD, CASES, DEAD_UNIT, REGISTERS
from bench.modbus.parts import Ran
from tests.soak.run import Soaked

_HEAD = ["", "measured", "bar", ""]
_MEGABYTE = 1_000_000
Row = list[str]


def requests_table(ran: Ran) -> str:
    """Return how many requests many registers in a row take."""
    polls = sum(ran.within(at) for at, _ in ran.gateway["readings"])
    each = (ran.end["requests"] - ran.start["requests"]) / max(1, polls)
    rows = [[f"requests for {REGISTERS['bank']} contiguous registers", f"{each:.2f}", "1", verdict(round(each) == 1)]]
    return table("One device, read whole", _HEAD, rows)


def dead_table(ran: Ran) -> str:
    """Return what the neighbours of a device that died kept of their readings."""
    members = CASES["dead"].members
    counts = Counter(device for at, device in ran.gateway["readings"] if ran.within(at))
    kept = [counts[member.id] / floor(ran.seconds) for member in members if member.unit != DEAD_UNIT]
    rows = [
        [f"the {len(kept)} others, of their due readings", f"{min(1.0, sum(kept) / len(kept)):.1%}"],
        ["the one that lost most", f"{min(1.0, min(kept)):.1%}", "≥ 95 %", verdict(min(kept) >= 0.95)],
        ["the line was busy, as the gateway says", f"{ran.gateway['load']:.0%}"],
    ]
    return table("One of 16 dies on a serial line: 1 Hz each, 1 s timeout, from the moment it dies", _HEAD, rows)


def write_table(rans: Sequence[Ran], simulated: Sequence[float]) -> str:
    """Return how long register writes took on a line that is never idle; ``simulated`` are milliseconds too."""
    took = [_writes(ran) for ran in rans]
    done, there, load = min(took, key=lambda one: _p99(one[0]))
    alone = _p99(simulated)
    rows = [
        [f"{len(done)} writes until the device has it, p50 and p99", f"{_part(there, 0.5):.0f}, {_p99(there):.0f} ms"],
        ["until it has acknowledged, p50", f"{_part(done, 0.5):.0f} ms"],
        ["until it has acknowledged, p99, best run", f"{_p99(done):.0f} ms", "≤ 60 ms", verdict(_p99(done) <= 60)],
        ["until it has acknowledged, p99, all runs", ", ".join(f"{_p99(one[0]):.0f}" for one in took) + " ms"],
        [f"in simulated time, {len(simulated):,} writes, p99", f"{alone:.0f} ms", "≤ 60 ms", verdict(alone <= 60)],
        ["the most that the line itself takes", f"{1000 * longest_write_s():.0f} ms"],
        ["the line was busy, as the gateway says", f"{load:.0%}"],
    ]
    return table("A register is written on a busy line: 16 devices of 2 registers, 9600 baud", _HEAD, rows)


def longest_write_s() -> float:
    """Return how long a write takes that comes just after the longest read began."""
    character_s = 10 / BAUD
    read_s, write_s = (8 + 9) * character_s, (8 + 8) * character_s
    return read_s + write_s + 3 * 3.5 * character_s + 2 * ANSWER_S


def _writes(ran: Ran) -> tuple[list[float], list[float], float]:
    """Return the milliseconds until writes were acknowledged, those until they were there, and the line's load."""
    written = {number: at for at, number in ran.end["written"]}
    writes = [one for one in ran.gateway["writes"] if ran.within(one[0])]
    done = sorted(1000 * (told - asked) if told else inf for asked, _, told in writes)
    there = sorted(1000 * (written[number] - asked) if number in written else inf for asked, number, _ in writes)
    return done, there, ran.gateway["load"]


def oversubscribed_table(ran: Ran) -> str:
    """Return how a line goes on that has too much to do, and what it is said to do."""
    members = CASES["oversubscribed"].members
    times = {member.id: [at for at, device in ran.gateway["readings"] if device == member.id] for member in members}
    counts = [len(found) for found in times.values()]
    apart = sorted(after - before for found in times.values() for before, after in pairwise(found))
    real, told = sum(apart) / len(apart), ran.gateway["measured_s"]
    fair, tasks = min(counts) / max(counts), ran.gateway["tasks"] - ran.gateway["tasks_begun"]
    rows = [
        ["asked for / what the line has time for", f"{ran.gateway['planned_load']:.0%}"],
        ["period, asked for and real", f"{1000 * members[0].every_s:.0f} ms, {1000 * real:.0f} ms"],
        ["period, as the gateway says", f"{1000 * told:.0f} ms", "± 5 %", verdict(abs(told / real - 1) <= 0.05)],
        ["readings of the rarest / of the commonest", f"{fair:.0%}", "≥ 90 %", verdict(fair >= 0.9)],
        ["longest pause of a device / mean", f"{apart[-1] / real:.1f}", "≤ 2", verdict(apart[-1] <= 2 * real)],
        ["tasks more than at the start", str(tasks), "0", verdict(tasks == 0)],
        ["slots passed over, and told", f"{ran.gateway['missed']:,}", "> 0", verdict(ran.gateway["missed"] > 0)],
    ]
    return table(f"Oversubscribed: {len(members)} devices every 200 ms at {BAUD} baud", _HEAD, rows)


def frames_table(rans: Sequence[Ran]) -> str:
    """Return how much of the line's time frames took, best run first."""
    parts = sorted(((one.end["theory_s"] - one.start["theory_s"]) / one.seconds for one in rans), reverse=True)
    best = max(rans, key=lambda one: one.end["theory_s"] - one.start["theory_s"])
    frames = best.end["answers"] - best.start["answers"]
    quiet = best.gateway["silence_ms"]
    rows = [
        ["answered requests", f"{frames / best.seconds:.2f} /s"],
        ["of the theoretical rate, best run", f"{parts[0]:.1%}", "≥ 97 %", verdict(parts[0] >= 0.97)],
        ["of the theoretical rate, all runs", ", ".join(f"{part:.1%}" for part in parts)],
        ["silence the gateway kept between frames, median", f"{quiet:.2f} ms (theory {35_000 / BAUD:.2f})"],
    ]
    theory = f"bytes × 10 bits (8N1), 3.5 characters behind each frame, {1000 * ANSWER_S:.0f} ms until the answer"
    return table(f"{BAUD} baud, 2 doors, 6 bins, 4 meters, as fast as it can; theory: {theory}", _HEAD, rows)


def doors_table(ran: Ran) -> str:
    """Return how late a door that opens or shuts was seen."""
    waits = []
    for at, door, is_open in ran.end["flips"]:
        if ran.within(at) and at < ran.end["at"] - 2.0:
            seen = (
                then for then, name, state in ran.gateway["doors"] if (name, state) == (door, is_open) and then > at
            )
            waits.append(1000 * (next(seen, inf) - at))
    waits.sort()
    most = _p99(waits)
    rows = [
        [f"{len(waits)} openings and closings, p50", f"{_part(waits, 0.5):.0f} ms"],
        ["p99", f"{most:.0f} ms", "≤ 300 ms", verdict(most <= 300)],
        ["slowest", f"{waits[-1]:.0f} ms"],
        ["the line was busy, as the gateway says", f"{ran.gateway['load']:.0%}"],
    ]
    return table(f"{BAUD} baud: 2 doors every 200 ms while 6 bins and 4 meters are read every 10 s", _HEAD, rows)


def soak_table(found: Soaked, again: Soaked | None, seconds: float) -> str:
    """Return what became of a simulated day; ``again`` is a short run twice, ``None`` where that was left out."""
    oracle, warm = found.oracle, found.rss[len(found.rss) // 8 :]
    swing = (max(warm) - min(warm)) / _MEGABYTE
    tasks = max(found.tasks) - min(found.tasks)
    rows = [
        [
            "faults; requests; readings; alerts",
            f"{found.faults}; {found.requests:,}; {oracle.readings:,}; {oracle.alerts}",
        ],
        ["readings nobody answered, answers nobody stored", str(len(oracle.wrong)), "0", verdict(not oracle.wrong)],
        ["due and not read, told with a reason", f"{oracle.missed.total() - oracle.missed['unchanged']:,}"],
        [
            f"RSS when warm {min(warm) / _MEGABYTE:.1f} MB, and at most",
            f"+{swing:.1f} MB",
            "≤ 5 MB",
            verdict(swing <= 5),
        ],
        ["tasks more than at the start; left at the end", f"{tasks}; {len(found.left)}", "0; 0"],
        ["tasks that had to be restarted", str(found.restarts), "0", verdict(not found.restarts)],
    ]
    rows[-2].append(verdict(not tasks and not found.left))
    if again is not None:
        rows.append(["the same seed once more", "the same", "the same", verdict(again.digest == found.digest)])
    return table(f"{seconds / 3600:g} h of random faults in simulated time", _HEAD, rows)


def _p99(ordered: Sequence[float]) -> float:
    return _part(ordered, 0.99)


def _part(ordered: Sequence[float], part: float) -> float:
    return ordered[max(0, ceil(part * len(ordered)) - 1)] if ordered else inf
