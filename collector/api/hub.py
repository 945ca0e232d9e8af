"""The live page's events: numbered, kept for a while in memory, and replayed to whoever missed some."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import msgspec

from runtime.clock import Clock

PING_S = 3.0
"""How often every stream, busy or silent, says how fresh its data is."""

_KEPT = 5000
_BEHIND = 2000
_RUN = 1_000_000
_DIGITS = 20


class _Watcher:
    def __init__(self, persons: bool) -> None:
        self.persons = persons
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.lost = False


class Hub:
    """Publishes to every open stream. Event numbers begin with the second of this program's start, so that a
    number from before a restart is known to be one and answered with ``reset``.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._number = clock.now() // 1_000_000 * _RUN
        self._ring: deque[tuple[int, bytes, bytes]] = deque(maxlen=_KEPT)
        self._watchers: set[_Watcher] = set()
        self._closing = False

    def __len__(self) -> int:
        return len(self._watchers)

    def publish(self, event: str, payload: object, masked: object = None) -> None:
        """Send ``payload`` (anything that msgspec makes JSON of) to everybody who watches; ``masked``, where given, in
        its place to those who may not know of persons.
        """
        self._number += 1
        frame = self._frame(event, payload)
        plain = frame if masked is None else self._frame(event, masked)
        self._ring.append((self._number, frame, plain))
        for watcher in self._watchers:
            if watcher.queue.qsize() >= _BEHIND:
                watcher.lost = True
            else:
                watcher.queue.put_nowait(frame if watcher.persons else plain)

    def close(self) -> None:
        """End every stream now, and later ones at once."""
        self._closing = True
        for watcher in self._watchers:
            watcher.queue.put_nowait(None)

    async def frames(self, last_id: str = "", *, persons: bool = False) -> AsyncIterator[bytes]:
        """Yield frames of ``text/event-stream``: what was missed since ``last_id``, or ``reset``; then what comes.
        ``persons``: whoever watches may know of them.
        """
        watcher = _Watcher(persons)
        missed = self._missed(last_id, persons)
        self._watchers.add(watcher)
        try:
            due = self._clock.monotonic() + PING_S
            yield b"retry: 2000\n\n" + self._ping()
            for frame in missed if missed is not None else [self._reset()]:
                yield frame
            while not self._closing:
                if self._clock.monotonic() >= due:
                    due = self._clock.monotonic() + PING_S
                    yield self._ping()
                    continue
                coming = await self._next(watcher, due)
                if coming is None:
                    return
                if watcher.lost:
                    watcher.lost, watcher.queue = False, asyncio.Queue()
                    coming = self._reset()
                if coming:
                    yield coming
        finally:
            self._watchers.discard(watcher)

    async def _next(self, watcher: _Watcher, due: float) -> bytes | None:
        """Return what comes next; nothing (``b""``) when a ping is due before it."""
        if not watcher.queue.empty():
            return watcher.queue.get_nowait()
        getter = asyncio.create_task(watcher.queue.get())
        timer = asyncio.create_task(self._clock.sleep(due - self._clock.monotonic()))
        try:
            await asyncio.wait((getter, timer), return_when=asyncio.FIRST_COMPLETED)
            return getter.result() if getter.done() else b""
        finally:
            getter.cancel()
            timer.cancel()

    def _frame(self, event: str, payload: object) -> bytes:
        return f"id: {self._number}\nevent: {event}\ndata: ".encode() + msgspec.json.encode(payload) + b"\n\n"

    def _missed(self, last_id: str, persons: bool) -> list[bytes] | None:
        if not last_id:
            return []
        if not (last_id.isascii() and last_id.isdigit() and len(last_id) < _DIGITS):
            return None
        last = int(last_id)
        first_kept = self._ring[0][0] if self._ring else self._number + 1
        if not first_kept - 1 <= last <= self._number:
            return None
        return [frame if persons else plain for number, frame, plain in self._ring if number > last]

    def _reset(self) -> bytes:
        return f"id: {self._number}\nevent: reset\ndata: {{}}\n\n".encode()

    def _ping(self) -> bytes:
        return b"event: ping\ndata: " + msgspec.json.encode({"as_of": self._clock.now()}) + b"\n\n"
