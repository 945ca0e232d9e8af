"""What people do to alarms at the console: kept, audited, and told to the gateway whose alarm it is, or none of it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from collector.alarms.machine import OWN, WAITING, State, check
from collector.alarms.story import SHELF_LIMIT_US, What
from collector.commands.desk import CommandDesk
from collector.store import alerts, asides, calls, commands, fleet, people, upkeep
from collector.store.alarm_records import AlertRow, AsideRow, ChangeRow
from collector.store.api import Store
from collector.store.records import AuditRow, CommandRow
from collector.store.scope import Scope
from collector.store.tables import alert
from runtime.clock import Clock
from wire.reading import Value

DISPOSITIONS = ("real", "false", "test", "drill", "duplicate", "device_fault")
"""What an alarm turned out to be."""

_COMMANDS = {
    What.ACKNOWLEDGED: "alarm_ack",
    What.SHELVED: "alarm_shelve",
    What.UNSHELVED: "alarm_unshelve",
    What.RESET: "alarm_reset",
}
_AUDITED = {
    What.ACKNOWLEDGED: "acknowledge",
    What.SHELVED: "shelve",
    What.UNSHELVED: "unshelve",
    What.RESET: "reset",
    What.DISPOSED: "dispose",
}


class Deed(NamedTuple):
    """What somebody wants done: ``seconds`` is how long to shelve, ``disposition`` one of ``DISPOSITIONS`` or empty."""

    what: What
    who: str
    note: str = ""
    disposition: str = ""
    seconds: int = 0
    address: str = ""


class AlarmDesk:
    """Does what people want done to alarms. ``told`` is called with every alert that became different, ``queued`` with
    every word that is to go down to a gateway.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        commands: CommandDesk,
        told: Callable[[AlertRow], None],
        queued: Callable[[CommandRow], None],
    ) -> None:
        self._store, self._clock, self._commands = store, clock, commands
        self._told, self._queued = told, queued

    async def do(self, number: str, deed: Deed) -> AlertRow | None:
        """Do it to one alert and return how that stands then; ``None`` where there is no such alert.

        ``DeedRefused`` where it cannot be done to it. Shelving, and its end, are for every alert of the same rule at
        the same device, also those still to come.
        """
        return next(iter(await self._done(lambda scope: _found(scope, number), deed)), None)

    async def acknowledge_flood(self, flood: str, deed: Deed) -> list[AlertRow]:
        """Acknowledge every alert of a flood that waits for a person; return those."""

        def waiting(scope: Scope) -> list[AlertRow]:
            return alerts.chosen(scope, [alert.c.flood == flood, alert.c.state.in_([str(one) for one in WAITING])])

        return await self._done(waiting, deed)

    async def pass_on(self) -> None:
        """Tell gateways that heard a call what was done about it and they do not know: they heard it late, or somebody
        took note of it at another gateway.
        """
        for word in await self._store.write(self._pass_on):
            self._queued(word)

    async def set_aside(self, row: AsideRow, address: str) -> bool:
        """Put a device out of service or a gateway under maintenance; ``False`` where there is none such."""
        return await self._moved(row, True, address)

    async def bring_back(self, row: AsideRow, address: str) -> bool:
        """Undo ``set_aside``; ``False`` where it was not aside."""
        return await self._moved(row, False, address)

    async def _done(self, chosen: Callable[[Scope], Sequence[AlertRow]], deed: Deed) -> list[AlertRow]:
        rows, words = await self._store.write(self._do, chosen, deed)
        for row in rows:
            self._told(row)
        for word in words:
            self._queued(word)
        return rows

    def _do(
        self, scope: Scope, chosen: Callable[[Scope], Sequence[AlertRow]], deed: Deed
    ) -> tuple[list[AlertRow], list[CommandRow]]:
        now = self._clock.now()
        done: list[AlertRow] = []
        words: list[CommandRow] = []
        for row in chosen(scope):
            check(row, deed.what)
            first = len(done)
            for one in [row, *_alike(scope, row, deed.what)]:
                change = _change(one, deed, now)
                alerts.add_changes(scope, one.id, [change])
                done.append(alerts.settled(scope, one, now))
                words += self._words_for(scope, one, change)
            target = f"{row.gateway}/{row.device}"
            detail = " ".join(part for part in (f"{row.rule}:", deed.note, deed.disposition) if part)
            what = _AUDITED[deed.what]
            people.add_audit(scope, AuditRow(now, deed.who, what, target, done[first].state, detail, deed.address))
        return done, words

    def _pass_on(self, scope: Scope) -> list[CommandRow]:
        words: list[CommandRow] = []
        for ear in calls.owed(scope, self._clock.now()):
            row, known = alerts.one(scope, ear.call), {one.at for one in alerts.changes_of(scope, ear.number)}
            done = {row.acknowledged_at, row.reset_at} - known if row else set()
            for change in alerts.changes(scope, ear.call):
                if change.at in done and change.what in (What.ACKNOWLEDGED, What.RESET):
                    alerts.keep(scope, ear.number, [change])
                    words += self._word_for(scope, ear.gateway, ear.alert, change)
        return words

    def _words_for(self, scope: Scope, row: AlertRow, change: ChangeRow) -> list[CommandRow]:
        told = [(ear.gateway, ear.alert) for ear in calls.ears(scope, row.id)] or [(row.gateway, row.alert)]
        return [word for gateway, alert_name in told for word in self._word_for(scope, gateway, alert_name, change)]

    def _word_for(self, scope: Scope, gateway: str, alert_name: str, change: ChangeRow) -> list[CommandRow]:
        """Queue what the gateway is told of it; nothing where the alert is none of its own or it is not believed."""
        name = _COMMANDS.get(What(change.what))
        held = fleet.one_gateway(scope, gateway)
        if name is None or alert_name.startswith(OWN) or held is None or held.revoked_at is not None:
            return []
        args: dict[str, Value] = {
            "alert": alert_name,
            "at": change.at,
            "who": change.who,
            "note": change.note,
            "until": change.until,
        }
        word = self._commands.alarm_deed(gateway, name, args, change.who, change.note)
        commands.add(scope, word)
        return [word]

    async def _moved(self, row: AsideRow, away: bool, address: str) -> bool:
        changed = await self._store.write(_move, row, away, address, self._clock.now())
        return changed is not None


def _found(scope: Scope, number: str) -> list[AlertRow]:
    row = alerts.one(scope, number)
    return [row] if row else []


def _alike(scope: Scope, row: AlertRow, what: What) -> list[AlertRow]:
    if what is What.SHELVED:
        return [one for one in alerts.kin(scope, row, _SHELVABLE) if one.level == row.level]
    return alerts.kin(scope, row, [State.SHELVED]) if what is What.UNSHELVED else []


_SHELVABLE = (State.UNACKNOWLEDGED, State.ACKNOWLEDGED, State.RETURNED)


def _change(row: AlertRow, deed: Deed, now: int) -> ChangeRow:
    # a person acts on what is seen, so after everything that is known, whatever the gateway's clock says
    at = max(now, row.changed_at + 1)
    until = min(now + deed.seconds * 1_000_000, at + SHELF_LIMIT_US) if deed.what is What.SHELVED else 0
    disposition = deed.disposition
    return ChangeRow(at, str(deed.what), row.level, deed.who, deed.note, "console", until, disposition, received_at=now)


def _move(scope: Scope, row: AsideRow, away: bool, address: str, now: int) -> AsideRow | None:
    whole = row.kind == upkeep.MAINTENANCE
    known = fleet.one_gateway(scope, row.gateway) if whole else fleet.one_device(scope, row.gateway, row.device)
    if known is None or not (away or asides.end(scope, row.gateway, row.device, row.kind)):
        return None
    if away:
        asides.put(scope, row)
    what = row.kind if away else f"{row.kind}_ended"
    people.add_audit(scope, AuditRow(now, row.who, what, f"{row.gateway}/{row.device}", "ok", row.note, address))
    return row
