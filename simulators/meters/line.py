"""A two-wire line and the meters on it: who hears a question, who answers, and what else is on the wire meanwhile."""

from collections import deque
from dataclasses import dataclass
from functools import reduce
from itertools import zip_longest
from operator import and_
from typing import Protocol

from simulators.meters.frames import Cut
from simulators.modbus.faults import Faults

_LONGEST = 512


class Speaker(Protocol):
    """One pretend meter. Frames are whole, from 68 to 16; ``cut`` takes those of its protocol out of what came."""

    @property
    def cut(self) -> Cut:
        """Return what does so, and leaves the rest."""
        ...

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
    """The meters of one line, each listening for frames of its own protocol.

    ``frozen`` silences everybody; ``echo`` is an adapter that hears itself; ``chatter`` is what a babbling neighbour
    says whenever anybody asks anything; ``preamble`` is how many FE a meter sends before its answer. ``questions`` are
    the last that were heard.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.frozen = self.echo = False
        self.chatter = b""
        self.preamble = 4
        self.requests = 0
        self.questions: deque[bytes] = deque(maxlen=100)
        self._buffers: dict[Cut, bytearray] = {}
        self._meters: list[tuple[Speaker, Faults]] = []

    def add(self, meter: Speaker, faults: Faults | None = None) -> None:
        """Put ``meter`` on the line."""
        self._buffers.setdefault(meter.cut, bytearray())
        self._meters.append((meter, faults or Faults()))

    def hear(self, data: bytes) -> list[Sound]:
        """Return what comes onto the wire because of ``data``. What many answer at one moment nobody understands."""
        sounds = [Sound(0.0, data)] if self.echo else []
        for cut, buffer in self._buffers.items():
            buffer += data
            for frame in cut(buffer):
                sounds += self._heard(cut, frame)
            del buffer[:-_LONGEST]
        return sounds

    def _heard(self, cut: Cut, frame: bytes) -> list[Sound]:
        self.requests += 1
        self.questions.append(frame)
        answers: dict[float, list[bytes]] = {}
        for meter, faults in self._meters:
            if meter.cut is cut and not self.frozen and not faults.silent and meter.is_called(frame):
                said = self._said(meter, faults, frame)
                if said:
                    answers.setdefault(faults.slow_s, []).append(said)
        sounds = [Sound(0.0, self.chatter)] if self.chatter else []
        return sounds + [Sound(after_s, _overlaid(said)) for after_s, said in answers.items()]

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


def _overlaid(answers: list[bytes]) -> bytes:
    """Return what a line carries while several speak at once: a low bit of one pulls down the high bit of another."""
    return bytes(reduce(and_, column) for column in zip_longest(*answers, fillvalue=0xFF))
