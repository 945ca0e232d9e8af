"""Events as cameras write them, for the tests to vary."""

from pathlib import Path
from typing import Final

from drivers.onvif.events import Occurrence, Quirks, meanings

VECTORS: Final = Path(__file__).parents[3] / "vectors" / "camera_events"
NOW: Final = 1_767_254_400_000_000
"""2026-01-01T08:00:00Z, which is when the constructed vectors happened."""


def vector(name: str) -> bytes:
    """Return one file of the vectors as it lies there."""
    return (VECTORS / name).read_bytes()


def notification(topic: str, message: str, attributes: str = 'UtcTime="2026-01-01T08:00:00Z"') -> str:
    """Return one notification; ``message`` is what stands in its inner message."""
    return (
        f"<wsnt:NotificationMessage><wsnt:Topic>{topic}</wsnt:Topic><wsnt:Message>"
        f"<tt:Message {attributes}>{message}</tt:Message></wsnt:Message></wsnt:NotificationMessage>"
    )


def answer(*notifications: str) -> bytes:
    """Return a PullPoint's answer whose prefixes are bound to nothing."""
    inner = "".join(notifications)
    response = f"<tev:PullMessagesResponse>{inner}</tev:PullMessagesResponse>"
    return f"<s:Envelope><s:Body>{response}</s:Body></s:Envelope>".encode()


def data(**items: str) -> str:
    """Return a Data element of simple items."""
    inner = "".join(f'<tt:SimpleItem Name="{name}" Value="{value}"/>' for name, value in items.items())
    return f"<tt:Data>{inner}</tt:Data>"


def happened(body: bytes, quirks: Quirks | None = None) -> list[Occurrence]:
    """Return only what happened."""
    found = meanings(body, NOW, quirks or Quirks())
    return [one.occurrence for one in found if one.occurrence is not None]
