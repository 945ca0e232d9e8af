"""People's words about alarms: from the guard house they go up, from the console they do not, and both are kept."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.alarms.alarm import Verb
from edge_agent.commands import Commands
from tests.unit.edge_agent.alarming import HOUR_US, Office, alert
from wire.alert import AlertState, Level
from wire.command import Command
from wire.identity import sign_command
from wire.outcome import OutcomeState
from wire.reading import Batch, Value

KEY = Ed25519PrivateKey.generate()


async def _no_report(batch: Batch) -> None:
    raise AssertionError(batch)


class _NoDevices:
    def telling(self, device: str, command: str) -> None:
        """Nobody listens."""

    def driver_of(self, device: str) -> object | None:
        return None

    def is_online(self, device: str) -> bool:
        return False


class _Console(Office):
    """An office whose gateway hears the console."""

    def __init__(self) -> None:
        super().__init__()
        self.commands = Commands(
            memory=self.buffer,
            targets=_NoDevices(),
            report=_no_report,
            collector_now=self.clock.now,
            clock=self.clock,
            own=self.desk.told,
        )

    async def order(self, name: str, number: int = 1, expires_s: float = 30.0, **args: Value) -> None:
        await self.give(name, args, number, expires_s)

    async def give(self, name: str, args: dict[str, Value], number: int = 1, expires_s: float = 30.0) -> None:
        now = self.clock.now()
        args = {"alert": "a1", "who": "desk", "at": now, **args}
        command = Command(f"c{number}", "gate", "", name, now, now + round(expires_s * 1e6), args, "desk", "seen")
        await self.commands.take(sign_command(command, KEY), KEY.public_key(), "gate")
        await self.clock.advance(0)

    def outcomes(self) -> list[tuple[OutcomeState, str]]:
        return [(one.state, one.reason) for one in self.buffer.outcomes]


async def test_what_the_guard_house_does_goes_up_with_its_name_and_is_remembered_with_it() -> None:
    office = Office()
    await office.tell(alert())
    await office.desk.here(office.deed(Verb.ACK, "张", note="已派人"))
    change = office.buffer.alerts[-1]
    assert (change.alert, change.state, change.who, change.note) == ("a1", AlertState.ACKNOWLEDGED, "张", "已派人")
    assert (change.rule, change.device) == ("held_open", "door-1")
    assert (office.followed, office.begun) == ([change], 1)
    until = office.clock.now() + HOUR_US
    await office.desk.here(office.deed(Verb.SHELVE, "张", note="检修", until=until))
    assert (office.buffer.alerts[-1].state, office.buffer.alerts[-1].until) == (AlertState.SHELVED, until)
    await office.desk.here(office.deed(Verb.UNSHELVE, "张"))
    assert office.buffer.alerts[-1].state is AlertState.UNSHELVED
    await office.restart()
    assert office.standing() == "acknowledged"


async def test_what_the_console_does_does_not_go_up_again_and_its_outcome_tells_it() -> None:
    console = _Console()
    await console.tell(alert())
    await console.order("alarm_ack", note="phoned")
    assert [one.state for one in console.buffer.alerts] == [AlertState.RAISED]
    assert console.outcomes() == [(OutcomeState.EXECUTED, "")]
    assert [one.state for one in console.followed] == [AlertState.ACKNOWLEDGED]
    assert (console.taken_note().who, console.taken_note().note) == ("desk", "phoned")
    await console.restart()
    assert console.standing() == "acknowledged"


async def test_the_console_shelves_unshelves_and_resets() -> None:
    console = _Console()
    await console.tell(alert(latched=True))
    await console.order("alarm_shelve", 1, until=console.clock.now() + HOUR_US, note="works")
    assert console.standing() == "shelved"
    await console.order("alarm_unshelve", 2)
    assert console.standing() == "unacknowledged"
    await console.tell(alert(AlertState.CLEARED, at=5, latched=True))
    await console.order("alarm_reset", 3)
    assert console.one() is None
    assert console.outcomes() == [(OutcomeState.EXECUTED, "")] * 3


@pytest.mark.parametrize(
    ("name", "args", "word"),
    [
        ("alarm_ack", {"alert": "a7"}, "no_such_alert"),
        ("alarm_shelve", {"note": ""}, "reason_missing"),
        ("alarm_dance", {}, "unknown_verb"),
        ("reboot", {}, "unknown_verb"),
        ("alarm_ack", {"at": "noon"}, "unknown_verb"),
        ("alarm_ack", {"alert": 7}, "unknown_verb"),
    ],
)
async def test_what_the_console_cannot_have_is_refused_with_its_word(
    name: str, args: dict[str, Value], word: str
) -> None:
    console = _Console()
    await console.tell(alert())
    await console.give(name, args)
    assert console.outcomes() == [(OutcomeState.REFUSED, word)]
    assert (console.standing(), console.followed) == ("unacknowledged", [])


async def test_a_command_to_the_gateway_is_done_once_and_never_late() -> None:
    console = _Console()
    await console.tell(alert())
    await console.order("alarm_ack", 1, expires_s=0)
    assert console.outcomes() == [(OutcomeState.EXPIRED, "expired")]
    await console.order("alarm_ack", 2)
    await console.order("alarm_ack", 2)
    assert console.outcomes()[1:] == [(OutcomeState.EXECUTED, "")]


async def test_who_follows_hears_when_the_time_on_the_shelf_is_over_and_nothing_goes_up() -> None:
    office = Office()
    await office.tell(alert())
    await office.desk.here(office.deed(Verb.SHELVE, note="works", until=office.clock.now() + HOUR_US))
    running = asyncio.create_task(office.desk.run())
    await office.clock.advance(3700)
    assert [(one.state, one.who) for one in office.followed[1:]] == [(AlertState.UNSHELVED, "")]
    assert len(office.buffer.alerts) == 2
    running.cancel()


async def test_a_clock_that_is_set_back_keeps_nobody_from_acknowledging_and_nothing_on_the_shelf_for_longer() -> None:
    office = Office()
    await office.tell(alert(), alert(AlertState.CHANGED, Level.RED, at=office.clock.now()))
    office.clock.step_wall(-86_400_000_000)
    await office.desk.here(office.deed(Verb.ACK))
    assert office.standing() == "acknowledged"
    await office.desk.here(office.deed(Verb.SHELVE, note="works", until=office.clock.now() + HOUR_US))
    assert office.standing() == "shelved"
    office.clock.step_wall(-86_400_000_000)
    assert office.standing() == "acknowledged"
