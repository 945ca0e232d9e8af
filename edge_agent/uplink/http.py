"""The uplink over HTTP: puts the three loops on one client; see docs/protocol.md for what they say."""

from collections.abc import Awaitable, Callable, Mapping

import httpx

from edge_agent.buffer import Buffer
from edge_agent.identity_file import Identity
from edge_agent.uplink.api import LinkState, MakeStatus, OnCommand
from edge_agent.uplink.chunks import Sender
from edge_agent.uplink.commands import CommandStream
from edge_agent.uplink.exchange import make_client
from edge_agent.uplink.link import Link
from edge_agent.uplink.session import Session
from edge_agent.uplink.status import Heartbeat
from edge_agent.uplink.waiting import within
from runtime.clock import Clock


class HttpUplink:
    """An ``Uplink`` to the collector that ``identity`` names. ``timeout_s`` is for one whole exchange."""

    def __init__(
        self,
        identity: Identity,
        buffer: Buffer,
        clock: Clock,
        *,
        status: MakeStatus,
        on_command: OnCommand,
        timeout_s: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._clock = clock
        self._client = make_client(identity.url, timeout_s, transport)
        self._session = Session(identity, clock)
        self._link = Link(self._client, self._session, clock, timeout_s)
        self._sender = Sender(self._link, buffer, clock)
        self._heartbeat = Heartbeat(self._link, status, clock)
        self._stream = CommandStream(self._link, on_command, clock)

    def tasks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """See ``Uplink.tasks``: ``uplink-commands``, ``uplink-status`` and ``uplink-chunks``."""
        return {
            "uplink-commands": self._stream.run,
            "uplink-status": self._heartbeat.run,
            "uplink-chunks": self._sender.run,
        }

    async def drain(self, deadline_s: float) -> bool:
        """See ``Uplink.drain``."""
        try:
            return await within(self._clock, deadline_s, self._sender.drain())
        except TimeoutError:
            return False

    async def close(self) -> None:
        """See ``Uplink.close``."""
        await self._client.aclose()

    def collector_time(self) -> int | None:
        """See ``Uplink.collector_time``."""
        return self._session.collector_time()

    @property
    def state(self) -> LinkState:
        """See ``Uplink.state``."""
        contact_at = self._link.contact_at
        return LinkState(
            connected=contact_at is not None and not self._link.problems,
            listening=self._stream.listening,
            contact_s_ago=None if contact_at is None else self._clock.monotonic() - contact_at,
            problem=next(iter(self._link.problems.values()), ""),
            sent_chunks=self._sender.sent_chunks,
            sent_bytes=self._sender.sent_bytes,
        )
