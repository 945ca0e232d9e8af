"""The last minutes of a line: bounded in time and bytes, put together again, and said in words."""

from functools import partial

import pytest

from drivers.api.tape import CLOSED, GAVE_UP, KEPT_S, OPENED, RECEIVED, SENT, Tape
from drivers.modbus.meaning import meaning
from runtime.testing import FakeClock

RTU = partial(meaning, tcp=False)
ASKED = bytes.fromhex("0B 03 00 05 00 02 D4 A0")
ANSWER = bytes.fromhex("0B 03 04 00 43 00 E7 E1 AD")


async def test_what_went_over_the_line_comes_back_in_order_with_its_meaning() -> None:
    clock = FakeClock()
    tape = Tape(clock, 4096)
    start = clock.now()
    tape.add(OPENED)
    tape.add(SENT, ASKED)
    await clock.advance(0.02)
    tape.add(RECEIVED, ANSWER[:4])
    tape.add(RECEIVED, ANSWER[4:])
    await clock.advance(1)
    tape.add(SENT, ASKED)
    tape.add(GAVE_UP)
    tape.add(CLOSED)
    frames = tape.frames(0, "en", RTU)
    assert [(frame.at - start, frame.sent, frame.data, frame.note) for frame in frames] == [
        (0, False, b"", "connected"),
        (0, True, ASKED, "unit 11 · read holding registers 5..6 · crc ok"),
        (20_000, False, ANSWER, "unit 11 · holding registers 5..6 = 0043 00E7 · crc ok"),
        (1_020_000, True, ASKED, "unit 11 · read holding registers 5..6 · crc ok"),
        (1_020_000, False, b"", "no answer in time"),
        (1_020_000, False, b"", "connection closed"),
    ]
    assert tape.frames(0, "zh", RTU)[1].note == "地址 11 · 读保持寄存器 5..6 · 校验正确"


async def test_answers_that_come_apart_are_apart() -> None:
    clock = FakeClock()
    tape = Tape(clock, 4096)
    tape.add(RECEIVED, b"\x01")
    await clock.advance(1)
    tape.add(RECEIVED, b"\x02")
    assert [frame.data for frame in tape.frames(0, "en", RTU)] == [b"\x01", b"\x02"]


async def test_five_minutes_are_kept_and_no_more() -> None:
    clock = FakeClock()
    tape = Tape(clock, 1 << 20)
    first = clock.now()
    for _ in range(900):
        tape.add(SENT, ASKED)
        await clock.advance(1)
    frames = tape.frames(0, "en", RTU)
    assert len(frames) == KEPT_S
    assert frames[0].at == first + 600_000_000
    assert len(tape.frames(first + 890_000_000, "en", RTU)) == 10


class _Unsteady(FakeClock):
    """A clock whose two readings are some microseconds apart, more or fewer each time, as real ones are."""

    late_us = 0

    def now(self) -> int:
        return super().now() + self.late_us


def test_a_frame_that_was_told_is_not_told_again_as_a_later_one() -> None:
    clock = _Unsteady()
    tape = Tape(clock, 4096)
    tape.add(SENT, ASKED)
    (told,) = tape.frames(0, "en", RTU)
    clock.late_us = 40
    assert tape.frames(told.at + 1, "en", RTU) == []
    clock.late_us = 3_600_000_000
    assert [frame.at for frame in tape.frames(0, "en", RTU)] == [told.at + 3_600_000_000]


def test_bytes_are_bounded_whatever_arrives() -> None:
    tape = Tape(FakeClock(), 1000)
    for size in (10, 5000, 900, 70_000, 300, 300):
        tape.add(RECEIVED, bytes(size))
    assert sum(len(frame.data) for frame in tape.frames(0, "en", RTU)) <= 2000


async def test_times_follow_the_wall_clock_when_it_is_set() -> None:
    clock = FakeClock()
    tape = Tape(clock, 4096)
    tape.add(SENT, ASKED)
    clock.step_wall(3_600_000_000)
    assert tape.frames(0, "en", RTU)[0].at == clock.now()


@pytest.mark.parametrize(
    ("frame", "asked", "sent", "said"),
    [
        ("0B 03 00 05 00 02 D4 A1", "", True, "no whole frame · crc wrong"),
        ("0B", "", False, "no whole frame"),
        ("", "", False, "no whole frame"),
        ("0B 03 04 00 43 00 E7 E1 AD", "", False, "unit 11 · holding registers = 0043 00E7 · crc ok"),
        ("01 05 02 00 00 32 4D A7", "", True, "unit 1 · write coil 512 = 0032 · crc ok"),
        ("01 05 00 00 FF 00 8C 3A", "", True, "unit 1 · write coil 0 = 1 · crc ok"),
        ("01 05 00 00 FF 00 8C 3A", "01 05 00 00 FF 00 8C 3A", False, "unit 1 · written: coil 0 · crc ok"),
        ("00 06 40 00 00 01 5C 1B", "", True, "broadcast · write holding register 16384 = 0001 · crc ok"),
        ("01 02 01 03 E1 89", "01 02 00 00 00 08 79 CC", False, "unit 1 · discrete inputs 0..7 = 11000000 · crc ok"),
        ("01 83 02 C0 F1", "", False, "unit 1 · exception 2 (illegal data address) · crc ok"),
        ("01 2B 0E 01 00 70 77", "", True, "unit 1 · function 43 · crc ok"),
    ],
)
def test_meanings_on_a_line(frame: str, asked: str, sent: bool, said: str) -> None:
    assert meaning(bytes.fromhex(frame), bytes.fromhex(asked), "en", tcp=False, sent=sent) == said


@pytest.mark.parametrize(
    ("frame", "asked", "sent", "said"),
    [
        ("0007 0000 0006 01 03 0000 0001", "", True, "unit 1 · read holding registers 0 · #7"),
        (
            "0007 0000 0005 01 03 02 0001",
            "0007 0000 0006 01 03 0000 0001",
            False,
            "unit 1 · holding registers 0 = 0001 · #7",
        ),
        ("0007 0000 0003 01 83 0B", "", False, "unit 1 · exception 11 (gateway target does not answer) · #7"),
        ("0007 0001 0003 01 83 0B", "", False, "no whole frame"),
    ],
)
def test_meanings_over_tcp(frame: str, asked: str, sent: bool, said: str) -> None:
    assert meaning(bytes.fromhex(frame), bytes.fromhex(asked), "en", tcp=True, sent=sent) == said
