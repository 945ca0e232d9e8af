"""The frames of DL/T 645, purely: questions to bytes, bytes to answers.

Source: DL/T 645-2007 §5.2 (frame), §7.1 (reading), annexes; DL/T 645-1997 for identifiers of four digits. On the wire
every data byte is 33H more; ``Frame.data`` has that taken off.
"""

from typing import Final, NamedTuple

from drivers.meters.frames import START, FrameReader, sealed

ADDRESS_DIGITS: Final = 12
READ, READ_MORE = 0x11, 0x12
READ_1997: Final = 0x01
READ_NUMBER: Final = 0x13
ANSWER, REFUSED, MORE_FOLLOWS = 0x80, 0x40, 0x20
_OFFSET: Final = 0x33
_HEADER: Final = 10
FRAME_BYTES: Final = _HEADER + 2
"""A frame without data."""


class Frame(NamedTuple):
    """One frame: ``address`` in the wire's order, ``control`` with its flags, ``data`` in the clear."""

    address: bytes
    control: int
    data: bytes


def encode(frame: Frame) -> bytes:
    """Return the bytes from 68 to 16; ``address`` has six bytes, ``data`` at most 255."""
    data = bytes((byte + _OFFSET) & 0xFF for byte in frame.data)
    head = bytes((START,)) + frame.address + bytes((START, frame.control, len(data)))
    return sealed(head + data)


def decode(whole: bytes) -> Frame:
    """Return what a whole frame, as ``reader`` cuts it, says."""
    data = bytes((byte - _OFFSET) & 0xFF for byte in whole[_HEADER:-2])
    return Frame(whole[1:7], whole[8], data)


def reader() -> FrameReader:
    """Return what finds such frames in a stream of bytes."""
    return FrameReader(_HEADER - 1, (7,))


def identifier(item: str) -> bytes:
    """Return a data identifier, printed highest byte first, as the wire has it: lowest first."""
    return bytes.fromhex(item)[::-1]


def question(address: bytes, item: str) -> Frame:
    """Return the frame that reads ``item``: eight digits as of 2007, four as of 1997."""
    return Frame(address, READ if len(item) == 8 else READ_1997, identifier(item))


def question_for_more(address: bytes, item: str, number: int) -> Frame:
    """Return the frame that asks for the ``number``-th part (from 1) of an answer that did not fit one frame."""
    return Frame(address, READ_MORE, identifier(item) + bytes((number,)))
