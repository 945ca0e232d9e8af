"""One DL/T 645 meter as its line asks it; reading only: its relay cuts a home's power and needs a password."""

from typing import ClassVar

from config.settings import DeviceSettings
from drivers.api.errors import CorruptAnswer, DeviceRefused
from drivers.dlt645.frames import (
    ADDRESS_DIGITS,
    ANSWER,
    FRAME_BYTES,
    MORE_FOLLOWS,
    READ_MORE,
    REFUSED,
    Frame,
    decode,
    encode,
    question,
    question_for_more,
    reader,
)
from drivers.meters.address import is_meant, wire_address
from drivers.meters.dialect import Asks

ERRORS = {
    0x01: "another error",
    0x02: "it has no such data",
    0x04: "password or authority",
    0x08: "the speed cannot be changed",
    0x10: "too many yearly seasons",
    0x20: "too many daily periods",
    0x40: "too many tariffs",
}
"""Bits of the error word (DL/T 645-2007 §7.10 note)."""


class Dlt645Meter:
    """One meter: its address as the wire has it."""

    around: ClassVar = (FRAME_BYTES, FRAME_BYTES)

    def __init__(self, device: DeviceSettings) -> None:
        self._address = wire_address(device, ADDRESS_DIGITS)
        self._reader = reader()

    async def read(self, line: Asks, item: str, size: int) -> bytes:
        """Return the data of ``item``, however many frames it takes; see ``drivers.meters.dialect.Meter``."""
        asked = question(self._address, item)
        answer = await self._ask(line, asked, asked.data)
        data = answer.data[len(asked.data) :]
        number = 0
        while answer.control & MORE_FOLLOWS:
            number += 1
            if len(item) != 8 or len(data) >= size:
                raise CorruptAnswer(f"more than the {size} bytes of {item} follow")
            more = question_for_more(self._address, item, number)
            answer = await self._ask(line, more, asked.data)
            if answer.data[-1] != number:
                raise CorruptAnswer(f"part {answer.data[-1]} came in place of part {number}")
            data += answer.data[len(asked.data) : -1]
        return data

    async def _ask(self, line: Asks, asked: Frame, item: bytes) -> Frame:
        """Return the answer to ``asked``, which begins with the identifier ``item``; ``DeviceRefused``."""
        shortest = len(item) + (asked.control == READ_MORE)

        def is_answer(whole: bytes) -> bool:
            frame = decode(whole)
            if frame.control & ~(REFUSED | MORE_FOLLOWS) != asked.control | ANSWER:
                return False
            if not is_meant(asked.address, frame.address):
                return False
            return bool(frame.control & REFUSED) or (len(frame.data) >= shortest and frame.data.startswith(item))

        answer = decode(await line.ask(encode(asked), is_answer, self._reader))
        if answer.control & REFUSED:
            code = answer.data[0] if answer.data else 0
            said = "; ".join(word for bit, word in ERRORS.items() if code & bit)
            raise DeviceRefused(f"error word {code:02X}: {said or 'unknown'}", code)
        return answer
