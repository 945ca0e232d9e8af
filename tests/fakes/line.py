"""A line of meters without a wire: who asks is answered with the bytes that the test gave, cut as the real one does."""

from collections.abc import Callable

from drivers.api import CorruptAnswer
from drivers.api import Timeout as DeviceTimeout
from drivers.meters.frames import FrameReader


class Line:
    """Answers every question with ``heard``, in order and then with silence; ``asked`` are the questions."""

    def __init__(self, reader: FrameReader, *heard: bytes) -> None:
        self.asked: list[bytes] = []
        self._reader = reader
        self._heard = list(heard)

    async def ask(self, frame: bytes, is_answer: Callable[[bytes], bool]) -> bytes:
        self.asked.append(frame)
        self._reader.clear()
        for found in self._reader.feed(self._heard.pop(0) if self._heard else b""):
            if is_answer(found):
                return found
        raise (CorruptAnswer if self._reader.noise else DeviceTimeout)("no answer")
