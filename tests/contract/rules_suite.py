"""What every store must do for the collector's own rules; a subclass gives the fixture ``store``."""

import secrets

import pytest

from collector.store import rules
from collector.store.api import Store
from collector.store.records import Judged
from collector.store.rules import NotOurs, PartRow
from collector.store.scope import Scope
from wire.chunk import ClockMark, ClockState, Content, Lane
from wire.codec import seal
from wire.event import Event
from wire.reading import Batch, Quality

MARK = ClockMark("boot", ClockState.SYNCED, 0, 0)


async def put(store: Store, *batches: Batch, events: tuple[Event, ...] = ()) -> None:
    content = Content(MARK, batches=batches, events=events)
    chunk = seal(content, journal=secrets.token_hex(16), lane=Lane.HISTORY, seq=1)
    await store.ingest("g-1", [Judged(chunk, content)], 10)


class RulesSuite:
    """The contract of ``collector.store.rules`` over any ``collector.store.api.Store``."""

    async def test_one_owner_at_a_time(self, store: Store) -> None:
        await store.write(rules.hold, "a", 10, 20)
        await store.write(rules.hold, "a", 15, 25)
        with pytest.raises(NotOurs):
            await store.write(rules.hold, "b", 25, 35)
        await store.write(rules.hold, "b", 26, 36)
        with pytest.raises(NotOurs):
            await store.write(rules.hold, "a", 27, 37)
        await store.write(rules.let_go, "b")
        await store.write(rules.hold, "a", 28, 38)

    async def test_who_lost_the_rules_stores_nothing(self, store: Store) -> None:
        def stored(scope: Scope) -> None:
            rules.keep(scope, [PartRow("g-1", 5, b"x")])
            rules.hold(scope, "a", 10, 20)

        await store.write(rules.hold, "b", 0, 30)
        with pytest.raises(NotOurs):
            await store.write(stored)
        assert await store.read(rules.parts) == {}

    async def test_a_part_is_as_it_was_kept_last(self, store: Store) -> None:
        for row in (PartRow("g-1", 5, b"x"), PartRow("g-1", 6, b"y"), PartRow("", 1, b"z")):
            await store.write(rules.keep, [row])
        assert await store.read(rules.parts) == {"g-1": PartRow("g-1", 6, b"y"), "": PartRow("", 1, b"z")}

    async def test_a_stretch_is_whole_in_order_and_only_what_is_asked_for(self, store: Store) -> None:
        offline = (0, int(Quality.OFFLINE))
        await put(store, Batch("d", 3, ("a", "b", "c"), (1.5, True, "x")), Batch("d", 1, ("a", "b"), (0.5, False)))
        await put(store, Batch("d", 4, ("a", "b"), (2.5, None), offline), Batch("e", 2, ("a",), (9.0,)))
        found = await store.read(rules.batches_between, "g-1", {"d": ("a", "b")}, 1, 4)
        assert [(each.device, each.at, dict(zip(each.points, each.values, strict=True))) for each in found] == [
            ("d", 3, {"a": 1.5, "b": True}),
            ("d", 4, {"a": 2.5, "b": None}),
        ]
        assert found[1].quality[found[1].points.index("b")] == Quality.OFFLINE
        newest = await store.read(rules.newest_until, "g-1", {"d": ("a", "c"), "e": ("a",)}, 3)
        assert [(each.device, each.at, sorted(each.points)) for each in newest] == [
            ("e", 2, ["a"]),
            ("d", 3, ["a", "c"]),
        ]
        assert await store.read(rules.batches_between, "g-2", {"d": ("a",)}, 0, 9) == []
        assert await store.read(rules.alive_until, "g-1", 3) == 3
        assert await store.read(rules.alive_until, "g-2", 3) is None

    async def test_events_of_a_stretch(self, store: Store) -> None:
        events = tuple(Event(str(at), "d", "opened", at, {"n": at}) for at in (4, 1, 3, 2))
        await put(store, events=(*events, Event("x", "e", "opened", 2)))
        assert [each.at for each in await store.read(rules.events_between, "g-1", ["d"], 1, 3)] == [2, 3]
        assert await store.read(rules.events_between, "g-1", [], 0, 9) == []
