"""Hears a camera by a PullPoint, for ever: whatever ends a subscription, another one is made, and the gap is told."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Final, NoReturn, TypeVar

from drivers.api.errors import CorruptAnswer, DeviceRefused, DriverError, NotSupported, TechnicianMustAct, Timeout
from drivers.api.patience import within
from drivers.onvif.calls import Calls
from drivers.onvif.lockout import LOCKED_OUT_S
from drivers.onvif.rationing import Ration
from drivers.onvif.voice import Voice
from runtime.backoff import Backoff
from runtime.clock import Clock

LIFETIME_S: Final = 60.0
WAIT_S: Final = 10.0
LIMIT: Final = 50
LATE_S: Final = 15.0
GIVE_BACK_S: Final = 3.0
LONGEST_REST_S: Final = 30.0

BURST, PER_S, EACH = 2_000_000, 128_000, 16_000
"""Bytes at once and a second that are taken of what a camera says; each answer counts for some more."""

_RENEW_S: Final = LIFETIME_S * 2 / 3
_FIRST_WAIT_S: Final = 1.0
_SYNCHRONISE_S: Final = 5.0
_STEADY_S: Final = 10.0
_HURRIED_S, _HURRIED_REST_S = 0.2, 1.0
T = TypeVar("T")


class PullSession:
    """One camera's PullPoint. ``wait_s`` is how long a poll waits for news; ``seed`` makes the rests repeatable.

    Its own clock measures everything: nothing that the camera says about time is believed. It polls at most as often
    as a ration of bytes and of answers allows, so that a flood costs little before anybody decodes it.
    """

    def __init__(
        self, calls: Calls, voice: Voice, clock: Clock, *, wait_s: float = WAIT_S, seed: int | None = None
    ) -> None:
        self._calls, self._voice, self._clock, self._wait_s = calls, voice, clock, wait_s
        self._backoff = Backoff(initial_s=1.0, ceiling_s=LONGEST_REST_S, seed=seed)
        self._ration = Ration(clock, BURST, PER_S)
        self._heard_at = clock.monotonic()
        self._why = ""
        self._refusals = 0

    async def run(self) -> NoReturn:
        """Listen until cancelled; then the subscription is given back within ``GIVE_BACK_S``.

        Each error is said (``voice.gone``), and rests 1 to 30 s, spread by chance; the second time in a row that the
        password is refused, or that there are no events to be had, ``LOCKED_OUT_S``. When something is heard again, the
        gap is told with the word of the error that began it.
        """
        self._heard_at = self._clock.monotonic()
        while True:
            await self._clock.sleep(await self._listen())

    async def _listen(self) -> float:
        """Listen until an error ends it; return how long to rest."""
        shown_password = False
        try:
            with suppress(NotSupported, DeviceRefused, CorruptAnswer):
                await self._ask(LATE_S, self._calls.clock_offset_s())
            shown_password = True
            await self._ask(LATE_S, self._calls.product())
            await self._hear(await self._subscribe())
        except DriverError as error:
            self._why = self._why or error.word
            self._voice.gone(error)
            self._refusals += shown_password and isinstance(error, TechnicianMustAct)
        return LOCKED_OUT_S if self._refusals > 1 else self._backoff.next()

    async def _subscribe(self) -> str:
        """Return a new subscription. Cancelled meanwhile, it is taken back, so that the camera keeps none."""
        making = asyncio.ensure_future(self._calls.subscribe(LIFETIME_S))
        try:
            return await self._ask(LATE_S, asyncio.shield(making))
        except asyncio.CancelledError:
            with suppress(DriverError, TimeoutError):
                await within(self._clock, GIVE_BACK_S, self._take_back(making))
            raise
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def _take_back(self, making: asyncio.Future[str]) -> None:
        await self._calls.unsubscribe(await making)

    async def _hear(self, subscription: str) -> NoReturn:
        """Poll until an error ends it, which is raised; the subscription is given back however it ends."""
        began, in_vain = self._clock.monotonic(), False
        try:
            with suppress(DriverError):
                await self._ask(_SYNCHRONISE_S, self._calls.synchronise(subscription))
            await self._poll(subscription)
        except TechnicianMustAct:
            in_vain = True  # it would be refused as well, and count as one more try with a wrong password
            raise
        finally:
            if self._heard_at - began >= _STEADY_S:
                self._backoff.reset()
            if not in_vain:
                with suppress(DriverError, TimeoutError):
                    await within(self._clock, GIVE_BACK_S, self._calls.unsubscribe(subscription))

    async def _poll(self, subscription: str) -> NoReturn:
        renew_at = self._clock.monotonic() + _RENEW_S
        wait_s = _FIRST_WAIT_S  # soon known whether it is heard again
        while True:
            asked = self._clock.monotonic()
            body = await self._ask(wait_s + LATE_S, self._calls.pull(subscription, wait_s, LIMIT))
            hurried = self._clock.monotonic() - asked < _HURRIED_S and b"NotificationMessage" not in body
            await self._answered(body)
            self._ration.spend(len(body) + EACH)
            await self._clock.sleep(max(_HURRIED_REST_S if hurried else 0.0, self._ration.owed_s))
            if self._clock.monotonic() >= renew_at:
                with suppress(DeviceRefused, NotSupported):  # some live by being polled; the next poll shows
                    await self._ask(LATE_S, self._calls.renew(subscription, LIFETIME_S))
                renew_at = self._clock.monotonic() + _RENEW_S
            wait_s = min(self._wait_s, max(1.0, renew_at - self._clock.monotonic()))

    async def _answered(self, body: bytes) -> None:
        self._voice.there()
        self._refusals = 0
        now = self._clock.monotonic()
        silent_s, self._heard_at = now - self._heard_at, now
        if self._why:
            why, self._why = self._why, ""
            await self._voice.missed(self._clock.now() - round(silent_s * 1_000_000), why)
        await self._voice.body(body)

    async def _ask(self, seconds: float, asking: Awaitable[T]) -> T:
        try:
            return await within(self._clock, seconds, asking)
        except TimeoutError:
            raise Timeout(f"no answer within {seconds:g} s") from None
