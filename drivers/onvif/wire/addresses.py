"""Where a camera's own words may lead: to the camera, whatever host they name."""

import re
from typing import Final
from urllib.parse import urljoin

from drivers.api.errors import CorruptAnswer
from drivers.onvif.target import Place

_LONGEST: Final = 2048
_VISIBLE: Final = re.compile(r"[!-~]+")
_WHOLE: Final = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?//([^/?#]*)([^#]*)")
_AUTHORITY: Final = re.compile(r"(?:[^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::(\d{1,5}))?(?::\d*)*")
"""Some cameras write their port twice; who they are and their password do not belong in an address."""


def on_camera(said: str, place: Place, beside: str = "") -> str:
    """Return the whole address that ``said`` means, always on the camera's own host.

    A path is resolved beside ``beside``, the address of the service that said it. A whole address keeps its port where
    it names the camera's host and scheme as they are configured; of any other (what a camera behind a router thinks
    that it is called, or where somebody would like us to go) only the path is taken. ``CorruptAnswer`` for none at all.
    """
    host, port, path = _parts(said, place.scheme)
    if host is None:
        return place.base + _path(urljoin(_path_of(beside), path))
    base = Place(place.scheme, place.host, port).base if host == place.host.lower() and port else place.base
    return base + _path(path)


def video(said: str, host: str, port: int) -> str:
    """Return the ``rtsp://`` address on ``host`` that ``said`` means, without user and password; its own port counts
    only where it names that host.
    """
    if not said.lower().startswith("rtsp://"):
        raise CorruptAnswer("a stream without an rtsp:// address")
    named, own, path = _parts(said, "rtsp")
    place = f"[{host}]" if ":" in host else host
    return f"rtsp://{place}:{own if own and named == host.lower() else port}{_path(path)}"


def target(address: str) -> str:
    """Return path and query of a whole address."""
    return _path_of(address)


def _parts(said: str, scheme: str) -> tuple[str | None, int, str]:
    """Return host (``None`` for a path), port (0 where it names none that counts), and path with query."""
    said = said.strip()
    if len(said) > _LONGEST or not _VISIBLE.fullmatch(said):
        raise CorruptAnswer("an address that is none")
    whole = _WHOLE.match(said)
    if whole is None:
        return None, 0, said.partition("#")[0]
    named, authority, path = whole.groups()
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise CorruptAnswer("an address without a host")
    port = int(found[2] or 0)
    counts = 0 < port < 65536 and (named or "").lower() == scheme
    return found[1].strip("[]").lower(), port if counts else 0, path


def _path_of(address: str) -> str:
    whole = _WHOLE.match(address)
    return _path(whole[3]) if whole else "/"


def _path(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"
