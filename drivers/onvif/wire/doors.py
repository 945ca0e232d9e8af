"""Doors and relays of a camera or door station: how they are, and what lets somebody in, once."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from drivers.api.errors import (
    AnswerLost,
    DeviceRefused,
    Misconfigured,
    NotSupported,
)
from drivers.onvif.calls import Door
from drivers.onvif.events.tree import Node
from drivers.onvif.wire.asking import Asking
from drivers.onvif.wire.reading import text
from drivers.onvif.wire.soap import NotAuthorised, Operation, duration, element, within

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
_ACTS: Final = re.compile(r"PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,5}(?:\.\d{1,6})?)S)?")


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


@dataclass(frozen=True, slots=True)
class _Output:
    """How an output is set: whether it stays as it is put, or for how long it acts, and how it is at rest."""

    stays: bool
    acts_s: float
    idle: str


class Relays:
    """Outputs by DeviceIO, or by the older operations of the Device service where it has no DeviceIO.

    A door has to lock again without us. So an output that stays as it is put is first set to let go by itself, and one
    that cannot be is never put.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._at = ""
        self._outputs: dict[str, _Output] = {}

    async def release(self, relay: str, seconds: float) -> None:
        """See ``Calls.release_relay``; an empty ``relay`` is the first."""
        await self._know()
        token = relay or next(iter(self._outputs), "")
        if token not in self._outputs:
            raise Misconfigured(f"there is no relay {relay or '1'}; there are: {', '.join(self._outputs) or 'none'}")
        output = self._outputs[token]
        if output.stays and seconds <= 0:
            raise Misconfigured(f"{token} stays as it is put: say for how many seconds")
        if seconds > 0 and (output.stays or abs(output.acts_s - seconds) >= 1):
            await self._set_to_let_go(token, output, seconds)
        inner = element("tds:RelayOutputToken", token) + element("tds:LogicalState", "active")
        await self._asking.do(Operation("tds:SetRelayOutputState", inner, self._at))

    def forget(self) -> None:
        """Ask anew what there is when it is needed next."""
        self._outputs.clear()

    async def _set_to_let_go(self, token: str, output: _Output, seconds: float) -> None:
        """Set how long it acts, and look whether that was taken; one that lets go after its own time may keep that."""
        inner = element("tt:Mode", "Monostable") + element("tt:DelayTime", duration(seconds))
        inner += element("tt:IdleState", output.idle)
        named = within("tmd:RelayOutput", f"<tt:Properties>{inner}</tt:Properties>", token=token)
        older = element("tds:RelayOutputToken", token) + f"<tds:Properties>{inner}</tds:Properties>"
        for name, whole in (("tmd", named), ("tds", older)):
            with suppress(NotSupported, DeviceRefused, NotAuthorised, AnswerLost):
                await self._asking.do(Operation(f"{name}:SetRelayOutputSettings", whole))
                break
        self._outputs.clear()
        await self._know()
        now = self._outputs.get(token)
        if now is None or now.stays:
            raise Misconfigured(f"{token} stays as it is put and cannot be set to let go by itself: make it monostable")

    async def _know(self) -> None:
        if self._outputs:
            return
        try:
            said, self._at = await self._asking.read(Operation("tds:GetRelayOutputs", at="tmd")), "tmd"
        except (NotSupported, DeviceRefused):
            said, self._at = await self._asking.read(Operation("tds:GetRelayOutputs")), ""
        self._outputs = {token: output for token, output in map(_output, said.all("RelayOutputs")) if token}


def _output(said: Node) -> tuple[str, _Output]:
    mode, acts = text(said, "Properties", "Mode"), _ACTS.fullmatch(text(said, "Properties", "DelayTime"))
    hours, minutes, seconds = (float(part or 0) for part in acts.groups()) if acts else (0.0, 0.0, 0.0)
    idle = "closed" if text(said, "Properties", "IdleState") == "closed" else "open"
    return said.attributes.get("token", ""), _Output(mode != "Monostable", hours * 3600 + minutes * 60 + seconds, idle)
