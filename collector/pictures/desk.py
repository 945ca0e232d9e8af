"""Where somebody looks at a picture: who may see what is judged, the gateway is asked once, and the look is audited."""

import asyncio
from collections.abc import Callable

from collector.access.roles import Right, may
from collector.commands.desk import CommandDesk
from collector.pictures.shelf import Looked, Shelf, Wanted
from collector.store import commands, fleet, people
from collector.store.api import Store
from collector.store.errors import StoreError
from collector.store.records import AuditRow, CommandRow, PersonRow
from runtime.clock import Clock
from runtime.logs import get_logger
from wire.picture import PictureAnswer, device_of
from wire.reading import Value

WAIT_S = 15.0
"""How long the gateway has for its answer."""

AT_ONCE = 64
"""So many pictures are asked for at once, at all gateways together."""

_JPEG = b"\xff\xd8"
_SAID = frozenset({"picture_gone", "pictures_not_kept", "cannot_mask", "too_large"})
_REFUSED = {"unknown_verb": "not_supported", "not_supported": "not_supported", "busy": "gateway_busy"}
_log = get_logger("pictures")


class PictureRefused(Exception):
    """There is nothing to look at; ``word`` says why: ``no_such_gateway``, ``no_such_picture``, ``gateway_offline``,
    ``picture_gone``, ``pictures_not_kept``, ``cannot_mask``, ``too_large``, ``not_supported``, ``gateway_busy``,
    ``busy``, ``picture_late`` or ``picture_broken``.
    """

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class PictureDesk:
    """Fetches pictures. ``listens`` tells whether a gateway hears commands now, ``queued`` is called with each command
    that is to go down to one.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        desk: CommandDesk,
        listens: Callable[[str], bool],
        queued: Callable[[CommandRow], None],
    ) -> None:
        self.shelf = Shelf(clock)
        self._store, self._clock, self._desk = store, clock, desk
        self._listens, self._queued = listens, queued
        self._asking: dict[Wanted, asyncio.Task[Looked | str]] = {}
        self._open: dict[str, tuple[str, asyncio.Future[Looked | str]]] = {}

    async def look(self, person: PersonRow, gateway: str, reference: str, address: str = "") -> Looked:
        """Return a picture, masked for whom personal data is not; ``PictureRefused``. Either is audited first."""
        wanted = Wanted(gateway, reference, may(person.role, Right.PERSONAL))
        found = await self._found(wanted, person.name)
        result = found if isinstance(found, str) else "masked" if found.masked else "whole"
        target = f"{gateway}/{device_of(reference)}"[:200]
        line = AuditRow(self._clock.now(), person.name, "picture", target, result, reference[:200], address)
        await self._store.write(people.add_audit, line)
        if isinstance(found, str):
            raise PictureRefused(found)
        return found

    def arrived(self, gateway: str, answer: PictureAnswer) -> None:
        """Take a gateway's answer; one that nobody waits for any more is let go."""
        asked_of, waiting = self._open.get(answer.command, ("", None))
        if waiting is None or asked_of != gateway or waiting.done():
            _log.info("picture_unwanted", gateway=gateway)
        elif answer.word:
            waiting.set_result(answer.word if answer.word in _SAID else "picture_broken")
        elif not answer.data.startswith(_JPEG):
            waiting.set_result("picture_broken")
        else:
            waiting.set_result(Looked(answer.data, answer.at, answer.masked))

    def concluded(self, row: CommandRow) -> None:
        """Learn what a gateway said of a command: one that refused to look for a picture sends no answer."""
        _, waiting = self._open.get(row.id, ("", None))
        if waiting is not None and not waiting.done() and row.state in ("refused", "expired"):
            waiting.set_result(_REFUSED.get(row.outcome_reason, "picture_late"))

    async def run(self) -> None:
        """Forget pictures in time, also where nobody looks again; for ever."""
        while True:
            await self._clock.sleep(10.0)
            self.shelf.forget()

    async def _found(self, wanted: Wanted, by: str) -> Looked | str:
        row = await self._store.read(fleet.one_gateway, wanted.gateway)
        if row is None or row.revoked_at is not None:
            return "no_such_gateway"
        if not device_of(wanted.reference):
            return "no_such_picture"
        held = self.shelf.get(wanted)
        if held is not None:
            return held
        asking = self._asking.get(wanted)
        if asking is None:
            if not self._listens(wanted.gateway):
                return "gateway_offline"
            if len(self._asking) >= AT_ONCE:
                return "busy"
            asking = self._asking[wanted] = asyncio.create_task(self._ask(wanted, by), name="picture")
            asking.add_done_callback(lambda _: self._asking.pop(wanted, None))
        return await asyncio.shield(asking)  # others may wait for it as well

    async def _ask(self, wanted: Wanted, by: str) -> Looked | str:
        args: dict[str, Value] = {"reference": wanted.reference, "whole": wanted.whole}
        command = self._desk.picture_wish(wanted.gateway, args, WAIT_S, by)
        answer: asyncio.Future[Looked | str] = asyncio.get_running_loop().create_future()
        self._open[command.id] = wanted.gateway, answer
        patience = asyncio.ensure_future(self._clock.sleep(WAIT_S))
        try:
            await self._store.write(commands.add, command)
            self._queued(command)
            await asyncio.wait((answer, patience), return_when=asyncio.FIRST_COMPLETED)
        except StoreError as error:
            _log.error("picture_not_asked_for", gateway=wanted.gateway, error=str(error))
            return "busy"
        finally:
            patience.cancel()
            del self._open[command.id]
        if not answer.done():
            return "picture_late"
        looked = answer.result()
        if isinstance(looked, Looked):
            self.shelf.put(wanted, looked)
        return looked
