"""Doors and relays of a camera or door station: how they are, and what lets somebody in, once."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from drivers.api.errors import (
    AnswerLost,
    DeviceRefused,
    DriverError,
    Misconfigured,
    NotSupported,
)
from drivers.onvif.calls import Door
from drivers.onvif.events.tree import Node
from drivers.onvif.wire.asking import Asking
from drivers.onvif.wire.reading import text
from drivers.onvif.wire.soap import Operation, element
from runtime.clock import Clock
from runtime.logs import get_logger

_log = get_logger("onvif")

_INFOS: Final = Operation("tdc:GetDoorInfoList")
_MOST: Final = 32
_CLOSED: Final = {"Closed": True, "Open": False}
_LOCKED: Final = {
    "Locked": True,
    "DoubleLocked": True,
    "Blocked": True,
    "LockedDown": True,
    "Unlocked": False,
    "Accessed": False,
    "LockedOpen": False,
}
_QUIET: Final = ("", "Normal", "Unknown")
_AGAIN_S: Final = (0.5, 2.0, 5.0, 15.0)
"""When an output is let go again that would not let itself go: that may be said as often as it takes."""


class Doors:
    """DoorControl."""

    def __init__(self, asking: Asking, door: str) -> None:
        self._asking, self._door = asking, door

    async def all(self) -> Sequence[Door]:
        """See ``Calls.doors``; only the one that is configured, where one is."""
        tokens = [self._door] if self._door else await self._tokens()
        return [await self._state(token) for token in tokens]

    async def access(self, door: str) -> None:
        """See ``Calls.access_door``; an empty ``door`` is the only one there is."""
        if not (token := door or self._door):
            tokens = await self._tokens()
            if len(tokens) != 1:
                raise Misconfigured(f"which door? there are: {', '.join(tokens) or 'none'}")
            token = tokens[0]
        await self._asking.do(Operation("tdc:AccessDoor", element("tdc:Token", token)))

    async def _tokens(self) -> list[str]:
        said = await self._asking.read(_INFOS)
        return [one.attributes.get("token", "") for one in list(said.all("DoorInfo"))[:_MOST]]

    async def _state(self, token: str) -> Door:
        said = await self._asking.read(Operation("tdc:GetDoorState", element("tdc:Token", token)))
        alarm = text(said, "DoorState", "Alarm")
        return Door(
            token,
            _CLOSED.get(text(said, "DoorState", "DoorPhysicalState")),
            _LOCKED.get(text(said, "DoorState", "DoorMode")),
            "" if alarm in _QUIET else alarm,
        )


class Relays:
    """Outputs by DeviceIO, or by the older operations of the Device service where it has no DeviceIO."""

    def __init__(self, asking: Asking, clock: Clock) -> None:
        self._asking, self._clock = asking, clock
        self._at = ""
        self._holds: dict[str, bool] = {}
        """By token: whether an output stays as it is set."""
        self._held: dict[str, asyncio.Task[None]] = {}

    async def release(self, relay: str, seconds: float) -> None:
        """See ``Calls.release_relay``; an empty ``relay`` is the first. It returns when the output was set: what must
        be let go is let go beside it, also where the answer was lost, and at once where ``close`` comes first.
        """
        await self._know()
        token = relay or next(iter(self._holds), "")
        if token not in self._holds:
            raise Misconfigured(f"there is no relay {relay or '1'}; there are: {', '.join(self._holds) or 'none'}")
        holds = self._holds[token]
        if holds and seconds <= 0:
            raise Misconfigured(f"{token} stays as it is set: say for how many seconds")
        try:
            await self._asking.do(self._set(token, "active"))
        except (AnswerLost, asyncio.CancelledError):
            if holds:
                self._hold(token, seconds)
            raise
        if holds:
            self._hold(token, seconds)

    def forget(self) -> None:
        """Ask anew what there is when it is needed next."""
        self._holds.clear()

    async def close(self) -> None:
        """Let go at once what is still held."""
        held, self._held = self._held, {}
        for token, task in held.items():
            if not task.done():
                task.cancel()
                with suppress(DriverError):
                    await self._asking.do(self._set(token, "inactive"))

    def _hold(self, token: str, seconds: float) -> None:
        if (before := self._held.pop(token, None)) is not None:
            before.cancel()
        self._held[token] = asyncio.create_task(self._let_go(token, seconds), name="an output is let go")

    async def _let_go(self, token: str, seconds: float) -> None:
        for wait_s in (seconds, *_AGAIN_S):
            await self._clock.sleep(wait_s)
            try:
                await self._asking.do(self._set(token, "inactive"))
            except DriverError as error:
                _log.warning("output_not_let_go", relay=token, why=str(error))
            else:
                return

    def _set(self, token: str, state: str) -> Operation:
        inner = element("tds:RelayOutputToken", token) + element("tds:LogicalState", state)
        return Operation("tds:SetRelayOutputState", inner, self._at)

    async def _know(self) -> None:
        if self._holds:
            return
        try:
            said, self._at = await self._asking.read(Operation("tds:GetRelayOutputs", at="tmd")), "tmd"
        except (NotSupported, DeviceRefused):
            said, self._at = await self._asking.read(Operation("tds:GetRelayOutputs")), ""
        self._holds = {token: held for token, held in map(_relay, said.all("RelayOutputs")) if token}


def _relay(said: Node) -> tuple[str, bool]:
    return said.attributes.get("token", ""), text(said, "Properties", "Mode") != "Monostable"
