"""A meter that answers from a recording: to each question what the real one said to it, and nothing to any other."""

from simulators.meters.frames import Cut
from tests.recordings import RecordedPoll

_PREAMBLE = b"\xfe"


class RecordedMeter:
    """Plays the meter. ``show`` a poll, and it answers as the meter did then."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self._said: dict[bytes, bytes] = {}

    def show(self, poll: RecordedPoll) -> None:
        """Answer from ``poll`` from now on."""
        self._said = {sent.lstrip(_PREAMBLE): came for sent, came in poll.exchanges}

    def is_called(self, frame: bytes) -> bool:
        """Tell whether the recording has an answer."""
        return frame in self._said

    def answer(self, frame: bytes) -> bytes | None:
        """Return what came, whatever it was."""
        return self._said[frame]

    def refuse(self, frame: bytes, code: int) -> bytes:
        """Refuse nothing: refusals are in the recording."""
        return self._said[frame]
