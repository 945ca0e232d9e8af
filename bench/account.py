"""What a process has used so far, as the kernel counts it: processor, memory, writes (proc(5))."""

import os
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Account:
    """``at`` is monotonic seconds, ``cpu_s`` user and system time of all threads, ``written`` bytes handed to the disk,
    ``memory`` and ``peak`` resident bytes.
    """

    at: float
    cpu_s: float
    written: int
    memory: int
    peak: int


def account(pid: int) -> Account:
    """Return the account of a running process; ``OSError`` if there is none."""
    proc = Path("/proc") / str(pid)
    fields = (proc / "stat").read_text().rpartition(")")[2].split()
    status = _pairs(proc / "status")
    return Account(
        monotonic(),
        (int(fields[11]) + int(fields[12])) / _TICKS,
        int(_pairs(proc / "io")["write_bytes"]),
        _bytes(status["VmRSS"]),
        _bytes(status["VmHWM"]),
    )


def busy_s() -> float:
    """Return the processor seconds that all programs of this machine have used since it started."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _idle, _waiting, interrupts, softly = fields[:7]
    return (user + nice + system + interrupts + softly) / _TICKS


def own_s() -> float:
    """Return the processor seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _pairs(path: Path) -> dict[str, str]:
    return dict(line.split(":", 1) for line in path.read_text().splitlines())


def _bytes(text: str) -> int:
    number, unit = text.split()
    if unit != "kB":
        raise ValueError(f"proc counts memory in kB, not in {unit}")
    return int(number) * 1024
