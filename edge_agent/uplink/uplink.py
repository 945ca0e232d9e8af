"""Puts the uplink's loops on one transport, and chooses the transport by the collector's address."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from edge_agent.buffer import Buffer
from edge_agent.identity_file import Identity
from edge_agent.uplink.api import LinkState, MakeStatus, OnCommand, Transport
from edge_agent.uplink.chunks import HISTORY, URGENT, Sender
from edge_agent.uplink.commands import CommandStream
from edge_agent.uplink.link import Link
from edge_agent.uplink.lists import KeepsLists, ListsFetch, NoLists
from edge_agent.uplink.newest import NewestState
from edge_agent.uplink.session import Heard, Session
from edge_agent.uplink.status import Heartbeat
from edge_agent.uplink.waiting import within
from runtime.broker import broker_at, is_broker_url
from runtime.clock import Clock
from wire.codec import encode
from wire.exchange import Hello
from wire.picture import PictureAnswer

BeforeHistory: TypeAlias = Callable[[], Awaitable[None]]
"""Awaited once the collector's time is known, before any history is sent."""

_LOOK_S = 0.2


def make_transport(
    identity: Identity, clock: Clock, timeout_s: float, *, username: str = "", password: str = ""
) -> Transport:
    """Return the way to ``identity.url`` that its scheme names; name and password are for a broker.

    ``ValueError`` where it is no collector's.
    """
    if is_broker_url(identity.url):
        from edge_agent.uplink.mqtt_transport import MqttTransport  # a megabyte, and only where there is a broker

        return MqttTransport(broker_at(identity.url, username, password), identity.gateway, clock, timeout_s)
    from edge_agent.uplink.http_transport import HttpTransport

    return HttpTransport(identity.url, clock, timeout_s)


class CollectorUplink:
    """An ``Uplink`` to the collector that ``identity`` names, over ``transport``.

    ``timeout_s`` is for one exchange of an ordinary size. ``heard`` is told the collector's time with every two-way
    exchange (see ``Heard``). History waits until ``before_history`` has returned once. ``lists`` keeps the community's
    plate lists. ``seed`` makes the jitter repeatable.
    """

    def __init__(
        self,
        identity: Identity,
        buffer: Buffer,
        clock: Clock,
        transport: Transport,
        *,
        status: MakeStatus,
        on_command: OnCommand,
        timeout_s: float = 10.0,
        heard: Heard | None = None,
        before_history: BeforeHistory | None = None,
        lists: KeepsLists | None = None,
        seed: int | None = None,
    ) -> None:
        self._clock, self._transport, self._before_history = clock, transport, before_history
        self._session = Session(identity, clock, heard)
        self._link = link = Link(transport, self._session, clock, seed)
        self._urgent = Sender("urgent", URGENT, link, buffer, buffer.urgent, clock, timeout_s=timeout_s, paced=False)
        self._history = Sender("history", HISTORY, link, buffer, buffer.stored, clock, timeout_s=timeout_s, paced=True)
        self._newest = NewestState(link, buffer, self._history, clock)
        self._lists = ListsFetch(link, lists or NoLists())
        self._heartbeat = Heartbeat(link, status, clock, self._lists.announced)
        self._stream = CommandStream(link, on_command, clock)

    def tasks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """See ``Uplink.tasks``."""
        return {
            "uplink-commands": self._stream.run,
            "uplink-status": self._heartbeat.run,
            "uplink-urgent": self._urgent.run,
            "uplink-history": self._send_history,
            "uplink-state": self._newest.run,
            "uplink-lists": self._lists.run,
        }

    async def drain(self, deadline_s: float) -> bool:
        """See ``Uplink.drain``; what is urgent goes first."""
        try:
            return await within(self._clock, deadline_s, self._drain())
        except TimeoutError:
            return False

    async def close(self) -> None:
        """See ``Uplink.close``."""
        await self._transport.close()

    async def show(self, answer: PictureAnswer, patience_s: float) -> None:
        """See ``Uplink.show``."""
        await self._link.ask("pictures", encode(answer), Hello, patience_s)

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
            sent_chunks=self._urgent.sent_chunks + self._history.sent_chunks,
            sent_bytes=self._urgent.sent_bytes + self._history.sent_bytes,
        )

    async def _send_history(self) -> None:
        if self._before_history is not None:
            while self._session.collector_time() is None:
                await self._clock.sleep(_LOOK_S)
            await self._before_history()
            self._before_history = None
        await self._history.run()

    async def _drain(self) -> bool:
        return await self._urgent.drain() and await self._history.drain()


def make_uplink(
    identity: Identity,
    buffer: Buffer,
    clock: Clock,
    *,
    status: MakeStatus,
    on_command: OnCommand,
    timeout_s: float = 10.0,
    heard: Heard | None = None,
    before_history: BeforeHistory | None = None,
    lists: KeepsLists | None = None,
    username: str = "",
    password: str = "",
) -> CollectorUplink:
    """Return the uplink for ``identity.url``, whatever it speaks; see ``CollectorUplink`` and ``make_transport``."""
    transport = make_transport(identity, clock, timeout_s, username=username, password=password)
    return CollectorUplink(
        identity,
        buffer,
        clock,
        transport,
        status=status,
        on_command=on_command,
        timeout_s=timeout_s,
        heard=heard,
        before_history=before_history,
        lists=lists,
    )
