"""Where a camera's video is, with whom to be: on the camera itself, and safe for any password."""

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from config.hidden import Secret
from drivers.api.errors import CorruptAnswer
from drivers.onvif.calls import MediaProfile

WIDEST = 2000
"""A plate that can be read at all can be read at so many pixels across; more only cost."""


def wanted(profiles: Sequence[MediaProfile]) -> MediaProfile:
    """Return what to read plates from: the widest up to ``WIDEST``, else the narrowest; ``CorruptAnswer`` for none."""
    if not profiles:
        raise CorruptAnswer("the camera has no video profile")
    fit = [profile for profile in profiles if profile.width <= WIDEST]
    if not fit:
        return min(profiles, key=lambda profile: profile.width)
    return max(fit, key=lambda profile: (profile.width, profile.bitrate_kbps or 0))


def with_password(address: str, host: str, port: int, user: str, password: Secret | None) -> Secret:
    """Return an RTSP address with user and password in it, percent-encoded.

    It has to lead to ``host``: what a camera says leads nowhere else (``CorruptAnswer``). ``port`` is where none is
    said.
    """
    try:
        parts = urlsplit(address)
        said, at = (parts.hostname or "").lower(), parts.port or port
    except ValueError:
        raise CorruptAnswer("the video's address is none") from None
    if parts.scheme not in ("rtsp", "rtsps") or not said or said != host.lower():
        raise CorruptAnswer("the video's address does not lead to the camera")
    whom = quote(user, safe="")
    if password is not None:
        whom += f":{quote(password.reveal(), safe='')}"
    shown = f"[{host}]" if ":" in host else host
    query = f"?{parts.query}" if parts.query else ""
    return Secret(f"{parts.scheme}://{whom}{'@' if whom else ''}{shown}:{at}{parts.path}{query}")
