"""One camera's services by ONVIF, as ``drivers.onvif.calls.Calls`` asks for them."""

import datetime
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from drivers.api.errors import CorruptAnswer, NotSupported
from drivers.onvif.calls import Door, MediaProfile, Product, Recorded
from drivers.onvif.events.tree import Node
from drivers.onvif.target import Target
from drivers.onvif.wire.addresses import on_camera
from drivers.onvif.wire.asking import Asking
from drivers.onvif.wire.doors import Doors, Relays
from drivers.onvif.wire.media import Media
from drivers.onvif.wire.reading import text
from drivers.onvif.wire.records import recorded
from drivers.onvif.wire.soap import Operation, answer_of, duration, element, moment
from runtime.clock import Clock

_PRODUCT: Final = Operation("tds:GetDeviceInformation")
_REBOOT: Final = Operation("tds:SystemReboot")
_SYNCHRONISE: Final = Operation("tev:SetSynchronizationPoint")
_UNSUBSCRIBE: Final = Operation("wsnt:Unsubscribe")
_END: Final = b"Envelope>"
_LOOKED_INTO: Final = (b"<!", b"Fault")
_CLOSE_S: Final = 1.5
_LONGEST_REFERENCES: Final = 4096


class OnvifCalls:
    """A ``Calls``. Nothing is connected before something is asked."""

    def __init__(self, target: Target, clock: Clock, timeout_s: float) -> None:
        self._target, self._clock = target, clock
        self._asking = asking = Asking(target, clock, timeout_s)
        self._by_moment = False
        """The subscription's end has to be said as a time of the camera's clock: it does not understand durations."""
        self._media = Media(target, asking, timeout_s)
        self._doors, self._relays = Doors(asking, target.door), Relays(asking)

    async def product(self) -> Product:
        said = await self._asking.read(_PRODUCT)
        names = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber")
        return Product(*(text(said, name) for name in names))

    async def clock_offset_s(self) -> float:
        return await self._asking.know_clock()

    async def subscribe(self, lifetime_s: float) -> str:
        self._asking.forget()
        self._relays.forget()
        inner = element("tev:InitialTerminationTime", duration(lifetime_s))
        said, body = await self._asking.read_once(Operation("tev:CreatePullPointSubscription", inner))
        told = text(said, "SubscriptionReference", "Address")
        if not told:
            raise CorruptAnswer("a subscription without an address")
        address = on_camera(told, self._target.place, await self._asking.service("tev"))
        self._asking.refer(address, _references(body))
        self._by_moment = _is_short(said, lifetime_s)
        if self._by_moment:
            await self.renew(address, lifetime_s)
        return address

    async def synchronise(self, subscription: str) -> None:
        await self._asking.read(_SYNCHRONISE, subscription)

    async def pull(self, subscription: str, wait_s: float, limit: int) -> bytes:
        inner = element("tev:Timeout", duration(wait_s)) + element("tev:MessageLimit", str(limit))
        operation = Operation("tev:PullMessages", inner)
        answer = await self._asking.wait(operation, subscription, wait_s)
        whole = answer.body.rstrip(b" \r\n\t\0").endswith(_END)
        if answer.status != 200 or not whole or any(one in answer.body for one in _LOOKED_INTO):
            answer_of(answer.body, answer.status, operation)
        return answer.body

    async def renew(self, subscription: str, lifetime_s: float) -> None:
        until = duration(lifetime_s)
        if self._by_moment:
            until = moment(self._clock.now() + int(((self._asking.offset_s or 0.0) + lifetime_s) * 1e6))
        inner = element("wsnt:TerminationTime", until)
        await self._asking.read(Operation("wsnt:Renew", inner), subscription)

    async def unsubscribe(self, subscription: str) -> None:
        await self._asking.read(_UNSUBSCRIBE, subscription)

    async def profiles(self) -> Sequence[MediaProfile]:
        return await self._media.profiles()

    async def stream_address(self, profile: str) -> str:
        return await self._media.stream_address(profile)

    async def picture(self) -> bytes:
        return await self._media.picture()

    async def recorded(self) -> Recorded:
        return await recorded(self._asking, self._clock)

    async def doors(self) -> Sequence[Door]:
        return await self._doors.all()

    async def release_relay(self, relay: str, seconds: float) -> None:
        await self._relays.release(relay or self._target.relay, seconds)

    async def access_door(self, door: str) -> None:
        await self._doors.access(door)

    async def go_to_preset(self, preset: int) -> None:
        profile = (await self._media.profiles())[0].token
        here = element("tptz:ProfileToken", profile)
        said = await self._asking.read(Operation("tptz:GetPresets", here))
        there = [one.attributes.get("token", "") for one in said.all("Preset")]
        if str(preset) not in there:
            raise NotSupported(f"there is no preset {preset}; there are: {', '.join(there[:20]) or 'none'}"[:200])
        await self._asking.do(Operation("tptz:GotoPreset", here + element("tptz:PresetToken", str(preset))))

    async def reboot(self) -> None:
        await self._asking.do(_REBOOT)

    async def close(self) -> None:
        await self._asking.web.close()


def _is_short(said: Node, lifetime_s: float) -> bool:
    """Tell whether a subscription that was just made ends long before it should, as the camera itself says."""
    try:
        now, end = (datetime.datetime.fromisoformat(text(said, name)) for name in ("CurrentTime", "TerminationTime"))
        return (end - now).total_seconds() < lifetime_s / 2
    except (ValueError, TypeError):  # it does not say, or not both with a zone
        return False


def _references(body: bytes) -> str:
    """Return what a subscription wants to see again in each message to it (WS-Addressing 2.1), as XML; some makers tell
    subscriptions apart by it and not by their address.
    """
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - it was read before: small, and without a document type
    except ElementTree.ParseError:  # prefixes that nothing declares
        return ""
    found = root.find(".//{*}SubscriptionReference/{*}ReferenceParameters")
    said = "".join(ElementTree.tostring(one, encoding="unicode") for one in found) if found is not None else ""
    return said if len(said) <= _LONGEST_REFERENCES else ""
