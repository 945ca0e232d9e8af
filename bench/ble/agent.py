"""The agent's process as ``bench.agent`` runs it, with a witness inside: when an alert is durable, how much was heard.

Run as ``python -P -m bench.ble.agent PLAN STATE radio|none``. The witness writes to ``STATE/durable`` one line for each
alert that was raised: device, rule, and when storing it had returned, in monotonic seconds. ``STATE/counts`` has, as
two numbers of eight bytes, the advertisements that were heard and the readings that the buffer was given.
"""

import mmap
import struct
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, NamedTuple

from bench import agent
from edge_agent import process

_NUMBERS = struct.Struct("<2q")


class Counts(NamedTuple):
    """What an agent has heard and stored so far."""

    adverts: int
    readings: int


def counts_of(state: Path) -> Counts:
    """Return the counts of an agent whose state is in ``state``."""
    file = state / "counts"
    return Counts(*_NUMBERS.unpack(file.read_bytes())) if file.exists() else Counts(0, 0)


class Witness:
    """Counts where another process can see it; noting costs some 0.2 µs."""

    def __init__(self, state: Path) -> None:
        file = state / "counts"
        file.write_bytes(_NUMBERS.pack(0, 0))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _NUMBERS.size)
        self._lines = (state / "durable").open("a", encoding="utf-8", buffering=1)
        self._adverts = self._readings = 0

    def watch_buffer(self) -> None:
        """Note readings and alerts."""
        from edge_agent.buffer import Buffer
        from wire.reading import Batch

        put, put_now = Buffer.put, Buffer.put_now

        async def put_counted(buffer: Buffer, item: Any) -> None:
            if isinstance(item, Batch):
                self._readings += len(item.points)
                _NUMBERS.pack_into(self._shared, 0, self._adverts, self._readings)
            await put(buffer, item)

        def put_noted(buffer: Buffer, **given: Any) -> Any:
            return self._durable(put_now(buffer, **given), given.get("alerts", ()))

        Buffer.put = put_counted  # type: ignore[assignment, method-assign]
        Buffer.put_now = put_noted  # type: ignore[assignment, method-assign]

    def watch_radio(self) -> None:
        """Count advertisements."""
        from drivers.ble.bluez import BluezReceiver

        start = BluezReceiver.start

        async def start_counted(receiver: BluezReceiver, heard: Any) -> None:
            def hear(advertisement: Any) -> None:
                self._adverts += 1
                _NUMBERS.pack_into(self._shared, 0, self._adverts, self._readings)
                heard(advertisement)

            await start(receiver, hear)

        BluezReceiver.start = start_counted  # type: ignore[assignment, method-assign]

    async def _durable(self, storing: Awaitable[bool], alerts: Any) -> bool:
        durable = await storing
        for alert in alerts:
            if durable and alert.state.value == "raised":
                self._lines.write(f"{alert.device} {alert.rule} {time.monotonic()}\n")
        return durable


def main(plan: Path, state: Path, *, has_radio: bool) -> int:
    """Run until SIGTERM; return the exit status."""
    for package in process._NOT_NEEDED:
        sys.modules.setdefault(package, None)  # type: ignore[arg-type]  # before the first import that would take them
    witness = Witness(state)
    witness.watch_buffer()
    if has_radio:
        witness.watch_radio()
    return agent.main(plan, state)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), has_radio=sys.argv[3] == "radio"))
