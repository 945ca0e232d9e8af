"""The driver of a network's cameras and door stations: each is heard for itself, and told of to the agent."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

from config.bus_settings import OnvifBus
from config.settings import DeviceSettings
from drivers.api.errors import LineLost, Misconfigured, NotSupported
from drivers.api.examines import Examined
from drivers.api.tells import Hear
from drivers.onvif.camera import Camera, Making
from drivers.onvif.examining import examine
from drivers.onvif.outbox import Outbox
from drivers.onvif.pushed import Pushed
from drivers.onvif.targets import target_of
from runtime.clock import Clock
from wire.reading import Value


class OnvifDriver:
    """A ``Driver`` that ``Tells``, ``Executes`` and ``Examines``. A camera that cannot be reached costs the others
    nothing: the line is never lost, unless the port on which cameras call is taken.
    """

    def __init__(
        self, bus: OnvifBus, devices: Sequence[DeviceSettings], clock: Clock, making: Making, pushed: Pushed | None
    ) -> None:
        """``Misconfigured`` when a device cannot be served on this bus."""
        for device in devices:
            if device.profile.driver != "onvif" or bus.type not in device.profile.transport.buses:
                raise Misconfigured(f"{device.id}: {device.profile.id} cannot be on a {bus.type} bus")
        self._clock, self._making, self._pushed = clock, making, pushed
        self._outbox = Outbox()
        self._cameras = {device.id: Camera(target_of(device), making, self._outbox) for device in devices}
        self._open, self._closed = False, asyncio.Event()
        if pushed is not None:
            for camera in self._cameras.values():
                pushed.admit(camera.target, camera.speaking.voice("push"))

    async def open(self) -> None:
        """Open the port on which cameras call, where there is one; cameras themselves are reached by ``listen``."""
        await self.close()
        if self._pushed is not None:
            await self._pushed.open()
        self._open, self._closed = True, asyncio.Event()

    async def close(self) -> None:
        """Give the port back and end ``listen``, which ends the connections to cameras."""
        self._open = False
        self._closed.set()
        if self._pushed is not None:
            await self._pushed.close()

    async def listen(self, hear: Hear) -> None:
        """See ``drivers.api.Tells``. Of what a camera tells while nobody listens all is lost, and the gap is told."""
        if not self._open:
            raise LineLost("the bus is not open")
        hearing = asyncio.create_task(self._tell(hear), name="tell")
        cameras = asyncio.create_task(self._hear_all(), name="cameras")
        closed = asyncio.create_task(self._until_closed(self._closed), name="closed")
        tasks = (hearing, cameras, closed)
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        """See ``drivers.api.Executes``."""
        camera = self._cameras.get(device)
        if camera is None:
            raise NotSupported(f"there is no {device} on this bus")
        if not self._open:
            raise LineLost("the bus is not open")
        return await camera.execute(command, args)

    def examine(self, device: str, seconds: float) -> AsyncGenerator[Examined, None]:
        """See ``drivers.api.Examines``."""
        return examine(self._cameras[device].target, self._making, seconds)

    async def _hear_all(self) -> None:
        await asyncio.gather(*(camera.run() for camera in self._cameras.values()))

    @staticmethod
    async def _until_closed(closed: asyncio.Event) -> None:
        await closed.wait()
        raise LineLost("the bus was closed")

    async def _tell(self, hear: Hear) -> None:
        while True:
            await hear(await self._outbox.take())
