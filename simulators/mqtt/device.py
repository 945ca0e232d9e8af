"""One pretend device at a broker: tells its state, lets things happen, obeys what it is told, or falls silent."""

import json
from typing import Any, TypeAlias

from runtime.broker import Broker, Mail
from runtime.mqtt import Connection

Json: TypeAlias = dict[str, Any]
_OBEYS: dict[tuple[str, Any], Json] = {
    ("valve", "CLOSE"): {"valve": "CLOSED"},
    ("valve", "OPEN"): {"valve": "OPEN"},
    ("mute", True): {"muted": True},
    ("snapshot", True): {"picture": True},
}


class JsonDevice:
    """A device of the generic JSON format called ``name`` at ``broker``; ``state`` is what it tells of itself.

    ``deaf``: it takes commands and does nothing. ``orders`` are all that it was told, ``seq`` the number of the last
    event.
    """

    def __init__(self, broker: Broker, name: str, state: Json | None = None, base: str = "linli") -> None:
        self.name, self.state = name, dict(state or {})
        self.deaf = False
        self.orders: list[Json] = []
        self.seq = 0
        self._base = f"{base}/{name}"
        self._broker = broker
        self._connection: Connection | None = None

    async def start(self, *, obeys: bool = True) -> None:
        """Connect; ``obeys``: it can be told something. ``BrokerError`` where that fails."""
        made = Connection(self._broker, f"device-{self.name}", self._told, keepalive_s=30, most=100_000, timeout_s=5.0)
        await made.open(*([f"{self._base}/set"] if obeys else []))
        self._connection = made

    async def stop(self) -> None:
        """Disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def tell(self, *, retained: bool = False, **changed: Any) -> None:
        """Change some of the state and publish all of it."""
        await self.change(changed, retained=retained)

    async def change(self, changed: Json, *, retained: bool = False) -> None:
        """Do the same with any names."""
        self.state.update(changed)
        await self.say("state", json.dumps(self.state).encode(), retained=retained)

    async def happen(self, event: str, *, seq: int | None = None, qos: int = 1, **fields: Any) -> None:
        """Publish an event; ``seq`` is the next number unless it is given (a repetition)."""
        self.seq = self.seq + 1 if seq is None else seq
        body = {"event": event, "seq": self.seq, **fields}
        await self.say("event", json.dumps(body).encode(), qos=qos)

    async def appear(self, there: bool = True) -> None:
        """Publish whether it is there."""
        await self.say("availability", b"online" if there else b"offline", retained=True)

    async def say(self, topic: str, body: bytes, *, retained: bool = False, qos: int = 1) -> None:
        """Publish any bytes on a topic of its own, and wait until the broker has them."""
        if self._connection is None:
            raise RuntimeError(f"{self.name} is not connected")
        await self._connection.post(Mail(f"{self._base}/{topic}", body, retained=retained), qos)

    def _told(self, mail: Mail) -> None:
        order = json.loads(mail.body)
        self.orders.append(order)
        if self.deaf or self._connection is None:
            return
        for name, value in order.items():
            self.state.update(_OBEYS.get((name, value), {}))
            if name == "unlock":
                self.state["lock"] = "unlocked"
        self._connection.post(Mail(f"{self._base}/state", json.dumps(self.state).encode()))
