"""What comes over an RTSP connection, cut into answers and interleaved packets (RFC 2326, 10.12), whoever sends it."""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from drivers.api.errors import CorruptAnswer

LARGEST_HEAD: Final = 16 * 1024
LARGEST_BODY: Final = 64 * 1024
"""Bytes of an answer's head and of what it carries, which is a description of streams."""

_ANSWER: Final = re.compile(r"RTSP/1\.\d (\d{3})(?: |$)")
_QUESTION: Final = re.compile(r"[A-Z_]{3,20} \S+ RTSP/1\.\d$")
_DOLLAR: Final = 0x24


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; ``status`` is 0 for a question of the camera's own. Names of ``headers`` are small letters."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        """Return every header of that name."""
        return [value for key, value in self.headers if key == name]

    def header(self, name: str) -> str:
        """Return the first one, empty for none."""
        return next(iter(self.all(name)), "")


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of a channel."""

    channel: int
    data: bytes


Message: TypeAlias = Answer | Packet


class Framing:
    """Takes bytes as they come and gives what is whole. Holds one message at most, however they are sent."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that are whole now; ``CorruptAnswer`` for what is no RTSP or beyond all measure."""
        self._held += data
        found: list[Message] = []
        at = 0
        while True:
            message, end = self._next(at)
            if message is None:
                break
            found.append(message)
            at = end
        del self._held[:at]
        return found

    def _next(self, at: int) -> tuple[Message | None, int]:
        held = self._held
        while at < len(held) and held[at] in b"\r\n":
            at += 1
        if at == len(held):
            return None, at
        if held[at] != _DOLLAR:
            return self._answer(at)
        end = at + 4 + int.from_bytes(held[at + 2 : at + 4], "big")
        if len(held) < at + 4 or len(held) < end:
            return None, at
        return Packet(held[at + 1], bytes(held[at + 4 : end])), end

    def _answer(self, at: int) -> tuple[Message | None, int]:
        end = self._held.find(b"\r\n\r\n", at, at + LARGEST_HEAD)
        if end < 0:
            if len(self._held) - at >= LARGEST_HEAD or not _may_begin(bytes(self._held[at : at + 5])):
                raise CorruptAnswer("what came is no RTSP")
            return None, at
        first, *lines = self._held[at:end].decode("utf-8", "replace").split("\r\n")
        answered = _ANSWER.match(first)
        if answered is None and _QUESTION.match(first) is None:
            raise CorruptAnswer("what came is no RTSP")
        pairs = (line.partition(":") for line in lines)
        headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
        said = dict(reversed(headers)).get("content-length", "0")
        length = int(said) if said.isascii() and said.isdigit() and len(said) < 8 else LARGEST_BODY + 1
        if length > LARGEST_BODY:
            raise CorruptAnswer(f"an answer of more than {LARGEST_BODY} bytes")
        whole = end + 4 + length
        if len(self._held) < whole:
            return None, at
        status = int(answered[1]) if answered else 0
        return Answer(status, headers, bytes(self._held[end + 4 : whole])), whole


def _may_begin(head: bytes) -> bool:
    return all(65 <= letter <= 90 or letter == 95 for letter in head[:3])
