"""A second agent on one buffer leaves word, and the first hears it for as long as it comes again."""

from pathlib import Path

from edge_agent.second import HEARD_S, SecondAgent, leave_word
from runtime.testing import FakeClock


async def test_what_is_left_is_heard_for_a_while_and_what_was_left_before_is_not(tmp_path: Path) -> None:
    clock, buffer = FakeClock(), tmp_path / "buffer.db"
    leave_word(buffer)
    second = SecondAgent(buffer, clock)
    assert not second.there()
    leave_word(buffer)
    assert second.there()
    await clock.advance(HEARD_S / 2)
    leave_word(buffer)
    assert second.there()
    await clock.advance(HEARD_S - 1)
    assert second.there()
    await clock.advance(2)
    assert not second.there()
    assert list(tmp_path.iterdir()) == []


async def test_where_nothing_can_be_left_nothing_is_heard(tmp_path: Path) -> None:
    buffer = tmp_path / "nowhere" / "buffer.db"
    leave_word(buffer)
    assert not SecondAgent(buffer, FakeClock()).there()
