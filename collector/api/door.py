"""The connection under every door: uvicorn's own over h11, which limits a head's size; its time is limited here."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


class Door(H11Protocol):
    """A connection on which a request's head has to arrive within ``head_s``, else it is closed.

    So does the rest of a body that was refused unread. A request that is being answered has all the time it wants.
    """

    head_s = 20.0
    _bell: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def _watch(self) -> None:
        # before the first request there is no cycle, whatever uvicorn's annotation says
        cycle: object | None = self.cycle
        if cycle is not None and not self.cycle.response_complete:
            self._rest()
        elif self._bell is None:
            self._bell = self.loop.call_later(self.head_s, self.transport.close)

    def _rest(self) -> None:
        if self._bell is not None:
            self._bell.cancel()
            self._bell = None
