"""A two-wire line and the meters on it: who hears a question, who answers, and what else is on the wire meanwhile."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from simulators.modbus.faults import Faults

_LONGEST = 512


class Speaker(Protocol):
    """One pretend meter. Frames are whole, from 68 to 16."""

    def is_called(self, frame: bytes) -> bool:
        """Tell whether ``frame`` is a question to this meter."""
        ...

    def answer(self, frame: bytes) -> bytes | None:
        """Return the frame that answers ``frame``, doing what it says; ``None`` for what this meter does not know."""
        ...

    def refuse(self, frame: bytes, code: int) -> bytes:
        """Return the frame that answers ``frame`` with an error."""
        ...


@dataclass(frozen=True, slots=True)
class Sound:
    """Bytes that come onto the wire ``after_s`` from now."""

    after_s: float
    data: bytes


class MeterLine:
    """The meters of one line. ``cut`` takes whole frames out of what came and leaves the rest.

    ``frozen`` silences everybody; ``echo`` is an adapter that hears itself; ``chatter`` is what a babbling neighbour
    says whenever anybody asks anything; ``preamble`` is how many FE a meter sends before its answer. ``questions`` are
    the last that were heard.
    """

    def __init__(self, name: str, cut: Callable[[bytearray], list[bytes]]) -> None:
        self.name = name
        self.frozen = self.echo = False
        self.chatter = b""
        self.preamble = 4
        self.requests = 0
        self.questions: deque[bytes] = deque(maxlen=100)
        self._cut = cut
        self._buffer = bytearray()
        self._meters: list[tuple[Speaker, Faults]] = []

    def add(self, meter: Speaker, faults: Faults | None = None) -> None:
        """Put ``meter`` on the line."""
        self._meters.append((meter, faults or Faults()))

    def hear(self, data: bytes) -> list[Sound]:
        """Return what comes onto the wire because of ``data``. A call to all is answered by all, at once."""
        sounds = [Sound(0.0, data)] if self.echo else []
        self._buffer += data
        frames = self._cut(self._buffer)
        del self._buffer[:-_LONGEST]
        for frame in frames:
            self.requests += 1
            self.questions.append(frame)
            if self.chatter:
                sounds.append(Sound(0.0, self.chatter))
            for meter, faults in self._meters:
                if not self.frozen and not faults.silent and meter.is_called(frame):
                    said = self._said(meter, faults, frame)
                    sounds += [Sound(faults.slow_s, said)] if said else []
        return sounds

    def _said(self, meter: Speaker, faults: Faults, frame: bytes) -> bytes:
        wrong = faults.next_wrong()
        whole = meter.refuse(frame, faults.code) if wrong == "exception" else meter.answer(frame)
        if whole is None:
            return b""
        if wrong == "bad_frame":
            whole = whole[:-2] + bytes((whole[-2] ^ 0xFF, whole[-1]))
        elif wrong is not None and wrong != "exception":
            whole = faults.corrupt(wrong, whole)
        return b"\xfe" * self.preamble + whole
