"""A line of meters without a wire: who asks is answered with the bytes that the test gave, cut as the real one does."""

from collections.abc import Callable

from drivers.api import CorruptAnswer
from drivers.api import Timeout as DeviceTimeout
from drivers.meters.frames import FrameReader


class Line:
    """Answers every question with ``heard``, in order and then with silence; ``asked`` are the questions."""

    def __init__(self, *heard: bytes) -> None:
        self.asked: list[bytes] = []
        self._heard = list(heard)

    async def ask(self, frame: bytes, is_answer: Callable[[bytes], bool], reader: FrameReader) -> bytes:
        self.asked.append(frame)
        reader.clear()
        for found in reader.feed(self._heard.pop(0) if self._heard else b""):
            if is_answer(found):
                return found
        raise (CorruptAnswer if reader.noise else DeviceTimeout)("no answer")
