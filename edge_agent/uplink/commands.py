"""The one long-lived stream that commands come down on; silence on it means that the link is dead."""

from edge_agent.uplink.api import OnCommand
from edge_agent.uplink.errors import LinkError, Refused, Silent
from edge_agent.uplink.link import Link
from edge_agent.uplink.waiting import within
from runtime.backoff import Backoff
from runtime.clock import Clock
from wire.exchange import Downlink

PATH = "commands"

SILENCE_S = 12.0
"""The collector gives a sign of life every 5 s; so much silence is a dead link: two signs were lost."""


class CommandStream:
    """Listens, and hands every command to ``on_command`` as it came: verifying is not the uplink's."""

    def __init__(self, link: Link, on_command: OnCommand, clock: Clock) -> None:
        self.listening = False
        self._link, self._on_command, self._clock = link, on_command, clock
        self._backoff = Backoff(initial_s=1.0, ceiling_s=15.0)
        self._tries = 0
        self._opened_at: float | None = None

    async def run(self) -> None:
        """Listen; listen again whenever the stream ends; endless."""
        while True:
            await self._link.back()
            retry_after_s = None
            try:
                await self._listen()
            except LinkError as error:
                self._tries += 1
                self._link.failed(PATH, error)
                retry_after_s = error.retry_after_s if isinstance(error, Refused) else None
            finally:
                self.listening = False
                self._opened_at = None
            await self._link.rest(self._backoff.next(retry_after_s), self._tries)

    async def _listen(self) -> None:
        async with self._link.downlinks() as downlinks:
            while True:
                try:
                    frame = await within(self._clock, SILENCE_S, downlinks.next())
                except TimeoutError as error:
                    raise Silent from error
                self._heard(frame)
                if frame.command is not None:
                    await self._on_command(frame.command)

    def _heard(self, frame: Downlink) -> None:
        now = self._clock.monotonic()
        self._link.session.heard(frame.time)
        self._link.well(PATH)
        self.listening = True
        if self._opened_at is None:
            self._opened_at = now
        elif now - self._opened_at >= SILENCE_S:  # one that ends as soon as it began is no success
            self._backoff.reset()
            self._tries = 0
