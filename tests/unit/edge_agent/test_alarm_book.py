"""The book of alarms: states after ISA-18.2, kept over a restart, bounded whatever a bad day brings."""

from dataclasses import dataclass

import pytest

from edge_agent.alarms.alarm import Deed, DeedRefused, Verb
from edge_agent.alarms.book import MOST
from tests.unit.edge_agent.acting import rule
from tests.unit.edge_agent.alarming import HOUR_US, Office, alert
from wire.alert import AlertChange, AlertState, Level

CLEARED, CHANGED = AlertState.CLEARED, AlertState.CHANGED


async def test_an_alarm_is_closed_when_its_condition_is_over_and_a_person_took_note_in_either_order() -> None:
    office = Office()
    await office.tell(alert(), alert(alert="a2"))
    assert office.standing() == "unacknowledged"
    office.book.do(office.deed(Verb.ACK))
    assert office.standing() == "acknowledged"
    await office.tell(alert(CLEARED, at=5), alert(CLEARED, alert="a2", at=5))
    assert (office.standing(), office.standing("a2")) == (None, "returned_unacknowledged")
    office.book.do(office.deed(Verb.ACK, alert="a2"))
    assert office.standing("a2") is None


async def test_a_latched_alarm_waits_for_its_reset_which_must_not_come_early() -> None:
    office = Office()
    await office.tell(alert(latched=True))
    with pytest.raises(DeedRefused, match="still_standing"):
        office.book.do(office.deed(Verb.RESET))
    await office.tell(alert(CLEARED, at=5, latched=True))
    office.book.do(office.deed(Verb.ACK))
    assert office.standing() == "latched"
    office.book.do(office.deed(Verb.RESET))
    assert office.one() is None
    await office.tell(alert(alert="a2"))
    with pytest.raises(DeedRefused, match="not_latched"):
        office.book.do(office.deed(Verb.RESET, alert="a2"))


async def test_what_grows_worse_asks_for_people_again_and_what_grows_milder_does_not() -> None:
    office = Office()
    await office.tell(alert(at=office.clock.now()))
    office.book.do(office.deed(Verb.ACK))
    await office.tell(alert(CHANGED, Level.BLUE, at=office.clock.now() + 1))
    assert office.standing() == "acknowledged"
    early = office.deed(Verb.ACK, "wang", after_s=-1)
    await office.tell(alert(CHANGED, Level.RED, at=office.clock.now() + 2))
    assert office.standing() == "unacknowledged"
    with pytest.raises(DeedRefused, match="acknowledged_before_it_worsened"):
        office.book.do(early)
    office.book.do(office.deed(Verb.ACK, after_s=1))
    assert office.standing() == "acknowledged"


async def test_of_two_acknowledgements_the_earlier_by_its_own_time_counts_and_the_other_is_told_all_the_same() -> None:
    office = Office()
    await office.tell(alert())
    office.book.do(office.deed(Verb.ACK, "li", after_s=10))
    with pytest.raises(DeedRefused, match="already_acknowledged: li"):
        office.book.do(office.deed(Verb.ACK, "li", after_s=20))
    later = office.book.do(office.deed(Verb.ACK, "wang", after_s=15))
    assert (later.state, later.who) == (AlertState.ACKNOWLEDGED, "wang")
    assert office.taken_note().who == "li"
    office.book.do(office.deed(Verb.ACK, "zhao", after_s=5))
    assert office.taken_note().who == "zhao"


async def test_the_shelf_holds_a_rule_on_a_device_until_its_time_and_every_new_alarm_says_so() -> None:
    office = Office()
    await office.tell(alert())
    until = office.clock.now() + HOUR_US
    office.book.do(office.deed(Verb.SHELVE, note="搬家", until=until))
    assert office.standing() == "shelved"
    await office.tell(alert(CLEARED, at=5))
    await office.tell(alert(alert="a2"), alert(alert="a3", device="door-2"), alert(level=Level.RED, alert="a4"))
    assert [office.standing(name) for name in ("a2", "a3", "a4")] == ["shelved", "unacknowledged", "unacknowledged"]
    told = [change for change in office.buffer.alerts if change.state is AlertState.SHELVED]
    assert [(one.alert, one.who, one.note, one.until) for one in told] == [("a2", "li", "搬家", until)]
    await office.clock.advance(3600)
    assert {one.alert for one in office.book.come_back()} == {"a2", "a4"}
    assert office.standing("a2") == "unacknowledged"


async def test_a_shelf_does_not_hold_what_grows_worse() -> None:
    office = Office()
    await office.tell(alert())
    office.book.do(office.deed(Verb.SHELVE, note="搬家", until=office.clock.now() + HOUR_US))
    await office.tell(alert(CHANGED, Level.ORANGE, at=9))
    assert office.standing() == "unacknowledged"
    assert office.book.come_back() == []


@dataclass(frozen=True)
class Wrong:
    verb: Verb
    word: str
    who: str = "li"
    note: str = "why"
    hours: float = 1.0
    alert: str = "a1"


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong(Verb.SHELVE, "reason_missing", note=" "),
        Wrong(Verb.SHELVE, "until_past", hours=0),
        Wrong(Verb.SHELVE, "until_too_far", hours=8.1),
        Wrong(Verb.UNSHELVE, "not_shelved"),
        Wrong(Verb.ACK, "who_missing", who="  "),
        Wrong(Verb.ACK, "no_such_alert", alert="nobody"),
    ],
    ids=lambda wrong: wrong.word,
)
async def test_what_cannot_be_is_refused_and_changes_nothing(wrong: Wrong) -> None:
    office = Office()
    await office.tell(alert())
    office.book.notes()
    until = office.clock.now() + round(wrong.hours * HOUR_US)
    with pytest.raises(DeedRefused) as refused:
        office.book.do(Deed(wrong.verb, wrong.alert, wrong.who, office.clock.now(), wrong.note, until))
    assert refused.value.word == wrong.word
    assert (office.standing(), office.book.notes()) == ("unacknowledged", {})


async def test_a_restart_forgets_nothing_and_the_short_key_still_means_the_alarm() -> None:
    office = Office()
    await office.tell(*(alert(alert=f"a{number}") for number in range(50)))
    key = office.book.alarms()[7].key
    named = office.book.find(key.upper())
    await office.desk.here(office.deed(Verb.ACK, alert=key, note="看过了"))
    until = office.clock.now() + HOUR_US
    await office.desk.here(office.deed(Verb.SHELVE, alert="a1", note="检修", until=until))
    before = {one.alert: office.standing(one.alert) for one in office.book.alarms()}
    await office.restart()
    assert {one.alert: office.standing(one.alert) for one in office.book.alarms()} == before
    assert office.taken_note(named.alert).note == "看过了"


async def test_only_the_notes_that_changed_are_written() -> None:
    office = Office()
    await office.tell(*(alert(alert=f"a{number}") for number in range(500)))
    heeded = office.book.under(())([alert(alert="one more")])
    assert len(heeded.notes) == 1
    whole = sum(map(len, office.buffer.notes.values()))
    assert sum(map(len, heeded.notes.values())) < whole / 20
    assert office.book.under(())([]).notes == {}


async def test_a_damaged_note_costs_its_own_alarms_only() -> None:
    office = Office()
    await office.tell(*(alert(alert=f"a{number}") for number in range(200)))
    office.buffer.notes["alarms.5"] = b"\xff"
    await office.restart()
    assert 150 < len(office.book.alarms()) < 200


async def test_the_book_is_bounded_and_gives_up_what_is_over_and_mild_first() -> None:
    office = Office()
    await office.tell(alert(level=Level.RED, alert="fire"), alert(level=Level.BLUE, alert="old"))
    await office.tell(alert(CLEARED, level=Level.RED, alert="fire", at=3))
    for number in range(MOST):
        await office.tell(alert(level=Level.RED, alert=f"b{number}"))
    assert (len(office.book.alarms()), office.book.forgotten) == (MOST, 2)
    assert (office.one("fire"), office.one("old")) == (None, None)


async def test_the_book_is_held_against_what_the_rules_remember() -> None:
    office = Office()
    mine = AlertChange("own", "buffer_full", "gate", AlertState.RAISED, Level.YELLOW, 1, 1)
    await office.tell(alert(), alert(alert="a2"), mine)

    @dataclass(frozen=True)
    class Known:
        alert: str
        rule: str = "r"
        device: str = "door-9"
        level: Level = Level.RED
        since: int = 3
        raised_at: int = 4
        latched: bool = False

    office.book.reconcile([Known("a2"), Known("a9")], "gate")
    assert office.standing() == "returned_unacknowledged"
    assert [office.standing(name) for name in ("a2", "a9", "own")] == ["unacknowledged"] * 3


async def test_an_automation_is_no_alarm() -> None:
    automation = rule()
    object.__setattr__(automation, "record", False)
    office = Office([automation])
    await office.tell(alert(rule="fire"), alert(alert="a2", rule="fire", device="door-7"))
    assert [one.alert for one in office.book.alarms()] == ["a2"]
