"""One CJ/T 188 meter as its line asks it: it learns how its maker writes identifiers, and moves a valve when told."""

from itertools import cycle
from typing import ClassVar

from config.settings import DeviceSettings
from drivers.api.errors import CorruptAnswer, DeviceRefused, Misconfigured, Timeout
from drivers.cjt188.frames import (
    ADDRESS_DIGITS,
    ANSWER,
    FRAME_BYTES,
    MEDIA,
    REFUSED,
    Frame,
    decode,
    encode,
    identifier,
    order,
    question,
    reader,
)
from drivers.meters.address import is_meant, wire_address
from drivers.meters.dialect import Asks

ORDERS = {"auto": None, "901F": False, "1F90": True}
"""Values of the option ``di_order``: whether identifiers are swapped, ``None`` where that is to be found out."""


class Cjt188Meter:
    """One meter: its type and address, the number of the next question, and how its maker writes identifiers.

    In which order the two bytes of an identifier go is learned where the profile leaves it open: while the meter has
    not answered yet, each unanswered or refused question makes the next one try the other order.
    """

    around: ClassVar = (FRAME_BYTES + 1, FRAME_BYTES + 1)

    def __init__(self, device: DeviceSettings) -> None:
        medium, written = device.options.get("medium"), device.options.get("di_order", "auto")
        if not isinstance(medium, str) or medium not in MEDIA:
            raise Misconfigured(f"{device.id}: medium must be one of {', '.join(MEDIA)}")
        if not isinstance(written, str) or written not in ORDERS:
            raise Misconfigured(f"{device.id}: di_order must be one of {', '.join(ORDERS)}")
        self._kind, self._address = MEDIA[medium], wire_address(device, ADDRESS_DIGITS)
        self._swapped = ORDERS[written]
        self._tries_swapped = False
        self._numbers = cycle(range(256))
        self._reader = reader()

    @property
    def known(self) -> bool:
        """Whether it is known how this meter's identifiers are written."""
        return self._swapped is not None

    async def read(self, line: Asks, item: str, size: int) -> bytes:
        """Return the data of ``item``; see ``drivers.meters.dialect.Meter``."""
        tried = self._tries_swapped if self._swapped is None else self._swapped
        asked = question(self._kind, self._address, identifier(item, swapped=tried), next(self._numbers))
        try:
            answer = await self._ask(line, asked)
        except (Timeout, CorruptAnswer, DeviceRefused):
            self._tries_swapped = not tried
            raise
        if self._swapped is None:
            self._swapped = tried
        return answer.data[3:]

    async def write(self, line: Asks, item: str, value: int) -> None:
        """Write one byte to ``item``, whose writing must be ``known``, and wait for the answer; as ``read`` raises."""
        written = identifier(item, swapped=bool(self._swapped))
        await self._ask(line, order(self._kind, self._address, written, next(self._numbers), value))

    async def _ask(self, line: Asks, asked: Frame) -> Frame:
        item, serial = asked.data[:3], asked.data[2]

        def is_answer(whole: bytes) -> bool:
            frame = decode(whole)
            if frame.control & ~REFUSED != asked.control | ANSWER or frame.kind != asked.kind:
                return False
            if not is_meant(asked.address, frame.address):
                return False
            if frame.control & REFUSED:
                return len(frame.data) >= 2 and frame.data[0] == serial
            return frame.data.startswith(item)

        answer = decode(await line.ask(encode(asked), is_answer, self._reader))
        if answer.control & REFUSED:
            code = answer.data[1]
            raise DeviceRefused(f"refused, status {answer.data[1:].hex(' ').upper()}", code)
        return answer
