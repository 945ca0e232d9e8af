"""Messages that are a deed: a siren, a lamp or a sign on this box is told something, and its outcome is kept."""

import asyncio

from config.channels import CommandSettings
from edge_agent.notify.channel import NotSent
from edge_agent.notify.notice import Notice
from edge_agent.telling import Targets, tell
from runtime.clock import Clock
from wire.outcome import LocalAction, Outcome, OutcomeState


class DeviceChannel:
    """One command of one device. How long it sounds is for its profile to bound and its board to time."""

    def __init__(self, settings: CommandSettings, targets: Targets, clock: Clock) -> None:
        self._settings, self._targets, self._clock = settings, targets, clock

    async def send(self, notice: Notice, message: str) -> Outcome:
        """See ``Channel.send``. A failure is no outcome yet: it is tried again."""
        settings, begun_at = self._settings, self._clock.now()
        try:
            async with asyncio.timeout(settings.timeout_s):
                told = await tell(self._targets, settings.device, settings.command, settings.args)
        except TimeoutError as error:
            raise NotSent("timeout") from error
        if told.state is not OutcomeState.EXECUTED:
            raise NotSent(told.reason, final=not told.again)
        asked = LocalAction(notice.alert, notice.rule, settings.command, begun_at, dict(settings.args))
        at, readback = self._clock.now(), dict(told.readback)
        return Outcome(
            f"notify:{notice.id}", settings.device, told.state, at, told.reason, told.detail, readback, asked
        )

    async def close(self) -> None:
        """See ``Channel.close``; the device is the site's."""
