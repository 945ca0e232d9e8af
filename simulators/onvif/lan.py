"""A switch and the devices that are plugged into it: they start and end as one, and are found by a probe."""

from simulators.onvif.device import OnvifDevice
from simulators.onvif.discovery import Discovery


class Lan:
    """``discovery`` is the UDP port for probes (0: a free one); ``None``: nobody answers any."""

    def __init__(self, *, host: str = "127.0.0.1", discovery: int | None = None) -> None:
        self.host = host
        self.devices: dict[str, OnvifDevice] = {}
        self.discovery = None if discovery is None else Discovery(lambda: self.devices.values(), host, discovery)
        self._on = False

    async def start(self) -> None:
        """Switch everything on; ``OSError`` when a port is taken, and then nothing is on."""
        if self._on:
            return
        self._on = True
        try:
            for device in self.devices.values():
                await device.start()
            if self.discovery is not None:
                await self.discovery.start()
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Switch everything off."""
        self._on = False
        if self.discovery is not None:
            self.discovery.stop()
        for device in self.devices.values():
            await device.stop()

    def cut(self) -> None:
        """Break every connection that stands."""
        for device in self.devices.values():
            device.cut()
