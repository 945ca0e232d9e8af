"""What every way to people has in common: it takes one message, or says why not."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from config.channels import ChannelSettings
from edge_agent.notify.notice import Notice
from wire.outcome import Outcome


class NotSent(Exception):
    """It was not taken; ``word`` is stable. ``final``: it never will be; ``retry_after_s``: as the other side asks."""

    def __init__(self, word: str, *, final: bool = False, retry_after_s: float | None = None) -> None:
        super().__init__(word)
        self.word, self.final, self.retry_after_s = word, final, retry_after_s


class Channel(Protocol):
    """One way to people."""

    async def send(self, notice: Notice, message: str) -> Outcome | None:
        """Deliver a notice in the words of ``message``, or raise ``NotSent``; a device's outcome is to be stored.

        May be cancelled; then it may have been delivered.
        """
        ...

    async def close(self) -> None:
        """Give back what it holds; never raises."""
        ...


MakeChannel: TypeAlias = Callable[[ChannelSettings], Channel]
"""Makes the channel of these settings; connects to nothing."""
