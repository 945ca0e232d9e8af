"""The driver of a box's radios: hears what wearables say, visits those that must be asked, tells them what to do."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Final

from config.bluetooth import Characteristic
from config.bus_settings import BleBus
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.api.errors import DriverError, LineLost, Misconfigured, NotSupported
from drivers.api.overhears import Overheard
from drivers.api.rounds import Round
from drivers.api.shows import Shown
from drivers.api.tells import Hear
from drivers.ble.advertisement import Advertisement
from drivers.ble.air import Connector, Receiver
from drivers.ble.decode import DeviceDecoder
from drivers.ble.identity import Identities
from drivers.ble.lanes import Lanes
from drivers.ble.overhearing import overhear
from drivers.ble.radio import Radio
from drivers.ble.rounds import round_of
from drivers.ble.showing import show
from drivers.ble.subject import Subject
from drivers.ble.visiting import Visiting
from drivers.ble.visits import target_of
from runtime.clock import Clock
from wire.reading import Value

LOOK_S: Final = 1.0
"""How often it is looked who has not been heard any more."""

COMMON_S: Final = 30.0
"""When nobody was heard for so long, it was the radio that heard nothing, and nobody left."""

PROOF_S: Final = 15.0
"""Once nothing was heard at all, a radio has to hear somebody within this time to count as back."""

Ear = tuple[Receiver, Connector]


def bluez_ear(bus: BleBus, adapter: str, clock: Clock) -> Ear:
    """Return what hears and connects on one of the machine's adapters; the library is loaded with the first."""
    from drivers.ble.bluez import BluezReceiver
    from drivers.ble.connecting import BluezConnector

    receiver = BluezReceiver(adapter, passive=bus.passive, clock=clock)
    return receiver, BluezConnector(receiver, timeout_s=bus.timeout_s)


class BleDriver:
    """A ``Driver`` that ``Tells``, ``Executes``, ``Receives``, has ``Rounds``, ``Overhears`` and ``Shows``.

    What it knows of devices (their pace, the last number that they told) outlasts a lost line: the same press, still on
    the air when the radio is back, is not told again.
    """

    def __init__(
        self,
        bus: BleBus,
        devices: Sequence[DeviceSettings],
        clock: Clock,
        ear: Callable[[BleBus, str, Clock], Ear] = bluez_ear,
    ) -> None:
        """``Misconfigured`` when a device cannot be served on this bus."""
        self._bus, self._devices, self._clock = bus, tuple(devices), clock
        for device in devices:
            if device.profile.driver != "ble" or bus.type not in device.profile.transport.buses:
                raise Misconfigured(f"{device.id}: {device.profile.id} cannot be on a {bus.type} bus")
        decoders = {device.id: DeviceDecoder(device) for device in devices}
        self._subjects = {device.id: Subject(device, decoders[device.id]) for device in devices}
        self._commands = {device.id: device.profile.commands for device in devices}
        self._identities = Identities(devices, {name: decoder.identity for name, decoder in decoders.items()})
        self._ear = ear
        self._radios: list[Radio] = []
        self._visiting: Visiting | None = None
        self._lanes = Lanes()
        self._alive_at = 0.0
        self._reached = frozenset(device.id for device in devices if _is_connected_to(device))
        self._open = False

    async def open(self) -> None:
        """Begin to listen; where everything was deaf before, wait until somebody is heard: only that is proof."""
        await self.close()
        try:
            if not self._radios:
                self._set_up()
        except ImportError as error:
            raise Misconfigured(f"Bluetooth needs {error.name}, which is not installed") from error
        was_deaf = self.deaf()
        errors: list[DriverError] = []
        for radio in self._radios:
            try:
                await radio.start()
            except DriverError as error:
                errors.append(error)
        if len(errors) == len(self._radios):
            await self.close()
            raise errors[0]
        self._open = True
        if was_deaf and not await self._proven():
            await self.close()
            raise LineLost(was_deaf)

    async def close(self) -> None:
        """Stop listening; connections are ended by ``listen``."""
        self._open = False
        await asyncio.gather(*(radio.stop() for radio in self._radios))

    async def listen(self, hear: Hear) -> None:
        """See ``drivers.api.Tells``. A call for help overtakes other devices' readings. Of several radios those that
        hear nothing are brought back meanwhile; when none hears anything the line is lost.
        """
        visiting = self._visiting
        if not self._open or visiting is None:
            raise LineLost("the radio is not listening")
        now = self._clock.monotonic()
        self._resume(now)
        helpers = [
            *(asyncio.create_task(radio.keep(), name="keep radio") for radio in self._radios),
            asyncio.create_task(visiting.run(), name="visit"),
            asyncio.create_task(self._look(), name="look"),
            asyncio.create_task(self._tell(hear), name="tell"),
        ]
        try:
            done, _ = await asyncio.wait(helpers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        for task in done:
            task.result()

    def deaf(self) -> str:
        """See ``drivers.api.Receives``."""
        whys = [radio.deaf for radio in self._radios]
        return "; ".join(dict.fromkeys(whys)) if whys and all(whys) else ""

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        """See ``drivers.api.Executes``. Nothing is read back: a band that vibrates does not say so."""
        how = self._commands.get(device, {}).get(command)
        if how is None or how.gatt is None:
            raise NotSupported(f"{device} cannot do {command}")
        if args:
            raise Misconfigured(f"{command} takes no arguments")
        if not self._open or self._visiting is None:
            raise LineLost("the radio is not listening")
        await self._visiting.write(device, how.gatt)
        return {}

    def overhear(self, profiles: Sequence[Profile], seconds: float) -> AsyncGenerator[Overheard, None]:
        """See ``drivers.api.Overhears``."""
        receivers = [receiver for receiver, _ in self._ears()]
        return overhear(receivers, self._clock, lambda heard: self._whose(heard) or "", profiles, seconds)

    def show(self, device: str, seconds: float | None = None) -> AsyncGenerator[Shown, None]:
        """See ``drivers.api.Shows``."""
        settings = next(one for one in self._devices if one.id == device)
        return show(settings, self._ears(), self._clock, lambda heard: self._whose(heard) == device, seconds)

    def _ears(self) -> list[Ear]:
        return [self._ear(self._bus, adapter, self._clock) for adapter in self._bus.adapters]

    def _whose(self, heard: Advertisement) -> str | None:
        return self._identities.device(heard, self._clock.monotonic())

    def rounds(self) -> Round:
        """See ``drivers.api.Rounds``."""
        return round_of(self._bus, self._devices)

    async def _proven(self) -> bool:
        """Wait for somebody to be heard, keeping the radios going meanwhile."""
        keepers = [asyncio.create_task(radio.keep(), name="keep radio") for radio in self._radios]
        try:
            for _ in range(round(PROOF_S / LOOK_S)):
                if not self.deaf():
                    return True
                await self._clock.sleep(LOOK_S)
            return not self.deaf()
        finally:
            for task in keepers:
                task.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _tell(self, hear: Hear) -> None:
        while True:
            await hear(await self._lanes.take())

    async def _look(self) -> None:
        """Say who is out of reach and tell readings that are due; raise when nothing can be heard any more."""
        while True:
            if why := self.deaf():
                raise LineLost(why)
            at, now = self._clock.now(), self._clock.monotonic()
            for subject in self._subjects.values():
                for item in subject.look(now, self._alive_at):
                    self._lanes.put(item, at)
            await self._clock.sleep(LOOK_S)

    def _resume(self, now: float) -> None:
        """Begin anew to wait for everybody: until now nothing was heard of anybody."""
        self._alive_at = now
        for subject in self._subjects.values():
            subject.resume(now)

    def _heard(self, heard: Advertisement) -> None:
        now = self._clock.monotonic()
        if now - self._alive_at > COMMON_S:
            self._resume(now)
        self._alive_at = now
        device = self._identities.device(heard, now)
        if device is None:
            return
        for item in self._subjects[device].hear(heard, now):
            self._lanes.put(item, heard.at)
        if device in self._reached and self._visiting is not None:
            self._visiting.sighted(device, heard.address, heard.receiver, heard.rssi)

    def _read(self, device: str, which: Characteristic, value: bytes) -> None:
        at = self._clock.now()
        for item in self._subjects[device].read(which, value, at, self._clock.monotonic()):
            self._lanes.put(item, at)

    def _failed(self, device: str, why: str) -> None:
        at = self._clock.now()
        for item in self._subjects[device].failed(at):
            self._lanes.put(item, at)

    def _set_up(self) -> None:
        """Make what listens and what connects; before the first ``open`` no radio's library is needed."""
        ears = self._ears()
        deaf_s = self._bus.deaf_s
        self._radios = [Radio(receiver, self._clock, deaf_s=deaf_s, heard=self._heard) for receiver, _ in ears]
        self._visiting = Visiting(
            [target for device in self._devices if (target := target_of(device)) is not None],
            {receiver.name: connector for receiver, connector in ears},
            self._clock,
            slots=self._bus.slots,
            told=self._read,
            gone=self._failed,
        )


def _is_connected_to(device: DeviceSettings) -> bool:
    """Tell whether the device is visited or can be told something."""
    bluetooth, commands = device.profile.bluetooth, device.profile.commands.values()
    return (bluetooth is not None and bluetooth.visit is not None) or any(one.gatt is not None for one in commands)
