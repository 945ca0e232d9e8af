"""The far end of a serial line: takes bytes, lets them and the answers take their time, and answers through a line.

A pseudo-terminal and a TCP connection carry bytes at once. ``paced`` gives them the time that the line costs, so
that how many questions fit into a second is what it is on copper: each byte its bits, each frame the silence that ends
it (MODBUS over Serial Line V1.02 §2.5.1.1).
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from runtime.clock import Clock
from simulators.modbus.frames import Frame, RtuReader
from simulators.modbus.line import Line
from simulators.modbus.speed import Speed, heard

_HURRY_S = 1e-6


def _nothing() -> None:
    return None


class RtuEnd:
    """One client's bytes. ``send`` puts bytes on the wire and tells whether all went; ``speed`` is the client's now."""

    def __init__(
        self, line: Line, clock: Clock, *, send: Callable[[bytes], bool], speed: Callable[[], Speed], paced: bool
    ) -> None:
        self._line = line
        self._clock = clock
        self._put = send
        self._speed = speed
        self._paced = paced
        self._reader = RtuReader()
        self._heard_until = 0.0
        self._busy: set[asyncio.Task[None]] = set()

    def arrived(self, data: bytes) -> None:
        """Take bytes of the client."""
        if self._paced:
            began = max(self._clock.monotonic(), self._heard_until)
            self._heard_until = began + len(data) * self._speed().char_s
        if self._line.echo:
            self._send(data, _nothing)
        for request in self._reader.feed(data):
            slow_s = self._line.slow_s(request.unit)
            if self._paced:
                slow_s += self._heard_until - self._clock.monotonic() + self._speed().gap_s
            if slow_s > 0:
                self._start(self._later(request, slow_s), "thinks")
            else:
                self._serve(request)

    def cancel(self) -> list[asyncio.Task[None]]:
        """Forget what was asked; returns the tasks that are ending."""
        for task in self._busy:
            task.cancel()
        return list(self._busy)

    async def _later(self, request: Frame, slow_s: float) -> None:
        await self._clock.sleep(slow_s)
        self._serve(request)

    def _serve(self, request: Frame) -> None:
        reply = self._line.serve(request, tcp=False)
        if reply is not None:
            data, sent = reply
            speed = self._line.speaks(request.unit)
            self._send(data if speed is None else self._distorted(data, speed), sent)

    def _send(self, data: bytes, sent: Callable[[], None]) -> None:
        if self._paced and data:
            self._start(self._send_paced(data, self._speed().char_s, sent), "sends")
        elif data and self._put(data):
            sent()

    def _distorted(self, data: bytes, speed: Speed) -> bytes:
        """Return what the client hears of a unit that is set to ``speed``: garbage at another baud rate, nothing with
        another parity alone, for then the unit threw the question away.
        """
        line = self._speed()
        if speed == line:
            return data
        return b"" if speed.baud == line.baud else heard(data, speed, line)

    async def _send_paced(self, data: bytes, char_s: float, sent: Callable[[], None]) -> None:
        began, done, whole = self._clock.monotonic(), 0, True
        while done < len(data):
            await self._clock.sleep(max(0.0, began + (done + 1) * char_s - self._clock.monotonic()))
            due = min(len(data), max(done + 1, int((self._clock.monotonic() - began + _HURRY_S) / char_s)))
            whole = self._put(data[done:due]) and whole
            done = due
        if whole:
            sent()

    def _start(self, work: Coroutine[Any, Any, None], does: str) -> None:
        task = asyncio.create_task(work, name=f"{self._line.name} {does}")
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
