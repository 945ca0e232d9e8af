"""How strongly a device is heard: one number for a while of it, by the receiver that hears it best."""

from statistics import median_low
from typing import Final

_MOST: Final = 64


class Signal:
    """The strengths (dBm) since the last look. People turn around: a median says more than the newest."""

    def __init__(self) -> None:
        self._heard: dict[str, list[int]] = {}

    def heard(self, receiver: str, rssi: int) -> None:
        """Note a strength; of very many the latest count."""
        here = self._heard.get(receiver)
        if here is None:
            here = self._heard[receiver] = []
        here.append(rssi)
        if len(here) > _MOST:
            del here[: _MOST // 2]

    def look(self) -> int | None:
        """Return the strength at the receiver that heard it best, and begin anew; ``None`` where nothing was heard."""
        best = max((median_low(strengths) for strengths in self._heard.values()), default=None)
        self._heard.clear()
        return best
