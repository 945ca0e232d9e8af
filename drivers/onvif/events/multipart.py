"""A multipart stream that never ends, cut into its parts as bytes arrive: bounded, and believing no stated length."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

LARGEST_PART: Final = 2 * 1024 * 1024
"""Bytes of one part's body; a larger one is dropped and counted."""
LARGEST_HEAD: Final = 4096
LARGEST_SETTLED: Final = 64 * 1024
"""Bytes up to which a text is looked at before its boundary has come: whoever drips a large one is not read anew with
each drop.
"""

_LARGEST_BOUNDARY: Final = 200
_AFTER: Final = b"\r\n- \t"
_PICTURE_ENDS: Final = (b"\xff\xd9", b"\xff\xd9\r\n")
_ROOT: Final = re.compile(rb"\s*(?:<\?xml[^>]{0,200}>\s*)?<([A-Za-z][\w:.\-]{0,100})")


class Part(NamedTuple):
    """One part: its headers by their names in small letters, and its body without the line that ends it."""

    headers: Mapping[str, str]
    body: bytes


def boundary(content_type: str) -> str:
    """Return the boundary that a Content-Type names, without the dashes that some firmwares count to it; empty where
    it names none or one that is no boundary.
    """
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "boundary":
            found = value.strip().strip('"').lstrip("-")
            return found if found.isascii() and len(found) <= _LARGEST_BOUNDARY else ""
    return ""


class Parts:
    """Cuts a stream. ``lost`` counts what it did not give: ``oversized``, ``headless``, ``truncated``, ``trailing``
    (bytes after a part that had looked whole, or before the first). It never holds more than one part and what was fed
    last.
    """

    def __init__(self, boundary: str, largest: int = LARGEST_PART) -> None:
        if not boundary:
            raise ValueError("a multipart stream has a boundary")
        self._line = b"--" + boundary.encode("ascii")
        self._largest = largest
        self._held = bytearray()
        self._searched = 0
        self._inside = False
        """After a boundary, collecting a part; else everything up to the next boundary is passed over."""
        self.lost: Counter[str] = Counter()

    def feed(self, data: bytes) -> list[Part]:
        """Take what arrived and return the parts that ended with it."""
        self._held += data
        parts: list[Part] = []
        while (at := self._next()) >= 0:
            self._finish(bytes(self._held[:at]), parts)
            del self._held[: at + len(self._line)]
            self._searched, self._inside = 0, True
        self._bound()
        return parts

    def settle(self) -> list[Part]:
        """Return the part that looks whole although no boundary has followed: to be asked when nothing has come for a
        moment, for the boundary comes with the next event only. What then comes before that boundary is not taken.
        """
        if not self._inside or (len(self._held) > LARGEST_SETTLED and not self._held.endswith(_PICTURE_ENDS)):
            return []
        part = _part(bytes(self._held).rstrip(b"\r\n "))
        if part is None or not _is_whole(part):
            return []
        self._held.clear()
        self._searched, self._inside = 0, False
        return [part]

    def close(self) -> list[Part]:
        """Return what the end of the stream leaves: a part that looks whole, or nothing, which is counted."""
        parts = self.settle()
        if not parts and self._inside and bytes(self._held).strip(b"\r\n -"):
            self.lost["truncated"] += 1
        self._held.clear()
        self._searched, self._inside = 0, False
        return parts

    def _next(self) -> int:
        """Return where the next boundary begins a line, -1 where none does yet; remembers how far it looked."""
        while True:
            at = self._held.find(self._line, self._searched)
            if at < 0:
                self._searched = max(0, len(self._held) - len(self._line) + 1)
                return -1
            end = at + len(self._line)
            if end == len(self._held):
                self._searched = at
                return -1
            if self._held[end] in _AFTER and (at == 0 or self._held[at - 1] == 0x0A):
                return at
            self._searched = at + 1

    def _finish(self, held: bytes, parts: list[Part]) -> None:
        if not self._inside:
            if held.strip():
                self.lost["trailing"] += 1
        elif len(held) > self._largest + LARGEST_HEAD:
            self.lost["oversized"] += 1
        elif (part := _part(held.removesuffix(b"\n").removesuffix(b"\r"))) is not None:
            parts.append(part)
        elif held.strip(b"\r\n -"):
            self.lost["headless"] += 1

    def _bound(self) -> None:
        """Let go of what cannot become a part any more, but for what may be the beginning of a boundary."""
        if self._inside and len(self._held) > self._largest + LARGEST_HEAD:
            self.lost["oversized"] += 1
            self._inside = False
            self._keep_end()
        elif not self._inside and len(self._held) > LARGEST_HEAD:
            self._keep_end()

    def _keep_end(self) -> None:
        del self._held[: -len(self._line) - 2]
        self._searched = 0


def _part(held: bytes) -> Part | None:
    """Return the part in what stood between two boundaries; ``None`` where no empty line ends its headers."""
    for end in (b"\r\n\r\n", b"\n\n"):
        at = held.find(end, 0, LARGEST_HEAD)
        if at >= 0:
            lines = held[:at].decode("latin-1").splitlines()
            headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
            headers.pop("", None)
            return Part(headers, held[at + len(end) :])
    return None


def _is_whole(part: Part) -> bool:
    """Tell whether nothing is missing: JSON that can be read, XML whose first element is closed, Dahua's sign of life,
    a JPEG that ends as one and is as long as is said (there may be smaller ones in it).
    """
    body = part.body
    if body.startswith(b"\xff\xd8"):
        return body.endswith(b"\xff\xd9") and part.headers.get("content-length", "") == str(len(body))
    if body.endswith(b"}"):
        try:
            msgspec.json.decode(body[body.find(b"{") :])
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
            return False
        return True
    root = _ROOT.match(body)
    return body == b"Heartbeat" or (root is not None and body.endswith(b"</" + root[1] + b">"))
