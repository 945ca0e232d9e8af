"""The book of alarms: every alarm that stands or waits for a person, kept with the alerts themselves and bounded."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Protocol

from msgspec.structs import replace

from config.settings import RuleSettings
from edge_agent.alarms.alarm import Ack, Alarm, Deed, DeedRefused, Shelf, Standing, Verb
from edge_agent.heed import Heed, Heeded
from edge_agent.slots import Slots
from runtime.logs import get_logger
from wire.alert import AlertChange, AlertState, Level

MOST = 1000
"""So many alarms are kept. Of more, those go first whose condition has ended, then the mildest and oldest."""

MOST_SHELVES = 200

LONGEST_SHELF_US = 8 * 3600 * 1_000_000
"""Nobody sets an alarm aside for longer than a shift; the console's clock may be a minute ahead."""

_CLOCKS_APART_US = 60_000_000

LONGEST_WORD = 200
"""So many characters of a name or a note are kept."""

_log = get_logger("alarms")


class Known(Protocol):
    """What a rule engine says of an alert that stands."""

    @property
    def alert(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def level(self) -> Level: ...
    @property
    def since(self) -> int: ...
    @property
    def raised_at(self) -> int: ...
    @property
    def latched(self) -> bool: ...


class AlarmBook:
    """All alarms, and what lies on the shelf: a rule on a device, whatever occurrence of it somebody pointed at.

    What it does is stored by its caller: ``heed`` and ``do`` return the notes.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._alarms: Slots[Alarm] = Slots("alarms", dict[str, Alarm], 64)
        self._shelves: Slots[Shelf] = Slots("shelves", dict[str, Shelf], 4)
        self.forgotten = 0

    async def read(self, note: Callable[[str], Awaitable[bytes | None]]) -> None:
        """Take up what was remembered before the restart; call once."""
        await self._alarms.read(note)
        await self._shelves.read(note)

    def reconcile(self, known: Collection[Known], own: str) -> None:
        """Hold the book against the alerts that the rules say stand: what is not in it is entered, what stands in it
        and for no rule has ended. The gateway ``own``'s alerts about itself are no rule's.
        """
        standing = {one.alert for one in known}
        for alarm in self._alarms:
            if not alarm.ended_at and alarm.alert not in standing and alarm.device != own:
                self._end(alarm, self._now())
        for one in known:
            if self._alarms.get(one.alert) is None:
                self._enter(Alarm(one.alert, one.rule, one.device, one.level, one.since, one.raised_at, one.latched))

    def under(self, rules: Iterable[RuleSettings]) -> Heed:
        """Return what heeds the changes of these rules' alerts; rules that are no alert are none here."""
        silent = frozenset((rule.id, device) for rule in rules if not rule.record for device in rule.devices)
        return partial(self._heed, silent)

    def get(self, alert: str) -> Alarm | None:
        """Return the alarm of this id."""
        return self._alarms.get(alert)

    def find(self, name: str) -> Alarm:
        """Return the alarm that a person means by an id or a short key; ``DeedRefused`` where it is not one alarm."""
        found = self._alarms.get(name)
        if found is not None:
            return found
        meant = [alarm for alarm in self._alarms if alarm.key == name.lower()]
        if len(meant) != 1:
            raise DeedRefused("no_such_alert", name)
        return meant[0]

    def alarms(self) -> list[Alarm]:
        """Return all alarms, worst first, then newest first."""
        return sorted(self._alarms, key=lambda alarm: (alarm.level.rank, -alarm.raised_at))

    def shelf_of(self, alarm: Alarm) -> Shelf | None:
        """Return the shelf on which an alarm lies now."""
        shelf = self._shelves.get(_watch(alarm.rule, alarm.device))
        if shelf is None or self._is_over(shelf) or alarm.level.rank < shelf.level.rank:
            return None
        return shelf

    def standing_of(self, alarm: Alarm) -> Standing:
        """Return where it stands now."""
        return alarm.standing(self.shelf_of(alarm))

    def asks_for_people(self, alert: str) -> bool:
        """Tell whether the alarm's condition holds and nobody has taken note of it or set it aside."""
        alarm = self._alarms.get(alert)
        return alarm is not None and self.standing_of(alarm) is Standing.UNACKNOWLEDGED

    def noticed(self, alert: str) -> bool:
        """Tell whether a person has taken note of an alarm or set it aside."""
        alarm = self._alarms.get(alert)
        return alarm is not None and self.standing_of(alarm) in (Standing.ACKNOWLEDGED, Standing.SHELVED)

    def counts(self) -> dict[str, int]:
        """Return how many alarms stand where."""
        counted = dict.fromkeys((one.value for one in Standing), 0)
        for alarm in self._alarms:
            counted[self.standing_of(alarm).value] += 1
        return counted

    def come_back(self) -> list[Alarm]:
        """Take away the shelves whose time is over; return the alarms that ask for people again."""
        back: list[Alarm] = []
        for key, shelf in self._shelves.items():
            if self._is_over(shelf):
                self._shelves.drop(key)
                back += [one for one in self._alarms if _watch(one.rule, one.device) == key and not one.ended_at]
        return [alarm for alarm in back if alarm.ack is None]

    def notes(self) -> dict[str, bytes]:
        """Return what is to be remembered since the last call."""
        return self._alarms.notes() | self._shelves.notes()

    def do(self, deed: Deed) -> AlertChange:
        """Do it; return the change as it is told to others. ``DeedRefused`` where it cannot be.

        Of two acknowledgements the one counts that was given first by its own time; the other is told all the same.
        """
        alarm = self.find(deed.alert)
        deed = replace(deed, who=deed.who.strip()[:LONGEST_WORD], note=deed.note.strip()[:LONGEST_WORD])
        if not deed.who:
            raise DeedRefused("who_missing")
        match deed.verb:
            case Verb.ACK:
                self._acknowledge(alarm, deed)
            case Verb.SHELVE:
                self._shelve(alarm, deed)
            case Verb.UNSHELVE:
                if self.shelf_of(alarm) is None:
                    raise DeedRefused("not_shelved")
                self._shelves.drop(_watch(alarm.rule, alarm.device))
            case Verb.RESET:
                self._reset(alarm)
        _log.info("alarm_by_person", did=deed.verb.value, alert=alarm.alert, who=deed.who)
        return AlertChange(
            alarm.alert, alarm.rule, alarm.device, deed.verb.becomes, alarm.level, deed.at, alarm.since, alarm.latched,
            text=alarm.text, who=deed.who, note=deed.note, until=deed.until if deed.verb is Verb.SHELVE else 0,
        )  # fmt: skip

    def _acknowledge(self, alarm: Alarm, deed: Deed) -> None:
        if deed.at < alarm.worsened_at:
            raise DeedRefused("acknowledged_before_it_worsened")
        if alarm.ack is not None:
            if alarm.ack.who == deed.who:
                raise DeedRefused("already_acknowledged", alarm.ack.who)
            if alarm.ack.at <= deed.at:
                return
        alarm = replace(alarm, ack=Ack(deed.who, deed.at, deed.note))
        self._keep(alarm)

    def _shelve(self, alarm: Alarm, deed: Deed) -> None:
        now = self._now()
        if not deed.note:
            raise DeedRefused("reason_missing")
        if deed.until <= now:
            raise DeedRefused("until_past")
        if deed.until - now > LONGEST_SHELF_US + _CLOCKS_APART_US:
            raise DeedRefused("until_too_far")
        if len(self._shelves) >= MOST_SHELVES:
            soonest = min(self._shelves.items(), key=lambda one: one[1].until)
            self._shelves.drop(soonest[0])
        shelf = Shelf(deed.who, deed.at, deed.until, deed.note, alarm.level)
        self._shelves.put(_watch(alarm.rule, alarm.device), shelf)

    def _is_over(self, shelf: Shelf) -> bool:
        """Tell whether its time is over, or further away than anybody may have said: then the clock was set back."""
        return not 0 < shelf.until - self._now() <= LONGEST_SHELF_US + _CLOCKS_APART_US

    def _reset(self, alarm: Alarm) -> None:
        if not alarm.latched:
            raise DeedRefused("not_latched")
        if not alarm.ended_at:
            raise DeedRefused("still_standing")
        self._alarms.drop(alarm.alert)

    def _heed(self, silent: Collection[tuple[str, str]], changes: Sequence[AlertChange]) -> Heeded:
        also: list[AlertChange] = []
        for change in changes:
            if (change.rule, change.device) not in silent:
                also += self._take(change)
        return Heeded(self.notes(), also=also)

    def _take(self, change: AlertChange) -> list[AlertChange]:
        """Enter one change of a rule's; return what is to be told besides. What people do is entered by ``do``."""
        alarm = self._alarms.get(change.alert)
        if change.state is AlertState.RAISED:
            return self._raised(change)
        if alarm is None:
            return []
        if change.state is AlertState.CLEARED:
            self._end(alarm, change.at)
        elif change.state is AlertState.CHANGED:
            self._changed(alarm, change)
        return []

    def _raised(self, change: AlertChange) -> list[AlertChange]:
        alarm = Alarm(
            change.alert, change.rule, change.device, change.level, change.since, change.at, change.latched, change.text
        )
        self._enter(alarm)
        shelf = self.shelf_of(alarm)
        if shelf is None:
            return []
        return [replace(change, state=AlertState.SHELVED, values={}, who=shelf.who, note=shelf.note, until=shelf.until)]

    def _changed(self, alarm: Alarm, change: AlertChange) -> None:
        """An alarm that has grown worse is a new one to people: nobody has taken note of it, and no shelf holds it."""
        worse = change.level.rank < alarm.level.rank
        if worse and (shelf := self.shelf_of(alarm)) is not None and change.level.rank < shelf.level.rank:
            self._shelves.drop(_watch(alarm.rule, alarm.device))
        self._alarms.put(
            alarm.alert,
            replace(
                alarm,
                level=change.level,
                text=change.text or alarm.text,
                latched=alarm.latched or change.latched,
                worsened_at=change.at if worse else alarm.worsened_at,
                ack=None if worse else alarm.ack,
            ),
        )

    def _end(self, alarm: Alarm, at: int) -> None:
        self._keep(replace(alarm, ended_at=alarm.ended_at or max(at, 1)))

    def _keep(self, alarm: Alarm) -> None:
        """Keep an alarm as long as its condition holds or a person has something to do about it."""
        if alarm.ended_at and alarm.ack is not None and not alarm.latched:
            self._alarms.drop(alarm.alert)
        else:
            self._alarms.put(alarm.alert, alarm)

    def _enter(self, alarm: Alarm) -> None:
        self._alarms.put(alarm.alert, alarm)
        if len(self._alarms) > MOST:
            least = min(self._alarms, key=lambda one: (not one.ended_at, -one.level.rank, one.raised_at))
            self._alarms.drop(least.alert)
            self.forgotten += 1
            _log.warning("alarm_forgotten", alert=least.alert, most=MOST)


def _watch(rule: str, device: str) -> str:
    """Return the key of a rule on a device."""
    return f"{rule}\0{device}"
