"""A wire that carries packets between two ends and loses, delays, reorders and paces them as the weather has it."""

import asyncio
import heapq
import os
import random
from itertools import count

from runtime.clock import Clock
from simulators.network.weather import Flow, Weather

QUEUE_S = 2.0
"""A packet that would wait longer than this for its turn on a narrow wire is dropped, as by a full router."""

LARGEST = 65_536


class PacketWire:
    """Carries between two file descriptors that give and take a packet at a time (TUN devices, datagram sockets).

    What is read from ``client`` is ``up``. Of a ``Weather`` it heeds the flows: here ``loss`` really is a packet that
    does not arrive, and ``jitter_s`` lets packets overtake each other. Use it with ``async with``.
    """

    def __init__(self, client: int, server: int, clock: Clock, dice: random.Random) -> None:
        self.weather = Weather()
        self.carried = self.lost = 0
        self._ends = {"up": (client, server), "down": (server, client)}
        self._clock, self._dice = clock, dice
        self._order = count()
        self._flying: list[tuple[float, int, int, bytes]] = []
        self._free_at = {"up": 0.0, "down": 0.0}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def under_way(self) -> int:
        """How many packets are on the wire now."""
        return len(self._flying)

    async def __aenter__(self) -> "PacketWire":
        loop = asyncio.get_running_loop()
        for way, (source, _) in self._ends.items():
            os.set_blocking(source, False)
            loop.add_reader(source, self._arrived, way)
        self._task = asyncio.create_task(self._deliver(), name="packets")
        return self

    async def __aexit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for source, _sink in self._ends.values():
            loop.remove_reader(source)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _arrived(self, way: str) -> None:
        source, sink = self._ends[way]
        try:
            packet = os.read(source, LARGEST)
        except OSError:
            return
        due = self._due(way, len(packet))
        if due is None:
            self.lost += 1
            return
        heapq.heappush(self._flying, (due, next(self._order), sink, packet))
        self._news.set()

    def _due(self, way: str, size: int) -> float | None:
        """Return when a packet arrives, ``None`` for never."""
        flow: Flow = self.weather.up if way == "up" else self.weather.down
        now = self._clock.monotonic()
        if flow.lost or (flow.loss and self._dice.random() < flow.loss):
            return None
        if flow.rate:
            start = max(now, self._free_at[way])
            if start - now > QUEUE_S:
                return None
            self._free_at[way] = start + size / flow.rate
            now = self._free_at[way]
        return now + flow.delay_s + self._dice.random() * flow.jitter_s

    async def _deliver(self) -> None:
        while True:
            now = self._clock.monotonic()
            while self._flying and self._flying[0][0] <= now:
                _, _, sink, packet = heapq.heappop(self._flying)
                self._write(sink, packet)
            self._news.clear()
            if not self._flying:
                await self._news.wait()
                continue
            await self._until(self._flying[0][0])

    async def _until(self, due: float) -> None:
        """Return at ``due``, or when a packet came that may be due sooner."""
        bell = asyncio.ensure_future(self._clock.sleep(due - self._clock.monotonic()))
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait((bell, news), return_when=asyncio.FIRST_COMPLETED)
        finally:
            bell.cancel()
            news.cancel()

    def _write(self, sink: int, packet: bytes) -> None:
        try:
            os.write(sink, packet)
            self.carried += 1
        except OSError:
            self.lost += 1  # nobody is there, or its queue is full: so is a wire
