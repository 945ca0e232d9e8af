"""What every store must do, whatever database is under it; a subclass gives the fixture ``store``."""

import asyncio
import secrets
from itertools import permutations

import pytest
from msgspec.structs import replace

from collector.store import alerts, clocks, commands, completeness, fleet, history, people
from collector.store.api import Store
from collector.store.records import (
    AuditRow,
    CommandRow,
    EnrolmentRow,
    GatewayRow,
    Judged,
    PersonRow,
    SessionRow,
)
from collector.store.scope import Scope
from wire.alert import AlertChange, AlertState, Level
from wire.chunk import ClockFix, ClockMark, ClockState, Content, Gap, Lane, Loss, Missed, Summary
from wire.codec import seal
from wire.outcome import LocalAction, Outcome, OutcomeState
from wire.reading import Batch

MARK = ClockMark("boot", ClockState.SYNCED, 0, 0)
JOURNAL = secrets.token_hex(16)


def history_chunk(seq: int, *batches: Batch, journal: str = JOURNAL) -> Judged:
    """Return a judged chunk of the history lane."""
    content = Content(MARK, batches=batches)
    return Judged(seal(content, journal=journal, lane=Lane.HISTORY, seq=seq), content)


def command(number: str, state: str = "queued", expires_at: int = 100) -> CommandRow:
    """Return a command of g-1's door."""
    return CommandRow(number, "g-1", "door-1", "open", {}, "why", "who", 1, expires_at, b"p", b"s", state)


class StoreSuite:
    """The contract of ``collector.store.api.Store``."""

    async def test_a_chunk_is_stored_once(self, store: Store) -> None:
        entry = history_chunk(1, Batch("d", 5, ("a", "b"), (1.5, True)))
        first = await store.ingest("g-1", [entry], 10)
        again = await store.ingest("g-1", [entry, entry], 11)
        assert (first.readings, first.chunks, first.again) == (2, 1, 0)
        assert (again.readings, again.chunks, again.again) == (0, 0, 2)
        assert await store.read(fleet.tallies) == {"readings": 2, "entries": 2, "chunks": 1, "again": 2}

    async def test_a_new_journal_starts_again_at_one(self, store: Store) -> None:
        await store.ingest("g-1", [history_chunk(1, Batch("d", 5, ("a",), (1.0,)))], 10)
        other = history_chunk(1, Batch("d", 6, ("a",), (1.0,)), journal=secrets.token_hex(16))
        assert (await store.ingest("g-1", [other], 10)).readings == 1
        assert (await store.ingest("g-2", [other], 10)).readings == 1

    async def test_readings_come_back_in_order(self, store: Store) -> None:
        batches = [Batch("d", at, ("a",), (float(at),)) for at in (3, 1, 2)]
        done = await store.ingest("g-1", [history_chunk(1, *batches)], 10)
        assert [(moved.device, moved.points) for moved in done.moved] == [("d", {"a": (3.0, 0, 3)})]
        series = await store.read(history.one_series, "g-1", "d", "a")
        assert series is not None
        rows = await store.read(history.stretch, series.series_id, None, None, 10)
        assert [(at, value) for at, value, *_ in rows] == [(1, 1.0), (2, 2.0), (3, 3.0)]

    async def test_the_newest_value_never_goes_back(self, store: Store) -> None:
        await store.ingest("g-1", [history_chunk(1, Batch("d", 5, ("a",), (5.0,)))], 10)
        done = await store.ingest("g-1", [history_chunk(2, Batch("d", 4, ("a",), (4.0,)))], 11)
        assert done.moved == []
        assert [(row.at, row.value) for row in await store.read(history.newest)] == [(5, 5.0)]

    async def test_a_wrong_clocks_future_is_older_than_today(self, store: Store) -> None:
        ahead = 10**12
        for seq, at, received_at in ((1, ahead, 10), (2, 5, 11), (3, 2 * ahead, 12), (4, 6, 13)):
            await store.ingest("g-1", [history_chunk(seq, Batch("d", at, ("a",), (float(seq),)))], received_at)
            expected = {1: 1.0, 2: 2.0, 3: 2.0, 4: 4.0}[seq]
            assert [row.value for row in await store.read(history.newest)] == [expected]

    async def test_two_readings_of_one_instant_are_both_kept(self, store: Store) -> None:
        values = (1.0, 2.0, 1.0, 3.0)
        for seq, value in enumerate(values, 1):
            done = await store.ingest("g-1", [history_chunk(seq, Batch("d", 5, ("a",), (value,)))], 10)
            assert (done.readings, done.duplicates, done.beside) == ((0, 1, 0) if seq == 3 else (1, 0, int(seq > 1)))
        within = history_chunk(9, *(Batch("d", 100, ("a", "b"), (value, "x")) for value in values))
        done = await store.ingest("g-1", [within], 10)
        assert (done.readings, done.duplicates, done.entries) == (4, 4, 4)
        series = await store.read(history.one_series, "g-1", "d", "a")
        assert series is not None
        rows = await store.read(history.stretch, series.series_id, None, None, 10)
        assert [row[:2] for row in rows] == [(5, 1.0), (6, 2.0), (7, 3.0), (100, 1.0), (101, 2.0), (102, 3.0)]

    async def test_state_chunks_move_the_newest_values_alone(self, store: Store) -> None:
        content = Content(MARK, batches=(Batch("d", 5, ("a",), (1.0,)),))
        chunk = seal(content, journal=JOURNAL, lane=Lane.STATE, seq=1)
        done = await store.ingest("g-1", [Judged(chunk, content)], 10)
        assert (done.readings, done.entries, len(done.moved)) == (0, 0, 1)
        assert [(row.at, row.value) for row in await store.read(history.newest)] == [(5, 1.0)]
        assert (await store.read(completeness.account, "g-1", None, 0, completeness.HOUR_US)).hours == []

    async def test_the_account_of_an_hour(self, store: Store) -> None:
        line, hour = Missed("d", 7, ("a", "b"), "offline", 2), completeness.HOUR_US
        gap = Gap("state", 4, "buffer_full", 0, 9, losses=(Loss("d", "b", hour + 1, 4),))
        summary = Summary("d", hour, 60, ("a",), (3,), (1.0,), (2.0,), (3.0,), (3.0,))
        for seq in (1, 2):
            content = Content(
                MARK, batches=(Batch("d", seq, ("a",), (1.0,)),), missed=(line,), gaps=(gap,), summaries=(summary,)
            )
            chunk = seal(content, journal=JOURNAL, lane=Lane.HISTORY, seq=seq)
            await store.ingest("g-1", [Judged(chunk, content)], 10)
        rows = (await store.read(completeness.account, "g-1", None, 0, 2 * hour)).hours
        assert [(row.point, row.hour, row.delivered, row.thinned, row.lost) for row in rows] == [
            ("a", 0, 2, 0, {"offline": 4}),
            ("a", hour, 0, 6, {}),
            ("b", 0, 0, 0, {"offline": 4}),
            ("b", hour, 0, 0, {"buffer_full": 8}),
        ]
        assert (await store.read(completeness.account, "g-2", None, 0, hour)).hours == []

    async def test_the_newest_fix_of_a_boot(self, store: Store) -> None:
        fixes = [ClockFix("boot", offset, 1, mono, "ntp") for offset, mono in ((10, 5), (30, 9), (20, 7))]
        await store.write(clocks.note_fixes, "g-1", [*fixes, *fixes], 10)
        assert await store.read(clocks.newest_fix, "g-1", "boot") == fixes[1]
        assert await store.read(clocks.newest_fix, "g-1", "other") is None
        assert await store.read(clocks.newest_fix, "g-2", "boot") is None

    async def test_work_that_raises_leaves_no_trace(self, store: Store) -> None:
        def spoilt(scope: Scope) -> None:
            people.add_audit(scope, AuditRow(1, "me", "try", "", "ok"))
            raise LookupError

        with pytest.raises(LookupError):
            await store.write(spoilt)
        assert await store.read(people.audit_page, limit=5, before=None) == []

    async def test_an_upload_that_fails_leaves_no_trace(self, store: Store) -> None:
        entry = history_chunk(1, Batch("d", 5, ("a",), (1.0,)))
        content = Content(MARK, batches=entry.content.batches, alerts=(None,))  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            await store.ingest("g-1", [Judged(entry.chunk, content)], 10)
        assert await store.read(fleet.tallies) == {}
        assert (await store.ingest("g-1", [entry], 10)).readings == 1

    async def test_uploads_of_many_at_once(self, store: Store) -> None:
        entries = [history_chunk(seq, Batch("d", seq, ("a",), (1.0,))) for seq in range(1, 21)]
        await asyncio.gather(*(store.ingest(f"g-{n}", [entry], 10) for n in range(3) for entry in entries))
        assert await store.read(fleet.tallies) == {"readings": 60, "entries": 60, "chunks": 60}
        assert (await store.read(fleet.tallies, "g-1"))["readings"] == 20

    async def test_a_code_is_taken_once(self, store: Store) -> None:
        await store.write(fleet.add_code, EnrolmentRow("hash", "g-1", "name", 1, "me", 100))
        assert await store.write(fleet.take_code, "hash", "g-2", 5) is None
        assert await store.write(fleet.take_code, "hash", "g-1", 100) is None
        assert await store.write(fleet.take_code, "hash", "g-1", 99) is not None
        assert await store.write(fleet.take_code, "hash", "g-1", 99) is None

    async def test_gateways_keep_what_they_had(self, store: Store) -> None:
        await store.write(fleet.enrol, GatewayRow("g-1", "one", "", "k1", 5))
        await store.write(fleet.note_signs, [{"gateway": "g-1", "seen_at": 7, "status": b"s"}])
        await store.write(fleet.enrol, GatewayRow("g-1", "", "", "k2", 9))
        row = await store.read(fleet.one_gateway, "g-1")
        assert row is not None
        assert (row.name, row.public_key, row.enrolled_at, row.seen_at, row.status) == ("one", "k2", 9, 7, b"s")

    async def test_an_alert_change_counts_once(self, store: Store) -> None:
        change = AlertChange("a", "r", "d", AlertState.RAISED, Level.RED, 5, 4, values={"p": True})
        [first] = await store.write(alerts.apply_change, "g-1", change, 10)
        assert await store.write(alerts.apply_change, "g-1", change, 11) == []
        assert await store.read(alerts.one, first.id) == first
        assert await store.read(alerts.open_counts) == [("g-1", "d", "red", "unacknowledged", 1)]

    async def test_changes_in_any_order_end_the_same(self, store: Store) -> None:
        changes = [
            AlertChange("a", "r", "d", state, level, at, 4, text={"zh": str(at)}, who=who)
            for state, level, at, who in (
                (AlertState.RAISED, Level.YELLOW, 5, ""),
                (AlertState.CHANGED, Level.RED, 6, ""),
                (AlertState.ACKNOWLEDGED, Level.RED, 7, "门卫"),
                (AlertState.CLEARED, Level.RED, 8, ""),
            )
        ]
        ends: set[str] = set()
        for number, order in enumerate(permutations(changes)):
            for change in order:
                [row] = await store.write(alerts.apply_change, f"g-{number}", change, 10)
            ends.add(str(replace(row, gateway="", id="")))
        assert len(ends) == 1
        assert "closed" in ends.pop()

    async def test_commands_end_truthfully(self, store: Store) -> None:
        for number, state in (("q", "queued"), ("s", "sent"), ("late", "sent")):
            await store.write(commands.add, command(number, state))
        assert [row.id for row in await store.read(commands.to_deliver, "g-1", 99)] == ["q", "s", "late"]
        assert await store.read(commands.waiting) == 3
        ended = await store.write(commands.conclude, 130, 30)
        assert {row.id: row.state for row in ended} == {"q": "expired", "s": "unknown", "late": "unknown"}
        told = Outcome("late", "door-1", OutcomeState.EXECUTED, 90, readback={"x": 1})
        row = await store.write(commands.apply_outcome, "g-1", told, 140)
        assert row is not None
        assert (row.state, row.readback, row.outcome_at) == ("executed", {"x": 1}, 90)
        assert await store.write(commands.apply_outcome, "g-1", told, 141) is None

    async def test_what_a_gateway_did_by_itself_is_kept_once_and_as_its_own(self, store: Store) -> None:
        asked = LocalAction("a", "fire", "release", 80, {"x": 1})
        told = Outcome("rule:a", "door-1", OutcomeState.REFUSED, 90, "line_lost", action=asked)
        row = await store.write(commands.apply_outcome, "g-1", told, 140)
        assert row is not None
        assert (row.gateway, row.device, row.name, row.args, row.by) == (
            "g-1",
            "door-1",
            "release",
            {"x": 1},
            "rule:fire",
        )
        assert (row.state, row.issued_at, row.outcome_at, row.payload) == ("refused", 80, 90, b"")
        assert await store.read(commands.one, row.id) == row
        assert await store.read(commands.of_alerts, [row.alert, "other"]) == [row]
        assert await store.write(commands.apply_outcome, "g-1", told, 141) is None
        other = await store.write(commands.apply_outcome, "g-2", told, 142)
        assert other is not None
        assert other.gateway == "g-2"
        assert len({row.id, other.id, row.alert, other.alert}) == 4
        audit = await store.read(people.audit_page, limit=5, before=None)
        assert [(line.who, line.what, line.target, line.result) for line in audit] == [
            ("rule:fire", "command_by_rule", "g-2/door-1", "refused"),
            ("rule:fire", "command_by_rule", "g-1/door-1", "refused"),
        ]

    async def test_what_a_gateway_says_it_did_never_touches_a_command(self, store: Store) -> None:
        await store.write(commands.add, command("mine"))
        claimed = Outcome("mine", "door-1", OutcomeState.EXECUTED, 90, action=LocalAction("a", "r", "open", 80))
        for gateway in ("g-1", "g-2"):
            row = await store.write(commands.apply_outcome, gateway, claimed, 140)
            assert row is not None
            assert row.id != "mine"
        kept = await store.read(commands.one, "mine")
        assert kept is not None
        assert (kept.state, kept.reported, kept.alert) == ("queued", False, "")
        assert [row.id for row in await store.read(commands.to_deliver, "g-1", 50)] == ["mine"]

    async def test_sessions_end_with_the_password(self, store: Store) -> None:
        await store.write(people.put_person, PersonRow("me", "h1", "admin", 1))
        await store.write(people.add_session, SessionRow("t", "me", 1, 1, ""), 0)
        assert await store.read(people.one_session, "t") is not None
        await store.write(people.put_person, PersonRow("me", "h2", "viewer", 9))
        assert await store.read(people.one_session, "t") is None
        assert await store.read(people.one_person, "me") == PersonRow("me", "h2", "viewer", 1)

    async def test_closing_twice_is_fine(self, store: Store) -> None:
        await store.close()
        await store.close()
