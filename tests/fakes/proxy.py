"""Stands between an agent and a collector and, on some uploads, answers what middleboxes and sick servers answer."""

import asyncio
import threading
from collections import deque
from collections.abc import Coroutine, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from simulators.network.answers import ANSWERS
from wire.codec import decode, encode
from wire.command import SignedCommand
from wire.exchange import Downlink

T = TypeVar("T")
CHUNKS = "POST /gateway/v1/chunks"
COMMANDS = "GET /gateway/v1/commands"

PASS, ANSWER_LOST, ANSWER_CUT = "pass", "answer_lost", "answer_cut"
"""The upload arrives: its answer does as well, does not, or breaks off in the middle."""


class Proxy:
    """A proxy to ``port`` of this machine, in a thread of its own while the ``with`` block lasts.

    ``plan`` names what becomes of the next uploads, in order: a name of ``ANSWERS``, ``PASS``, ``ANSWER_LOST`` or
    ``ANSWER_CUT``; after its end everything passes. ``passed`` counts the uploads whose answer arrived.
    """

    def __init__(self, port: int) -> None:
        self.plan: deque[str] = deque()
        self.passed = 0
        self.commands: list[SignedCommand] = []
        self.url = ""
        self._upstream = port
        self._down: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def follow(self, plan: Iterable[str]) -> None:
        """Set what becomes of the next uploads."""
        self.plan.extend(plan)

    def say(self, command: SignedCommand) -> None:
        """Put a command of one's own on every open command stream."""
        self._call(self._say(command))

    def __enter__(self) -> Self:
        self._thread.start()
        server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self._server = server
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(10)

    async def _close(self) -> None:
        self._server.close()
        mine = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not mine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, agent: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            await self._exchange(agent, back)
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass
        finally:
            back.close()

    async def _exchange(self, agent: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Serve one request; the connection ends with it, so that every request is seen."""
        head = await agent.readuntil(b"\r\n\r\n")
        what, *fields = head.decode("latin-1").split("\r\n")
        sizes = [field.partition(":")[2] for field in fields if field.lower().startswith("content-length:")]
        body = await agent.readexactly(int(sizes[0]) if sizes else 0)
        upload = what.startswith(CHUNKS)
        fate = self.plan.popleft() if upload and self.plan else PASS
        if fate in ANSWERS:
            back.write(ANSWERS[fate])
            await back.drain()
            return
        there, forth = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            forth.write(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + body)
            if what.startswith(COMMANDS):
                await self._stream(there, back)
                return
            whole = await there.read(-1)
            back.write({PASS: whole, ANSWER_LOST: b"", ANSWER_CUT: whole[: len(whole) - 10]}[fate])
            await back.drain()
            self.passed += upload and fate == PASS
        finally:
            forth.close()

    async def _stream(self, there: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        head = await there.readuntil(b"\r\n\r\n")
        back.write(head)
        if not head.startswith(b"HTTP/1.1 200"):
            back.write(await there.read(-1))
            return
        self._down.add(back)
        try:
            while size := int(await there.readuntil(b"\r\n"), 16):
                piece = (await there.readexactly(size + 2))[:-2]
                command = decode(piece[4:], Downlink).command
                self.commands += [command] if command else []
                await _put(back, piece)
        finally:
            self._down.discard(back)

    async def _say(self, command: SignedCommand) -> None:
        for back in self._down:
            frame = encode(Downlink(0, command))
            await _put(back, len(frame).to_bytes(4, "big") + frame)


async def _put(back: asyncio.StreamWriter, piece: bytes) -> None:
    back.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    await back.drain()
