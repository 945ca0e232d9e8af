"""What can go wrong on the way to the collector, drawn as a tree: nothing was said, or no was said, and by whom."""

from wire.exchange import Refusal

#   LinkError
#   ├── NoAnswer    nothing came that a collector of ours could have said: nothing is known, everything is kept
#   │   └── Silent  the line itself is dead: whatever else is on it is given up too
#   └── Refused     a no, from the collector or from something in its place


class LinkError(Exception):
    """Root of the tree; ``word`` is stable, for logs and status."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class NoAnswer(LinkError):
    """No connection, a timeout, half an answer, somebody else's page, garbage."""


class Silent(NoAnswer):
    """No sign of life for so long that the peer is gone, whatever the operating system believes of the connection."""

    def __init__(self) -> None:
        super().__init__("silence")


class Refused(LinkError):
    """``word`` is the collector's own, or ``http_<status>`` where no ``Refusal`` came with it; then ``time`` is
    ``None``. ``status`` is as in HTTP on every transport. ``retry_after_s`` is what the answer asked for, ``sent_at``
    when the request left (monotonic seconds).
    """

    def __init__(self, status: int, refusal: Refusal | None, retry_after_s: float | None, sent_at: float) -> None:
        super().__init__(refusal.error if refusal else f"http_{status}")
        self.status, self.retry_after_s, self.sent_at = status, retry_after_s, sent_at
        self.time = refusal.time if refusal else None
