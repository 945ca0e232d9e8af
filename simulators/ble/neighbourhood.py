"""A bus of a community's file that is no wire: the air of a neighbourhood, with a Bluetooth daemon that hears it."""

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from runtime.clock import Clock
from simulators.ble.air import Air
from simulators.ble.bluez.stack import EmulatedBluez
from simulators.ble.bus import SOCKET_PATH_LIMIT, MessageBusDaemon, NoBus

_LONGEST = SOCKET_PATH_LIMIT - len("/bus.conf")
_FAULTS = frozenset(
    {"version", "slots", "connect_s", "disconnect_s", "absent_s", "expiry_s", "in_progress", "listens_s", "blind_s"}
)


class Neighbourhood:
    """``folder`` is for the private message bus (another one is taken where its name is too long for a socket);
    ``version`` is whose manners the daemon has. What sends into ``air`` does so whether anybody hears it or not.
    """

    deeds = frozenset(
        {
            "kill_bluetooth",
            "start_bluetooth",
            "restart_bluetooth",
            "restart_bus",
            "adapter_off",
            "adapter_on",
            "unplug",
            "plug_in",
            "start",
            "stop",
            "faults",
        }
    )

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        version: Literal["5.66", "5.82"] = "5.82",
        adapters: Sequence[str] = ("hci0",),
    ) -> None:
        self.air = Air()
        self._folder = folder.absolute()
        if len(str(self._folder).encode()) > _LONGEST:
            self._folder = Path(tempfile.mkdtemp(prefix="linli-air-"))
        self._version, self._clock = version, clock
        self._daemon = MessageBusDaemon(self._folder)
        self.bluez = EmulatedBluez(self._daemon.address, self.air, clock)
        for name in adapters:
            self.plug_in(name)

    @property
    def address(self) -> str:
        """Return where the message bus is: what a program needs as ``DBUS_SYSTEM_BUS_ADDRESS``."""
        return self._daemon.address

    @property
    def bus_pid(self) -> int | None:
        """Return the message bus's process, ``None`` while there is none."""
        return self._daemon.pid

    @property
    def hears(self) -> bool:
        """Return whether what is sent now reaches a program through any adapter."""
        return self.bluez.runs and any(adapter.hears for adapter in self.bluez.adapters)

    async def start(self) -> None:
        """Start the message bus and the Bluetooth daemon; ``OSError`` where that cannot be."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            await self._daemon.start()
            await self.bluez.start()
        except NoBus as error:
            self._daemon.kill()
            raise OSError(str(error)) from error

    async def stop(self) -> None:
        """End both."""
        await self.bluez.stop()
        self._daemon.kill()

    async def kill_bluetooth(self) -> None:
        """Let the Bluetooth daemon die without a word."""
        await self.bluez.kill()

    async def start_bluetooth(self) -> None:
        """Start it again."""
        await self.bluez.start()

    async def restart_bluetooth(self, down_s: float = 1.0) -> None:
        """Stop it and start it again, as a service is restarted."""
        await self.bluez.restart(down_s)

    async def restart_bus(self) -> None:
        """Restart the message bus and what was on it."""
        await self.bluez.kill()
        await self._daemon.restart()
        await self.bluez.start()

    async def adapter_off(self, adapter: str = "hci0") -> None:
        """Switch an adapter off."""
        await self.bluez.adapter(adapter).set_power(False)

    async def adapter_on(self, adapter: str = "hci0") -> None:
        """Switch it on."""
        await self.bluez.adapter(adapter).set_power(True)

    def unplug(self, adapter: str = "hci0") -> None:
        """Pull an adapter out."""
        self.bluez.remove_adapter(adapter)

    def plug_in(self, adapter: str = "hci0") -> None:
        """Put one in."""
        self.bluez.add_adapter(adapter).faults.version = self._version

    def faults(self, adapter: str = "hci0", **given: Any) -> dict[str, Any]:
        """Set what an adapter does wrong, by name as in ``Faults``, and return all of it; ``ValueError`` for others."""
        if not given.keys() <= _FAULTS:
            raise ValueError(f"faults are {', '.join(sorted(_FAULTS))}")
        faults = self.bluez.adapter(adapter).faults
        for name, value in given.items():
            setattr(faults, name, value)
        return {
            field.name: getattr(faults, field.name) for field in dataclasses.fields(faults) if field.name in _FAULTS
        }
