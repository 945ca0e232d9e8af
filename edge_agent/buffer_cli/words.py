"""Words and numbers that the buffer commands share."""

from datetime import UTC, datetime

STATE = "/var/lib/linli/agent"
"""Where the agent keeps its state unless it is told otherwise."""

LANES = ("alarms", "state", "history")
"""The lanes by number."""

LANES_ZH = {"alarms": "告警", "state": "状态", "history": "历史"}


def moment(at: int) -> str:
    """Return a time (µs) as a person reads it, UTC; a dash for none."""
    if not at:
        return "-"
    try:
        return datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(at)
