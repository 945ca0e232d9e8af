"""A gateway for the collector's tests: it enrols, signs and uploads by the protocol alone."""

import secrets
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runtime.testing import FakeClock
from wire.chunk import Chunk, ClockMark, ClockState, Content, Lane
from wire.codec import MEDIA_TYPE, decode, encode, encode_chunks, seal
from wire.exchange import Enrolled, EnrolmentRequest, Refusal
from wire.identity import Claims, body_digest, public_text, sign_token
from wire.inventory import ArgumentInfo, CommandInfo, DeviceInfo, Inventory, PointInfo
from wire.outcome import Outcome
from wire.reading import Batch
from wire.receipt import Receipts
from wire.status import DeviceStatus, Status

CHUNKS = "/gateway/v1/chunks"
DOOR = DeviceInfo(
    id="door-1",
    name="1号门",
    kind="access_door",
    profile="door/waveshare-relay-d8",
    place="1栋",
    points=(
        PointInfo("door_state", "enum", values=("closed", "open")),
        PointInfo("exit_button", "bool"),
        PointInfo("supply_v", "float", "V"),
    ),
    commands=(CommandInfo("pulse_unlock", {"seconds": ArgumentInfo(1, 30, 5)}),),
)


class Gateway:
    """One box. ``name`` and ``collector`` go into its tokens; ``seq`` counts its chunks by lane."""

    def __init__(self, client: httpx.AsyncClient, clock: FakeClock, collector: str, name: str = "g-1") -> None:
        self.client, self.clock, self.collector, self.name = client, clock, collector, name
        self.private = Ed25519PrivateKey.generate()
        self.journal = secrets.token_hex(16)
        self.seq = dict.fromkeys(Lane, 0)

    async def enrol(self, code: str) -> Enrolled | Refusal:
        """Present a code."""
        body = encode(EnrolmentRequest(code, self.name, public_text(self.private.public_key()), "0.1"))
        answer = await self.client.post("/gateway/v1/enrol", content=body)
        if answer.status_code == 200:
            return decode(answer.content, Enrolled)
        return decode(answer.content, Refusal)

    def token(self, method: str, path: str, body: bytes = b"", /, **changes: Any) -> dict[str, str]:
        """Return the headers of one request; ``changes`` replace claims."""
        claims: dict[str, Any] = {
            "gateway": self.name,
            "collector": self.collector,
            "issued_at": self.clock.now(),
            "id": secrets.token_hex(8),
            "method": method,
            "path": path,
            "body_sha256": body_digest(body),
        }
        token = sign_token(Claims(**(claims | changes)), self.private)
        return {"Authorization": f"Bearer {token}", "Content-Type": MEDIA_TYPE}

    def chunk(self, lane: Lane = Lane.HISTORY, mark: ClockMark | None = None, **content: Any) -> Chunk:
        """Seal the next chunk of a lane; its clock is right unless ``mark`` says otherwise."""
        self.seq[lane] += 1
        mark = mark or ClockMark("boot", ClockState.SYNCED, self.clock.now(), 0)
        return seal(Content(mark, **content), journal=self.journal, lane=lane, seq=self.seq[lane])

    def readings(self, count: int, device: str = "door-1", start: int = 0) -> Chunk:
        """Seal ``count`` readings of one point, a second apart."""
        first = self.clock.now() + start * 1_000_000
        batches = tuple(Batch(device, first + i * 1_000_000, ("supply_v",), (12.0 + i,)) for i in range(count))
        return self.chunk(batches=batches)

    def inventory(self) -> Chunk:
        """Seal an inventory with one door."""
        return self.chunk(Lane.ALARM, inventory=Inventory(self.clock.now(), "site-1", "示例社区", "c0ffee", (DOOR,)))

    async def send(self, *chunks: Chunk) -> Receipts:
        """Upload chunks and return the receipts."""
        answer = await self.post(CHUNKS, encode_chunks(chunks))
        assert answer.status_code == 200, answer.content
        return decode(answer.content, Receipts)

    async def post(self, path: str, body: bytes, /, **changes: Any) -> httpx.Response:
        """Post a body with a fresh token."""
        return await self.client.post(path, content=body, headers=self.token("POST", path, body, **changes))

    def status(self, **changes: Any) -> Status:
        """Return a status in which the door is online."""
        fields: dict[str, Any] = {
            "at": self.clock.now(),
            "boot": "boot",
            "version": "0.1",
            "uptime_s": 1.0,
            "journal": self.journal,
            "buffer_state": "durable",
            "produced": 1,
            "pending": 0,
            "devices": (DeviceStatus("door-1", "online", self.clock.now()),),
        }
        return Status(**(fields | changes))

    async def tell(self, **changes: Any) -> httpx.Response:
        """Send a heartbeat in which the door is online."""
        return await self.post("/gateway/v1/status", encode(self.status(**changes)))

    async def report(self, outcome: Outcome) -> Receipts:
        """Upload the outcome of a command."""
        return await self.send(self.chunk(Lane.ALARM, outcomes=(outcome,)))


def refusal(answer: httpx.Response) -> Refusal:
    """Return the body of a refusal."""
    return decode(answer.content, Refusal)
