"""How much of a gateway's past is here, by what it says of its backlog."""

from collector.rules.progress import complete_until, started_at
from tests.unit.collector.community import SECOND
from wire.status import Status

NOW = 1_000_000 * SECOND


def status(at: int, pending: int = 0, oldest: int = 0) -> Status:
    return Status(at, "boot", "1", 60.0, "j", "durable", 9, pending, oldest)


def test_what_waits_is_not_whole_and_a_clock_ahead_is_not_believed() -> None:
    assert complete_until(status(NOW), NOW, 15 * SECOND) == NOW - 15 * SECOND
    assert complete_until(status(NOW, 3, NOW - 3600 * SECOND), NOW, 0) == NOW - 3600 * SECOND
    assert complete_until(status(NOW, 0, NOW - 3600 * SECOND), NOW, 0) == NOW
    assert complete_until(status(NOW + 50 * SECOND), NOW, 0) == NOW
    assert complete_until(status(NOW - 50 * SECOND), NOW, 0) == NOW - 50 * SECOND


def test_an_agents_start_is_told_by_how_long_it_runs() -> None:
    assert started_at(status(NOW)) == NOW - 60 * SECOND
