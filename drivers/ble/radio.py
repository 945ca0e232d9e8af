"""The one owner of an adapter: notices that it hears nothing any more, and brings it back, the mildest means first."""

import asyncio
from collections.abc import Callable
from typing import Final

from drivers.api.errors import DriverError, LineLost, NotSupported
from drivers.ble.advertisement import Advertisement
from drivers.ble.air import Receiver
from drivers.ble.recovery import Ladder, Rung, Step
from runtime.clock import Clock
from runtime.logs import get_logger

AGAIN_S: Final = 2.0
"""So soon a start that failed is tried again on the same rung, then after twice that, and so on."""

_log = get_logger("ble")


class Radio:
    """One adapter. ``heard`` gets what it hears; one that hears nothing for ``deaf_s`` seconds is deaf.

    What it knows of its deafness outlasts ``stop`` and ``start``. Only one of ``start``, ``keep`` and ``stop`` runs at
    a time: who calls ``stop`` has ended ``keep``.
    """

    def __init__(
        self, receiver: Receiver, clock: Clock, *, deaf_s: float, heard: Callable[[Advertisement], None]
    ) -> None:
        self._receiver, self._clock, self._deaf_s, self._heard = receiver, clock, deaf_s, heard
        self._ladder = Ladder()
        self._step: Step | None = None
        self._done = self._listening = self._well = False
        self._again_s = AGAIN_S
        self._last = self._since = 0.0
        self._why = self._trouble = ""
        self._hears = asyncio.Event()

    @property
    def deaf(self) -> str:
        """Return why it hears nothing and what is known of that, in one line; empty while it hears."""
        known = self._trouble
        if not known and self._well and self._ladder.vain:
            tried = ", ".join(rung.value for rung in self._ladder.vain)
            known = f"it scans, and {tried} did not help: perhaps nothing is in reach"
        return f"{self._why}; {known}" if self._why and known else self._why

    async def start(self) -> None:
        """Listen; if it was deaf before, on the rung of the ladder whose time it is.

        ``LineLost`` or ``Misconfigured`` where that fails: then it counts as deaf, and ``keep`` goes on from there.
        """
        now = self._last = self._clock.monotonic()
        if self._step is None:
            try:
                await self._listen()
            except DriverError as error:
                self._fall(str(error))
                self._done = True
                raise
            return
        if now >= self._step.until:
            self._go_on(now)
        try:
            await self._do()
        except DriverError as error:
            self._trouble = str(error)
            raise

    async def keep(self) -> None:
        """Watch it for ever and bring it back when it is deaf; every failure of the adapter stays in here."""
        while True:
            if self._step is None:
                await self._watch()
            else:
                await self._climb(self._step)

    async def stop(self) -> None:
        """Stop listening, whatever state it is in; never raises."""
        self._listening = False
        await self._receiver.stop()

    async def _watch(self) -> None:
        word = await self._wait(self._last + self._deaf_s)
        if word:
            self._listening = self._well = False
            self._fall(word)
        elif self._clock.monotonic() - self._last >= self._deaf_s:
            self._fall(f"silent for {self._deaf_s:g} s")

    async def _climb(self, step: Step) -> None:
        """Do what the present step asks for, wait for its effect, and go on to the next when its time is over."""
        now = self._clock.monotonic()
        if now >= step.until:
            self._go_on(now)
            return
        if now < step.at:
            await self._rest(step.at)
            return
        if not self._done or not self._listening:
            try:
                await self._do_by(step.until)
            except DriverError as error:
                self._trouble = str(error)
        if self._listening:
            await self._rest(step.until)
        else:
            await self._rest(min(step.until, self._clock.monotonic() + self._again_s))
            self._again_s *= 2

    async def _rest(self, until: float) -> None:
        """Wait until then, or less if it hears again, or loses anew what it had."""
        word = await self._wait(until)
        if word and self._step is not None:
            self._listening, self._well, self._trouble = False, False, word

    async def _do_by(self, until: float) -> None:
        """Do what the present rung is for, or as much of it as can be done until then."""
        name = self._receiver.name
        doing = asyncio.create_task(self._do(), name=f"{name} recovery")
        patience = asyncio.create_task(self._clock.sleep(until - self._clock.monotonic()), name=f"{name} patience")
        try:
            await asyncio.wait((doing, patience), return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise LineLost("the stack does not answer in time")
            doing.result()
        finally:
            for task in (doing, patience):
                task.cancel()
            await asyncio.gather(doing, patience, return_exceptions=True)

    async def _do(self) -> None:
        """Do what the present rung is for, once, and listen."""
        step = self._step
        if step is not None and not self._done and self._clock.monotonic() >= step.at:
            self._done, self._again_s = True, AGAIN_S
            self._listening = False
            await self._receiver.stop()
            try:
                await self._treat(step.rung)
            except NotSupported:
                self._ladder.cannot(step.rung)
            except DriverError as error:
                self._trouble = str(error)
        await self._listen()

    async def _treat(self, rung: Rung) -> None:
        if rung is Rung.POWER_CYCLE:
            await self._receiver.power_cycle()
        elif rung is Rung.RESET:
            await self._receiver.reset()

    async def _listen(self) -> None:
        if not self._listening:
            self._well = False
            await self._receiver.start(self._take)
            self._listening = self._well = True
            self._trouble = ""

    def _fall(self, why: str) -> None:
        now = self._since = self._clock.monotonic()
        self._why, self._trouble, self._done = why, "", False
        self._hears.clear()
        self._step = self._ladder.fall(now)
        _log.warning("radio_lost", adapter=self._receiver.name, why=why)

    def _go_on(self, now: float) -> None:
        self._step, self._done = self._ladder.further(now, well=self._well), False

    def _take(self, heard: Advertisement) -> None:
        if heard.companies or heard.services or heard.name or heard.uuids:
            self._last = self._clock.monotonic()
            if self._step is not None:
                self._hear_again()
        self._heard(heard)

    def _hear_again(self) -> None:
        now = self._clock.monotonic()
        self._ladder.recovered(now)
        self._step, self._why, self._trouble = None, "", ""
        self._hears.set()
        _log.info("radio_back", adapter=self._receiver.name, after_s=round(now - self._since, 1))

    async def _wait(self, until: float) -> str:
        """Wait until then, or until it hears again, or until the stack says that it hears nothing: return its word."""
        name = self._receiver.name
        patience = self._clock.sleep(until - self._clock.monotonic())
        waits: set[asyncio.Task[object]] = {asyncio.create_task(patience, name=f"{name} patience")}
        if self._step is not None:
            waits.add(asyncio.create_task(self._hears.wait(), name=f"{name} hears"))
        lost = asyncio.create_task(self._receiver.lost(), name=f"{name} lost") if self._listening else None
        if lost is not None:
            waits.add(lost)
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return lost.result() if lost is not None and lost.done() else ""
        finally:
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
