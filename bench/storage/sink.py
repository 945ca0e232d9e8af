"""A collector that only receipts: every chunk of an upload is looked at, counted and accepted, and nothing is stored.

Run as ``python -m bench.storage.sink``: prints one JSON line with its port, answers each line on standard input with
one JSON line of what it has taken, and ends with its input. In a process of its own, so that only the gateway's side is
measured.
"""

import asyncio
import json
import sys
import time

from wire import PROTOCOL
from wire.chunk import Chunk
from wire.codec import MEDIA_TYPE, decode_chunks, encode
from wire.exchange import Hello
from wire.receipt import Fate, Receipt, Receipts

NAME = "sink"


class Sink:
    """``readings``, ``chunks`` and ``uploads`` count what came, ``doubled`` the chunks that came before."""

    def __init__(self) -> None:
        self.readings = self.chunks = self.uploads = self.doubled = 0
        self._seen: set[tuple[str, int, int]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it ends."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                lengths = [line for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
                body = await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b""
                answer = self._take(body) if body else encode(Hello(NAME, (PROTOCOL,), _now()))
                kind = f"HTTP/1.1 200 OK\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {len(answer)}\r\n\r\n"
                writer.write(kind.encode() + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    def _take(self, body: bytes) -> bytes:
        self.uploads += 1
        return encode(Receipts(tuple(self._receipt(chunk) for chunk in decode_chunks(body)), _now()))

    def _receipt(self, chunk: object) -> Receipt:
        if not isinstance(chunk, Chunk) or not chunk.intact():
            raise RuntimeError(f"the gateway sent what is no chunk: {chunk}")
        key = (chunk.journal, chunk.lane, chunk.seq)
        if key in self._seen:
            self.doubled += 1
        else:
            self._seen.add(key)
            self.chunks += 1
            self.readings += chunk.n
        return Receipt(*key, Fate.ACCEPTED)


def _now() -> int:
    return time.time_ns() // 1000


async def _serve() -> None:
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        counts = {"readings": sink.readings, "chunks": sink.chunks, "uploads": sink.uploads, "doubled": sink.doubled}
        print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())
