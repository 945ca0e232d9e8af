"""How a device or a whole line misbehaves: says nothing, says it late, or says it wrong."""

import random
from dataclasses import dataclass, field
from typing import Literal

How = Literal["exception", "bad_frame", "garbage", "short"]


@dataclass(slots=True)
class Faults:
    """What is wrong with a device at the moment; everything off by default.

    ``wrong``: ``exception`` (refuses with ``code``), ``bad_frame`` (wrong CRC; over TCP a wrong transaction number),
    ``garbage`` (random bytes), ``short`` (half of the answer). ``share`` of the answers is wrong (0..1), drawn with
    ``dice``. ``slow_s`` delays each answer.
    """

    silent: bool = False
    slow_s: float = 0.0
    wrong: How | None = None
    code: int = 4
    share: float = 1.0
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    def next_wrong(self) -> How | None:
        """Return what is wrong with the answer that comes now, ``None`` if nothing."""
        if self.wrong is None or (self.share < 1.0 and self.dice.random() >= self.share):
            return None
        return self.wrong

    def corrupt(self, how: How, frame: bytes) -> bytes:
        """Return ``frame`` (of a serial line) as the fault ``how`` sends it."""
        if how == "garbage":
            return self.dice.randbytes(len(frame))
        if how == "short":
            return frame[: len(frame) // 2]
        return frame[:-1] + bytes((frame[-1] ^ 0xFF,))
