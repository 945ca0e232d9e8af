"""Where people's words about alarms come in, from the guard house or the console, are entered, stored and followed."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from edge_agent.alarms.alarm import Alarm, Deed, DeedRefused, Verb
from edge_agent.alarms.book import AlarmBook
from edge_agent.heed import Heed, Heeded
from edge_agent.telling import Told
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.alert import AlertChange, AlertState
from wire.command import Command
from wire.outcome import OutcomeState

LOOK_S = 5.0
"""How often it looks whose time on the shelf is over."""

_PREFIX = "alarm_"
_log = get_logger("alarms")


class Memory(Protocol):
    """What the desk needs of the buffer."""

    async def put_now(self, *, alerts: Sequence[AlertChange] = (), notes: Mapping[str, bytes] | None = None) -> bool:
        """Store changes and remember notes, in one transaction; tell whether it is durable."""
        ...


class Followers(Protocol):
    """Who heeds what people do, as of the present configuration."""

    @property
    def heed(self) -> Heed:
        """What follows from changes of alerts."""
        ...


class AlarmDesk:
    """What a person at the site does goes up to the collector; what comes down from the collector does not go up again:
    its outcome tells it all.
    """

    def __init__(self, book: AlarmBook, memory: Memory, followers: Followers, clock: Clock) -> None:
        self.book, self._memory, self._followers, self._clock = book, memory, followers, clock

    async def here(self, deed: Deed) -> AlertChange:
        """Do what somebody at the box asked for and store it; ``DeedRefused`` where it is not done."""
        worsened_at = self.book.find(deed.alert).worsened_at
        change = self.book.do(replace(deed, at=max(deed.at, worsened_at)))  # it is now, whatever was done to the clock
        heeded = self._followers.heed([change])
        storing = self._memory.put_now(alerts=(change,), notes={**heeded.notes, **self.book.notes()})
        heeded.begin()
        await storing
        return change

    def told(self, command: Command) -> tuple[Told, Heeded]:
        """Do what the console asked for with a command to the gateway itself; the caller stores the outcome together
        with the notes and lets begin what follows, before it waits for anything.
        """
        try:
            change = self.book.do(_deed(command))
        except DeedRefused as error:
            return Told(OutcomeState.REFUSED, error.word, error.detail), Heeded()
        heeded = self._followers.heed([change])
        return Told(OutcomeState.EXECUTED), Heeded({**heeded.notes, **self.book.notes()}, heeded.begin)

    async def run(self) -> None:
        """Endlessly bring back what has been on the shelf for its time."""
        while True:
            await self._clock.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Bring back what has been on the shelf for its time; those who follow hear of it, the collector knew it."""
        back = [_back(alarm, self._clock.now()) for alarm in self.book.come_back()]
        heeded = self._followers.heed(back)
        notes = {**heeded.notes, **self.book.notes()}
        if notes:
            storing = self._memory.put_now(notes=notes)
            heeded.begin()
            await storing


def _back(alarm: Alarm, now: int) -> AlertChange:
    _log.info("alarm_back_from_the_shelf", alert=alarm.alert)
    return AlertChange(
        alarm.alert, alarm.rule, alarm.device, AlertState.UNSHELVED, alarm.level, now, alarm.since, alarm.latched,
        text=alarm.text,
    )  # fmt: skip


def _deed(command: Command) -> Deed:
    """Return what ``alarm_ack`` and its like ask for; ``DeedRefused`` for another name or argument."""
    args = command.args
    alert, who, note = (args.get(name, "") for name in ("alert", "who", "note"))
    at, until = args.get("at", command.issued_at), args.get("until", 0)
    words = isinstance(alert, str) and isinstance(who, str) and isinstance(note, str)
    times = isinstance(at, int) and isinstance(until, int)
    name = command.name.removeprefix(_PREFIX)
    if not command.name.startswith(_PREFIX) or name not in list(Verb):
        raise DeedRefused("unknown_verb", command.name)
    if not words or not times:
        raise DeedRefused("unknown_verb", "alert, who and note are text, at and until are microseconds")
    return Deed(Verb(name), str(alert), str(who or command.by), int(at or 0), str(note), int(until or 0))
