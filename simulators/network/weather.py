"""What a network is like at one moment, and the names under which the field knows its bad days."""

from dataclasses import dataclass
from typing import Literal

Door = Literal["open", "refused", "reset"]


@dataclass(frozen=True, slots=True)
class Flow:
    """What becomes of the bytes of one direction.

    ``lost``: they vanish and nobody is told. ``delay_s`` and up to ``jitter_s`` more: how late they are. ``rate``:
    bytes a second that all connections share (0: as fast as the machine). ``loss``: the share of segments that get
    lost once or more; TCP sends them again, so that what follows waits, 0.2 s and twice as long each further time.
    """

    lost: bool = False
    delay_s: float = 0.0
    jitter_s: float = 0.0
    rate: float = 0.0
    loss: float = 0.0


CALM, DEAD = Flow(), Flow(lost=True)


@dataclass(frozen=True, slots=True)
class Weather:
    """``up`` is from the client to the server, ``down`` the way back.

    ``door``: a new connection is taken, ``refused`` (nobody listens) or ``reset`` as soon as it stands. ``answer`` (a
    name of ``ANSWERS``) is said to every request in the server's place. ``certificate`` is what a TLS proxy shows.
    """

    up: Flow = CALM
    down: Flow = CALM
    door: Door = "open"
    answer: str = ""
    certificate: Literal["good", "expired"] = "good"

    @property
    def breaks(self) -> bool:
        """Tell whether connections that stand are reset when this begins."""
        return self.door != "open" or bool(self.answer) or self.certificate != "good"


_NARROW = Flow(rate=8_000.0)
_FAR = Flow(delay_s=0.6, jitter_s=0.3)
_LOSSY = Flow(delay_s=0.05, jitter_s=0.05, loss=0.1)
_SHUFFLED = Flow(delay_s=0.02, jitter_s=0.1)

WEATHERS = {
    "open": Weather(),
    "cut": Weather(door="reset"),
    "refused": Weather(door="refused"),
    "half-open": Weather(up=DEAD, down=DEAD),
    "one-way-up": Weather(down=DEAD),
    "one-way-down": Weather(up=DEAD),
    "delay": Weather(up=_FAR, down=_FAR),
    "loss": Weather(up=_LOSSY, down=_LOSSY),
    "reorder": Weather(up=_SHUFFLED, down=_SHUFFLED),
    "64kbit": Weather(up=_NARROW, down=_NARROW),
    "slow-loris": Weather(down=Flow(rate=1.0)),
    "portal": Weather(answer="portal"),
    "redirect": Weather(answer="redirect"),
    "garbage": Weather(answer="garbage"),
    "expired": Weather(certificate="expired"),
}
"""By name. ``half-open``: both sides think that the connection stands, and nothing arrives. ``one-way-up``: requests
arrive, their answers do not. ``expired`` differs from ``open`` only where the proxy speaks TLS."""
