"""How a device or a whole line misbehaves: says nothing, says it late, or says it wrong."""

import random
from dataclasses import dataclass, field
from typing import Literal

from simulators.modbus.speed import Speed

How = Literal["exception", "bad_frame", "garbage", "short", "swapped"]


@dataclass(slots=True)
class Faults:
    """What is wrong with a device at the moment; everything off by default.

    ``wrong``: ``exception`` (refuses with ``code``), ``bad_frame`` (wrong CRC; over TCP a wrong transaction number),
    ``garbage`` (random bytes), ``short`` (half of the answer), ``swapped`` (the words of 32 and 64 bits in the other
    order). ``share`` of the answers is wrong (0..1), drawn with ``dice``. ``slow_s`` delays each answer. ``noise``
    bytes come before each answer on a serial line. ``stuck``: each question gets the answer it got first. ``speaks``
    is the speed that the unit is set to, where it is not the line's.
    """

    silent: bool = False
    slow_s: float = 0.0
    wrong: How | None = None
    code: int = 4
    share: float = 1.0
    noise: int = 0
    stuck: bool = False
    speaks: Speed | None = None
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    remembered: dict[bytes, bytes] = field(default_factory=dict)

    def next_wrong(self) -> How | None:
        """Return what is wrong with the answer that comes now, ``None`` if nothing."""
        if self.wrong is None or (self.share < 1.0 and self.dice.random() >= self.share):
            return None
        return self.wrong

    def frozen_answer(self, question: bytes, answer: bytes) -> bytes:
        """Return ``answer``, or while it is stuck the first one that ``question`` got since."""
        if not self.stuck:
            self.remembered.clear()
            return answer
        return self.remembered.setdefault(question, answer)

    def corrupt(self, how: How, frame: bytes) -> bytes:
        """Return ``frame`` (of a serial line) as the fault ``how`` sends it."""
        if how == "garbage":
            return self.dice.randbytes(len(frame))
        if how == "short":
            return frame[: len(frame) // 2]
        return frame[:-1] + bytes((frame[-1] ^ 0xFF,))
