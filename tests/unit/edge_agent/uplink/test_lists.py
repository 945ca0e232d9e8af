"""The plate lists on their way down: what is believed, what is not, and that they come all or not at all."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.buffer import Buffer
from edge_agent.uplink import CollectorUplink
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector
from tests.fakes.lists import FakeListKeeper
from tests.unit.edge_agent.uplink.running import T0, Commands, make_uplink, running, until
from wire.codec import MEDIA_TYPE, decode, encode
from wire.identity import sign_part
from wire.plates import ListKind, ListsAsked, ListsPart, PlateEntry

LISTED = tuple(PlateEntry(f"浙F0000{i}", ListKind.visitor, T0, T0 + i) for i in range(5))
LOOPS = ("uplink-status", "uplink-lists")


@pytest.fixture
def keeper() -> FakeListKeeper:
    return FakeListKeeper()


@pytest.fixture
async def listing(
    clock: FakeClock, collector: FakeCollector, buffer: Buffer, keeper: FakeListKeeper
) -> AsyncIterator[CollectorUplink]:
    collector.listed, collector.lists_version = LISTED, T0
    uplink = make_uplink(collector, buffer, clock, Commands(), lists=keeper)
    yield uplink
    await uplink.close()


def forged(change: Callable[[ListsPart], tuple[ListsPart, Ed25519PrivateKey]], collector: FakeCollector) -> None:
    """Have the next answers about lists be what ``change`` makes of the whole list, and its signer."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = decode(request.content, ListsAsked).start
        part, key = change(ListsPart("gw-1", T0, 5, start, LISTED))
        return httpx.Response(200, headers={"Content-Type": MEDIA_TYPE}, content=encode(sign_part(part, key)))

    collector.troubles["lists"].append(answer)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda part, _: (part, Ed25519PrivateKey.generate()), "bad_signature"),
        (lambda part, key: (ListsPart("gw-2", T0, 5, part.start, LISTED), key), "wrong_audience"),
        (lambda part, key: (ListsPart("gw-1", T0, 100_001, part.start, LISTED), key), "garbage"),
        (lambda part, key: (ListsPart("gw-1", T0, 9, part.start, ()), key), "garbage"),
        (lambda part, key: (ListsPart("gw-1", T0, 3, part.start, LISTED), key), "garbage"),
        (lambda part, key: (ListsPart("gw-1", T0, 5, 2, LISTED), key), "garbage"),
    ],
)
async def test_what_nobody_of_ours_said_is_not_taken_and_the_next_try_succeeds(
    listing: CollectorUplink,
    collector: FakeCollector,
    keeper: FakeListKeeper,
    clock: FakeClock,
    change: Callable[[ListsPart, Ed25519PrivateKey], tuple[ListsPart, Ed25519PrivateKey]],
    word: str,
) -> None:
    forged(lambda part: change(part, collector.command_key), collector)
    async with running(listing, *LOOPS):
        await until(lambda: not collector.troubles["lists"])
        await until(lambda: listing.state.problem == word)
        assert keeper.taken == []
        await until(lambda: keeper.taken == [LISTED], clock)
    assert listing.state.problem == ""


async def test_lists_that_change_on_their_way_are_begun_anew(
    listing: CollectorUplink, collector: FakeCollector, keeper: FakeListKeeper, clock: FakeClock
) -> None:
    def changed(request: httpx.Request) -> httpx.Response:
        collector.listed, collector.lists_version = LISTED[::-1], T0 + 1
        return collector.lists_part(request)

    collector.troubles["lists"] += [collector.lists_part, changed]
    async with running(listing, *LOOPS):
        await until(lambda: bool(keeper.taken), clock)
    assert keeper.taken == [LISTED[::-1]]
    assert keeper.version == T0 + 1


async def test_older_lists_are_never_taken(
    listing: CollectorUplink, collector: FakeCollector, keeper: FakeListKeeper, clock: FakeClock
) -> None:
    keeper.version = T0 + 7
    async with running(listing, *LOOPS):
        await until(lambda: len(collector.statuses) > 2, clock)
        assert "lists" not in collector.requests
        forged(lambda part: (part, collector.command_key), collector)
        collector.lists_version = T0 + 8
        await until(lambda: keeper.version == T0 + 8, clock)
    assert keeper.taken == [LISTED], "what was played back is not among them"


async def test_an_empty_list_is_a_list(
    listing: CollectorUplink, collector: FakeCollector, keeper: FakeListKeeper, clock: FakeClock
) -> None:
    collector.listed = ()
    async with running(listing, *LOOPS):
        await until(lambda: keeper.taken == [()], clock)


async def test_a_full_disk_keeps_the_old_ones_and_is_tried_again(
    listing: CollectorUplink, keeper: FakeListKeeper, clock: FakeClock
) -> None:
    keeper.full = True
    async with running(listing, *LOOPS):
        await until(lambda: listing.state.problem == "not_stored")
        keeper.full = False
        await until(lambda: keeper.taken == [LISTED], clock)


async def test_a_box_that_keeps_no_lists_asks_for_none(
    uplink: CollectorUplink, collector: FakeCollector, clock: FakeClock
) -> None:
    collector.lists_version = T0
    async with running(uplink, *LOOPS):
        await until(lambda: len(collector.statuses) > 1, clock)
    assert "lists" not in collector.requests
