"""One pretend gateway: it enrols, tells what happens now, and drains what it owes as its receipts allow."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wire.chunk import Chunk, ClockMark, ClockState, Content, Lane
from wire.codec import MEDIA_TYPE, decode, encode, encode_chunks, seal
from wire.event import Event
from wire.exchange import Enrolled, EnrolmentRequest
from wire.identity import Claims, body_digest, public_text, sign_token
from wire.reading import Batch
from wire.receipt import Fate, Receipts
from wire.status import Status

CHUNKS = "/gateway/v1/chunks"
STATUS = "/gateway/v1/status"
READINGS = 500
"""In each chunk of the backlog: ten devices of five points, ten times."""

_POINTS = ("voltage_v", "current_a", "power_w", "energy_kwh", "frequency_hz")
_DEVICES = 10
_RETRY_S = 2.0
_AGAIN, _AGAIN_S = 20, 0.5


@dataclass
class Account:
    """What all gateways together met. ``live_s`` are the waits for the receipts of what was just happening."""

    live_s: list[float] = field(default_factory=list)
    live_refused: int = 0
    backlog_sent: int = 0
    backlog_kept: int = 0
    backlog_refused: int = 0
    entries: int = 0


class Box:
    """A gateway by the protocol alone. ``backlog`` chunks were made durable during the outage."""

    def __init__(self, name: str, client: httpx.AsyncClient, account: Account, seed: int) -> None:
        self.name, self._client, self._account = name, client, account
        self._random = Random(seed)
        self._key, self._journal = Ed25519PrivateKey.generate(), secrets.token_hex(16)
        self._collector = ""
        self._seq = dict.fromkeys(Lane, 0)
        self._backlog: list[Chunk] = []

    async def enrol(self, code: str) -> None:
        """Become known to the collector."""
        request = EnrolmentRequest(code, self.name, public_text(self._key.public_key()), "simulated")
        answer = await self._client.post("/gateway/v1/enrol", content=encode(request))
        answer.raise_for_status()
        self._collector = decode(answer.content, Enrolled).collector

    def owe(self, chunks: int, since: int) -> None:
        """Make a backlog of ``chunks`` that began at ``since`` (µs)."""
        for number in range(chunks):
            at = since + number * 12_500_000
            batches = tuple(self._batch(f"meter-{1 + turn % _DEVICES}", at + turn * 100_000) for turn in range(100))
            self._backlog.append(self._seal(Lane.HISTORY, at, batches=batches))

    async def tell(self, period_s: float, stop: asyncio.Event) -> None:
        """Send an event, urgently, every ``period_s`` until ``stop``; each is sent until it is accepted."""
        while not stop.is_set():
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * period_s)
            now = time.time_ns() // 1000
            event = Event(f"{self.name}-{self._seq[Lane.ALARM]}", "door-1", "opened", now)
            chunk = self._seal(Lane.ALARM, now, events=(event,))
            began = time.monotonic()
            while await self._upload([chunk]) is None:
                self._account.live_refused += 1
                await asyncio.sleep(_RETRY_S)
            self._account.live_s.append(time.monotonic() - began)

    async def drain(self) -> None:
        """Send the backlog, one chunk first, then as much and as soon as the receipts say."""
        await asyncio.sleep(self._random.uniform(0.0, 3.0))
        credit, wait_s = 0, 0.0
        while self._backlog:
            await asyncio.sleep(wait_s)
            part = self._affordable(credit)
            receipts = await self._upload(part)
            if receipts is None:
                self._account.backlog_refused += 1
                wait_s = _RETRY_S * self._random.uniform(0.5, 1.5)
                continue
            accepted = {one.seq for one in receipts.receipts if one.fate is Fate.ACCEPTED}
            self._account.backlog_sent += len(accepted)
            self._account.backlog_kept += len(part) - len(accepted)
            self._backlog = [chunk for chunk in self._backlog if chunk.seq not in accepted]
            credit, wait_s = receipts.credit, receipts.wait_s

    def _affordable(self, credit: int) -> list[Chunk]:
        part, size = self._backlog[:1], 0
        for chunk in self._backlog[1:]:
            size += len(chunk.body)
            if size + len(part[0].body) > credit:
                break
            part.append(chunk)
        return part

    async def say(self, lane: Lane, at: int, **content: Any) -> None:
        """Send something that happened at ``at`` (µs), once; ``ConnectionError`` where nobody takes it."""
        chunk = self._seal(lane, at, **content)
        if await self._upload([chunk]) is None:
            raise ConnectionError(f"{self.name}: not accepted")

    async def beat(self, **fields: Any) -> None:
        """Send a heartbeat; ``fields`` of its status are otherwise than in a gateway that is well and owes nothing."""
        now = time.time_ns() // 1000
        known: dict[str, Any] = {"at": now, "boot": "simulated-boot", "version": "simulated", "uptime_s": 0.0}
        known |= {"journal": self._journal, "buffer_state": "durable", "produced": 1, "pending": 0}
        for _ in range(_AGAIN):
            answer = await self._post(STATUS, encode(Status(**(known | fields))))
            if answer.status_code != httpx.codes.UNAUTHORIZED:  # a collector that has just begun believes nothing older
                break
            await asyncio.sleep(_AGAIN_S)
        answer.raise_for_status()

    async def _upload(self, chunks: list[Chunk]) -> Receipts | None:
        try:
            answer = await self._post(CHUNKS, encode_chunks(chunks))
        except httpx.HTTPError:
            return None
        return decode(answer.content, Receipts) if answer.status_code == httpx.codes.OK else None

    async def _post(self, path: str, body: bytes) -> httpx.Response:
        now = time.time_ns() // 1000
        claims = Claims(
            self.name, self._collector, now, secrets.token_hex(16), "POST", path, body_digest(body), wall=now
        )
        headers = {"Content-Type": MEDIA_TYPE, "Authorization": f"Bearer {sign_token(claims, self._key)}"}
        return await self._client.post(path, content=body, headers=headers)

    def _batch(self, device: str, at: int) -> Batch:
        values = (
            230 + self._random.gauss(0, 1),
            self._random.random() * 5,
            self._random.random() * 900,
            at / 1e9,
            50.0,
        )
        return Batch(device, at, _POINTS, tuple(round(value, 2) for value in values))

    def _seal(self, lane: Lane, at: int, **parts: Any) -> Chunk:
        self._seq[lane] += 1
        mark = ClockMark("simulated-boot", ClockState.SYNCED, at, at)
        content = Content(clock=mark, **parts)
        self._account.entries += content.entries()
        return seal(content, journal=self._journal, lane=lane, seq=self._seq[lane])
