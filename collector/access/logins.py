"""People at the door: login with lockout, sessions that slide, logout; everything that happens is audited."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass

from collector.access.passwords import Passwords
from collector.store import people
from collector.store.api import Store
from collector.store.records import AuditRow, LockRow, PersonRow, SessionRow
from collector.store.scope import Scope
from runtime.clock import Clock
from runtime.logs import get_logger

IDLE_S = 15 * 60
"""A session that nobody used for so long has ended."""

LIFE_S = 12 * 3600
"""No session lives longer, however busy."""

TRIES = 5
"""So many wrong passwords in a row lock a name."""

LOCK_S = 15 * 60
"""For so long a name stays locked, and wrong passwords older than this are forgotten."""

_TOUCH_S = 30
_SECOND = 1_000_000


class WrongLogin(Exception):
    """Name or password is wrong; which of them is not told."""


@dataclass
class Locked(Exception):
    """Too many wrong passwords: try again in ``wait_s`` seconds."""

    wait_s: int


class Logins:
    """Opens, recognises and ends sessions. Only the hash of a session's token is kept."""

    def __init__(self, store: Store, clock: Clock, passwords: Passwords) -> None:
        self._store, self._clock, self._passwords = store, clock, passwords
        self._turn = asyncio.Lock()
        self._log = get_logger("logins")

    async def login(self, name: str, password: str, address: str) -> tuple[str, PersonRow]:
        """Return a new session's token and its person; ``WrongLogin`` or ``Locked``."""
        async with self._turn:  # a hundred tries at once are still a hundred tries, one after the other
            return await self._login(name, password, address)

    async def _login(self, name: str, password: str, address: str) -> tuple[str, PersonRow]:
        now = self._clock.now()
        lock = await self._store.read(people.lock_of, name)
        if lock is not None and lock.locked_until > now:
            # not audited: the lock itself was, and whoever knocks on must not fill the disk
            self._log.info("login_while_locked", name=name, address=address)
            raise Locked(-(-(lock.locked_until - now) // _SECOND))
        person = await self._store.read(people.one_person, name)
        if not await self._passwords.matches(person.password_hash if person else None, password) or person is None:
            await self._store.write(_note_failure, name, self._clock.now(), address)
            raise WrongLogin
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        session = SessionRow(_hash(token), person.name, now, now, address)
        await self._store.write(_open, session)
        return token, person

    async def who(self, token: str, *, slide: bool = True) -> PersonRow | None:
        """Return the person behind a token, or ``None`` when its session has ended; ``slide`` counts as use."""
        found = await self._store.read(people.one_session, _hash(token))
        if found is None:
            return None
        session, person = found
        now = self._clock.now()
        if now - session.seen_at > IDLE_S * _SECOND or now - session.created_at > LIFE_S * _SECOND:
            return None
        if slide and now - session.seen_at > _TOUCH_S * _SECOND:
            await self._store.write(people.touch_session, session.token_hash, now)
        return person

    async def logout(self, token: str, person: PersonRow, address: str) -> None:
        """End the session."""
        row = AuditRow(self._clock.now(), person.name, "logout", person.name, "ok", address=address)
        await self._store.write(_end, _hash(token), row)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _line(now: int, name: str, result: str, address: str) -> AuditRow:
    return AuditRow(now, name[:100], "login", name[:100], result, address=address)


def _note_failure(scope: Scope, name: str, now: int, address: str) -> None:
    lock = people.lock_of(scope, name)
    recent = lock is not None and now - lock.last_at < LOCK_S * _SECOND and lock.failures < TRIES
    failures = (lock.failures if lock is not None and recent else 0) + 1
    until = now + LOCK_S * _SECOND if failures >= TRIES else 0
    people.put_lock(scope, LockRow(name, failures, now, until), now - 2 * LOCK_S * _SECOND)
    people.add_audit(scope, _line(now, name, "locked" if until else "wrong_login", address))


def _open(scope: Scope, session: SessionRow) -> None:
    people.drop_lock(scope, session.person)
    people.add_session(scope, session, session.created_at - LIFE_S * _SECOND)
    people.add_audit(scope, _line(session.created_at, session.person, "ok", session.address))


def _end(scope: Scope, token_hash: str, row: AuditRow) -> None:
    people.end_session(scope, token_hash)
    people.add_audit(scope, row)
