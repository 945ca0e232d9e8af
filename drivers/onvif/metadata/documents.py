"""From RTP packets to whole documents: pieces are joined, what has a hole is let go, nothing grows without end."""

import re
from collections import Counter
from typing import Final

LARGEST: Final = 1024 * 1024
"""Bytes of a document: some cameras put their pictures into it, and more is not understood anyway."""

_BEGINS: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml|<(?:[\w.-]{1,40}:)?MetaDataStream[\s/>])", re.IGNORECASE)
_ENDS: Final = re.compile(rb"</(?:[\w.-]{1,40}:)?MetaDataStream\s*>", re.IGNORECASE)
_EMPTY: Final = re.compile(rb"(?:<\?xml[^>]*>)?\s*<(?:[\w.-]{1,40}:)?MetaDataStream\b[^>]*/>\s*$", re.IGNORECASE)
_TAIL: Final = 64
"""An end may lie across two pieces; this is longer than any."""

_SMALL: Final = 2048
_PADDING: Final = b" \t\r\n\0"


class Documents:
    """Joins the packets of one stream. A document is whole when its last element ends: some cameras set RTP's marker on
    every packet, some on none. ``lost`` counts what was let go: ``no_rtp``, ``hole``, ``half``, ``oversized``.
    """

    def __init__(self, payload: int) -> None:
        self._payload = payload
        self._held = bytearray()
        self._due = -1
        self.lost: Counter[str] = Counter()

    def feed(self, packet: bytes) -> list[bytes]:
        """Take an RTP packet and return the documents that are whole now."""
        opened = _opened(packet)
        if opened is None or packet[1] & 0x7F != self._payload:
            self.lost["no_rtp"] += 1
            return []
        sequence = int.from_bytes(packet[2:4], "big")
        if self._due not in (-1, sequence):
            self._let_go("hole")
        self._due = (sequence + 1) & 0xFFFF
        return self._joined(opened) if opened else []

    def _joined(self, piece: bytes) -> list[bytes]:
        if _BEGINS.match(piece):
            self._let_go("half")
        elif not self._held:
            self.lost["half"] += 1
            return []
        seen = max(0, len(self._held) - _TAIL)
        self._held += piece
        found = []
        while end := _ENDS.search(self._held, seen):
            found.append(bytes(self._held[: end.end()]).strip())
            del self._held[: end.end()]
            seen = 0
        if len(self._held) <= _SMALL and (_EMPTY.match(self._held) or not self._held.strip(_PADDING)):
            self._held.clear()
        elif len(self._held) > LARGEST:
            self._let_go("oversized")
        self.lost["oversized"] += sum(len(one) > LARGEST for one in found)
        return [one for one in found if len(one) <= LARGEST]

    def _let_go(self, why: str) -> None:
        if self._held:
            self.lost[why] += 1
            self._held.clear()


def _opened(packet: bytes) -> bytes | None:
    """Return what an RTP packet carries (RFC 3550, 5.1), ``None`` for what is none."""
    if len(packet) < 12 or packet[0] >> 6 != 2:
        return None
    start = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if len(packet) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    return packet[start:end] if start <= end else None
