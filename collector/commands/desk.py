"""Where commands are made and ended: what may be asked is checked before it is signed, and silence has an end."""

import secrets
from collections.abc import Callable, Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.access.roles import Right, may
from collector.store import commands, fleet, people
from collector.store.api import Store
from collector.store.records import AuditRow, CommandRow, PersonRow
from collector.store.scope import Scope
from runtime.clock import Clock
from wire.codec import decode
from wire.command import Command
from wire.identity import sign_command
from wire.inventory import CommandInfo, DeviceInfo
from wire.picture import LOOK
from wire.reading import Value

LIFE_S = 30
"""How long a command may still be carried out."""

ALARM_LIFE_S = 86_400
"""How long what a person did to an alarm may still be told to the gateway that raised it."""

GRACE_S = 30
"""How long after its life the outcome of a delivered command is awaited before it counts as unknown."""

_REASON_LIMIT = 500


class CommandRefused(Exception):
    """The command was not made; ``word`` is one of ``not_allowed``, ``no_such_device``, ``unknown_command``,
    ``bad_argument``, ``reason_missing``, ``gateway_offline``.
    """

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(detail)
        self.word, self.detail = word, detail


class CommandDesk:
    """Makes commands and concludes them. ``told`` is called with each command whose state has changed."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        key: Ed25519PrivateKey,
        reachable: Callable[[str], bool],
        told: Callable[[CommandRow], None],
    ) -> None:
        self._store, self._clock, self._key = store, clock, key
        self._reachable, self._told = reachable, told

    async def create(
        self,
        person: PersonRow,
        gateway: str,
        device: str,
        name: str,
        args: Mapping[str, Value],
        reason: str,
        address: str = "",
    ) -> CommandRow:
        """Sign and queue a command, audited; ``CommandRefused``, audited as well, otherwise."""
        reason = reason.strip()
        try:
            full = await self._checked(person, gateway, device, name, args, reason)
        except CommandRefused as refusal:
            row = self._line(person.name, f"{gateway}/{device}", refusal.word, f"{name[:64]}: {reason[:200]}", address)
            await self._store.write(people.add_audit, row)
            raise
        made = self._signed(gateway, device, name, full, LIFE_S, person.name, reason)
        row = self._line(person.name, f"{gateway}/{device}", "queued", f"{name} {made.id}: {reason}", address)
        await self._store.write(_keep, made, row)
        self._told(made)
        return made

    def alarm_deed(self, gateway: str, name: str, args: dict[str, Value], by: str, reason: str) -> CommandRow:
        """Return the signed word, not kept yet, of what somebody did to an alarm: it is for the gateway, no device."""
        return self._signed(gateway, "", name, args, ALARM_LIFE_S, by, reason)

    def picture_wish(self, gateway: str, args: dict[str, Value], life_s: float, by: str) -> CommandRow:
        """Return the signed wish, not kept yet, of somebody to see a picture: it is for the gateway, no device."""
        return self._signed(gateway, "", LOOK, args, life_s, by, "")

    async def conclude(self) -> None:
        """End what has waited too long."""
        now = self._clock.now()
        for row in await self._store.write(commands.conclude, now, GRACE_S * 1_000_000):
            self._told(row)

    async def run(self) -> None:
        """Conclude once a second, for ever."""
        while True:
            await self._clock.sleep(1.0)
            await self.conclude()

    async def _checked(
        self, person: PersonRow, gateway: str, device: str, name: str, args: Mapping[str, Value], reason: str
    ) -> dict[str, Value]:
        if not may(person.role, Right.COMMAND):
            raise CommandRefused("not_allowed", f"the role {person.role} may not give commands")
        row = await self._store.read(fleet.one_device, gateway, device)
        if row is None:
            raise CommandRefused("no_such_device", f"{gateway} has no device {device}")
        info = _offered(decode(row.info, DeviceInfo).commands, name)
        full = _arguments(info, args)
        if not reason:
            raise CommandRefused("reason_missing", "say why")
        if len(reason) > _REASON_LIMIT:
            raise CommandRefused("bad_argument", f"the reason is longer than {_REASON_LIMIT} characters")
        if not self._reachable(gateway):
            raise CommandRefused("gateway_offline", f"{gateway} has not been heard of lately")
        return full

    def _signed(
        self, gateway: str, device: str, name: str, args: dict[str, Value], life_s: float, by: str, reason: str
    ) -> CommandRow:
        now = self._clock.now()
        until = now + round(life_s * 1_000_000)
        wanted = Command(secrets.token_hex(16), gateway, device, name, now, until, args, by, reason)
        signed = sign_command(wanted, self._key)
        return CommandRow(
            id=wanted.id,
            gateway=gateway,
            device=device,
            name=name,
            args=args,
            reason=reason,
            by=by,
            issued_at=wanted.issued_at,
            expires_at=wanted.expires_at,
            payload=signed.payload,
            signature=signed.signature,
        )

    def _line(self, who: str, target: str, result: str, detail: str, address: str, what: str = "command") -> AuditRow:
        return AuditRow(self._clock.now(), who, what, target[:200], result, detail, address)


def _keep(scope: Scope, made: CommandRow, row: AuditRow) -> None:
    commands.add(scope, made)
    people.add_audit(scope, row)


def _offered(offers: Iterable[CommandInfo], name: str) -> CommandInfo:
    for info in offers:
        if info.name == name:
            return info
    raise CommandRefused("unknown_command", f"the device has no command {name[:64]}")


def _arguments(info: CommandInfo, args: Mapping[str, Value]) -> dict[str, Value]:
    for name in args:
        if name not in info.args:
            raise CommandRefused("bad_argument", f"{info.name} takes no {name[:64]}")
    full: dict[str, Value] = {}
    for name, span in info.args.items():
        value = args.get(name, span.default)
        if not isinstance(value, int) or isinstance(value, bool) or not span.min <= value <= span.max:
            raise CommandRefused("bad_argument", f"{name} is a whole number from {span.min} to {span.max}")
        full[name] = value
    return full
