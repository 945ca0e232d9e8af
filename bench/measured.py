"""What was measured of one case, and the tables in which it stands beside the bare loop."""

from dataclasses import dataclass

from bench.plan import REGISTERS

_MEGABYTE = 1_000_000
_FAST, _HERTZ_CORE, _IDLE_CORE, _MOST_RSS = 0.60, 3.0, 0.3, 60 * _MEGABYTE


@dataclass(frozen=True)
class Measured:
    """Readings and processor use while a case was watched, and what became of every entry afterwards.

    ``asked`` is how often the devices were asked in all. ``produced`` entries (readings, alerts, the inventory) were
    made durable by the agent, which still ``owed`` some to the collector when it was stopped. In the end each was
    ``stored`` by the collector or, without one, is ``pending`` in the buffer.
    """

    readings: int
    wall_s: float
    cpu_s: float
    memory: int
    written: int = 0
    asked: int = 0
    produced: int = 0
    stored: int = 0
    pending: int = 0
    owed: int = 0
    doubled: int = 0

    @property
    def rate(self) -> float:
        """Return readings per second."""
        return self.readings / self.wall_s

    @property
    def per_cpu_s(self) -> float:
        """Return readings per processor second."""
        return self.readings / self.cpu_s

    @property
    def core(self) -> float:
        """Return percent of one core."""
        return 100 * self.cpu_s / self.wall_s

    @property
    def lost(self) -> int:
        """Return durable entries that are neither stored nor pending."""
        return self.produced - self.stored - self.pending


def fast_table(title: str, bare: Measured, agents: dict[str, Measured]) -> str:
    """Return the table of the cases that ran as fast as they could."""
    head = ["", "readings/s", "of bare", "readings per CPU s", "of bare", "RSS MB"]
    first = ["bare pymodbus loop", f"{bare.rate:,.0f}", "1", f"{bare.per_cpu_s:,.0f}", "1", _megabytes(bare)]
    rows = [
        [
            f"agent: {name}",
            f"{one.rate:,.0f}",
            f"{one.rate / bare.rate:.0%}",
            f"{one.per_cpu_s:,.0f}",
            f"{one.per_cpu_s / bare.per_cpu_s:.0%}",
            _megabytes(one),
            *_fate(one),
            *_judged(f"≥ {_FAST:.0%} per CPU s, 1.00, 0, 0", one.per_cpu_s >= _FAST * bare.per_cpu_s and _whole(one)),
        ]
        for name, one in agents.items()
    ]
    return table(title, head + _FATE + _BAR, [first, *rows])


def hertz_table(title: str, bare: Measured, hertz: Measured, idle: Measured) -> str:
    """Return the table of the cases that had time to spare."""
    head = ["", "readings/s", "CPU of a core", "RSS MB"]
    small = hertz.memory <= _MOST_RSS
    rows = [
        ["bare pymodbus loop, 1 Hz", f"{bare.rate:,.0f}", f"{bare.core:.1f} %", _megabytes(bare)],
        [
            *["agent, 1 Hz", f"{hertz.rate:,.0f}", f"{hertz.core:.1f} %", _megabytes(hertz), *_fate(hertz)],
            *_judged(
                f"≤ {_HERTZ_CORE:g} %, ≤ 60 MB, 1.00, 0, 0", hertz.core <= _HERTZ_CORE and small and _whole(hertz)
            ),
        ],
        [
            *["agent, 2 devices once a minute", "0", f"{idle.core:.1f} %", _megabytes(idle), *[""] * len(_FATE)],
            *_judged(f"≤ {_IDLE_CORE:g} %", idle.core <= _IDLE_CORE),
        ],
    ]
    return table(title, head + _FATE + _BAR, rows)


def table(title: str, head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table; short rows are filled up."""
    whole = [head, ["---"] * len(head), *(row + [""] * (len(head) - len(row)) for row in rows)]
    return "\n".join([f"\n### {title}\n", *("| " + " | ".join(row) + " |" for row in whole)])


def verdict(met: bool) -> str:
    """Return what stands beside a bar."""
    return "met" if met else "MISSED"


_BAR = ["bar", ""]
_FATE = ["bytes written/reading", "requests/poll", "lost", "doubled", "owed when stopped"]


def _judged(bar: str, met: bool) -> list[str]:
    return [bar, verdict(met)]


def _whole(one: Measured) -> bool:
    """Tell whether no poll was merged with another, and nothing lost or doubled."""
    return round(_polls(one), 2) == 1 and not one.lost and not one.doubled


def _polls(one: Measured) -> float:
    return one.asked / (one.produced / REGISTERS)


def _fate(one: Measured) -> list[str]:
    written = one.written / one.readings
    return [f"{written:.0f}", f"{_polls(one):.2f}", str(one.lost), str(one.doubled), f"{one.owed:,}"]


def _megabytes(one: Measured) -> str:
    return f"{one.memory / _MEGABYTE:.0f}"
