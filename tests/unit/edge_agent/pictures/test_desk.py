"""A wish to see a picture is answered once, with the picture or the reason why not, while somebody may still wait."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from edge_agent.pictures.album import Found, NoSuchPicture
from edge_agent.pictures.desk import AT_ONCE, PATIENCE_S, PictureDesk, is_wish
from edge_agent.uplink.errors import NoAnswer, Refused
from runtime.testing import FakeClock
from wire.command import Command
from wire.outcome import OutcomeState
from wire.picture import PictureAnswer
from wire.reading import Value


class _Bench:
    """The album and the way to the collector at once: both as simple as can be."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.asked: list[tuple[str, bool]] = []
        self.shown: list[PictureAnswer] = []
        self.refusing: list[Exception] = []
        self.desk = PictureDesk(self, self.show, self.clock)
        self._ids = 0

    async def find(self, reference: str, *, whole: bool) -> Found:
        self.asked.append((reference, whole))
        if reference.endswith("gone"):
            raise NoSuchPicture("picture_gone")
        return Found(b"jpeg", 7, not whole)

    async def show(self, answer: PictureAnswer, patience_s: float) -> None:
        assert 0 < patience_s <= PATIENCE_S
        if self.refusing:
            raise self.refusing.pop(0)
        self.shown.append(answer)

    def wish(self, **args: Value) -> str:
        self._ids += 1
        told, heeded = self.desk.told(Command(str(self._ids), "g-1", "", "picture_look", 0, 1, args, "li"))
        heeded.begin()
        return told.reason or told.state.value


@pytest.fixture
async def bench() -> AsyncIterator[_Bench]:
    made = _Bench()
    running = asyncio.create_task(made.desk.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_picture_or_the_reason_goes_to_the_collector(bench: _Bench) -> None:
    assert bench.wish(reference="cam-1-aa", whole=True) == OutcomeState.EXECUTED.value
    bench.wish(reference="cam-1-aa", whole=False)
    bench.wish(reference="cam-1-aa")
    bench.wish(reference="cam-1-gone", whole=True)
    await bench.clock.advance(0)
    assert bench.asked == [("cam-1-aa", True), ("cam-1-aa", False), ("cam-1-aa", False), ("cam-1-gone", True)]
    assert [(one.command, one.word, one.masked, one.data) for one in bench.shown] == [
        ("1", "", False, b"jpeg"),
        ("2", "", True, b"jpeg"),
        ("3", "", True, b"jpeg"),
        ("4", "picture_gone", False, b""),
    ]


@pytest.mark.parametrize("reference", ["", "../cam-1-aa", 7])
async def test_what_is_no_reference_is_refused(bench: _Bench, reference: Value) -> None:
    assert bench.wish(reference=reference, whole=True) == "bad_argument"


async def test_one_that_the_way_does_not_carry_is_said_to_be_too_large(bench: _Bench) -> None:
    bench.refusing = [Refused(413, None, None, 0.0)]
    bench.wish(reference="cam-1-aa", whole=True)
    await bench.clock.advance(0)
    assert bench.shown == [PictureAnswer("1", b"", "too_large")]


async def test_a_line_that_fails_loses_one_answer_and_not_the_next(bench: _Bench) -> None:
    bench.refusing = [NoAnswer("timeout"), Refused(404, None, None, 0.0)]
    for _ in range(3):
        bench.wish(reference="cam-1-aa", whole=True)
    await bench.clock.advance(0)
    assert [one.command for one in bench.shown] == ["3"]


async def test_nobody_is_sent_what_nobody_waits_for_and_too_many_wishes_are_refused() -> None:
    bench = _Bench()
    said = [bench.wish(reference="cam-1-aa", whole=True) for _ in range(AT_ONCE + 1)]
    assert (said.count("executed"), said[-1]) == (AT_ONCE, "busy")
    await bench.clock.advance(PATIENCE_S)
    running = asyncio.create_task(bench.desk.run())
    await bench.clock.advance(0)
    assert (bench.asked, bench.shown) == ([], [])
    assert bench.wish(reference="cam-1-bb", whole=True) == "executed"
    await bench.clock.advance(0)
    assert [one.command for one in bench.shown] == [str(AT_ONCE + 2)]
    running.cancel()


def test_the_wish_has_a_name_of_its_own() -> None:
    assert is_wish(Command("1", "g-1", "", "picture_look", 0, 1))
    assert not is_wish(Command("1", "g-1", "", "alarm_ack", 0, 1))
