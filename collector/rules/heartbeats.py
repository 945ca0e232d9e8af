"""The rules about gateways as such: their heartbeats, as the collector hears them, in the collector's own time."""

from collector.fleet.presence import Presence
from collector.rules.part import Item, Part, Told
from collector.rules.plan import subject_id
from runtime.clock import Clock
from wire.event import Event
from wire.reading import Batch, Quality
from wire.status import Status

_STEP_US = 1_000_000
_SAME_S = 0.001


class Heartbeats:
    """Feeds the part of the gateways. A wall clock that is set is noticed and neither raises nor delays anything."""

    def __init__(self, clock: Clock, presence: Presence) -> None:
        self._clock, self._presence = clock, presence
        self._heard: dict[str, float] = {}
        self._ahead: float | None = None

    def judge(self, part: Part) -> list[Told]:
        """Judge the silence of every gateway until now."""
        now, mono = self._clock.now(), self._clock.monotonic()
        told: list[Told] = []
        ahead = now - mono * 1_000_000
        if self._ahead is not None and abs(ahead - self._ahead) > _STEP_US:
            told += part.clock_stepped(round(ahead - self._ahead))
        self._ahead = ahead
        signs: list[Item] = []
        for gateway in part.plan.names:
            name = gateway.partition("/")[0]
            silent = self._presence.silent_s(name)
            if silent is None or mono - silent <= self._heard.get(name, -1e18) + _SAME_S:
                continue
            self._heard[name] = mono - silent
            at = now - round(silent * 1_000_000)
            signs += _sign(name, at, self._presence.status(name))
        return told + part.judge(signs, now)


def _sign(gateway: str, at: int, status: Status | None) -> list[Item]:
    """Return a sign of life as rules know it: the event, and a reading of how long the agent has been running."""
    subject = subject_id(gateway, "", gateway)
    uptime_s = round(status.uptime_s) if status is not None else None
    quality = () if status is not None else (Quality.UNCERTAIN,)
    return [Batch(subject, at, ("uptime_s",), (uptime_s,), quality), Event(f"{gateway}-{at}", subject, "heartbeat", at)]
