"""The boards of other makers than Waveshare, asked with the frames of their manuals."""

import pytest

from runtime.testing import FakeClock
from simulators.devices.adam_6060_board import Adam6060Board
from simulators.devices.board import Board
from simulators.devices.lctech_board import LcTechBoard
from simulators.devices.r413d08_board import R413D08Board
from simulators.modbus.frames import Frame, RtuReader, rtu_bytes
from simulators.modbus.line import Line
from simulators.modbus.unit import answer


def told(board: Board, request: str) -> str:
    """Return the board's answer to a PDU, both as hex."""
    return answer(board, bytes.fromhex(request))[0].hex(" ").upper()


def asked(board: Board, request: str) -> str:
    """Return what comes back on a serial line for a whole frame with its checksum."""
    line = Line("line")
    line.add(board)
    (frame,) = RtuReader().feed(bytes.fromhex(request))
    reply = line.serve(frame, tcp=False)
    return reply[0].hex(" ").upper() if reply else ""


@pytest.mark.parametrize(
    ("request_", "answer_"),
    [
        ("FF 05 00 00 FF 00 99 E4", "FF 05 00 00 FF 00 99 E4"),
        ("FF 0F 00 00 00 08 01 FF 30 1D", "FF 0F 00 00 00 08 41 D3"),
        ("FF 02 00 00 00 08 6C 12", "FF 02 01 01 51 A0"),
        ("FF 10 00 03 00 02 04 00 04 00 14 C5 9F", "FF 10 00 03 00 02 A4 16"),
        ("00 03 00 00 00 01 85 DB", "00 03 02 00 FF C5 C4"),
        ("FF 03 03 E8 00 01 11 A4", rtu_bytes(Frame(255, bytes.fromhex("03 02 00 03"))).hex(" ").upper()),
        ("FF 10 03 E9 00 01 02 00 04 CA 0E", "FF 10 03 E9 00 01 C5 A7"),
    ],
)
def test_lc_tech_answers_as_its_command_list_says(request_: str, answer_: str) -> None:
    board = LcTechBoard(255, FakeClock())
    board.wire(1, lambda: True)
    assert asked(board, request_) == answer_


async def test_lc_tech_ends_one_flash_and_keeps_what_the_other_leaves() -> None:
    clock = FakeClock()
    board = LcTechBoard(255, clock)
    told(board, "10 00 03 00 02 04 00 04 00 14")
    told(board, "10 00 08 00 02 04 00 02 00 1E")
    assert board.relays_on(0, 2) == [True, False]
    await clock.advance(2.5)
    assert board.relays_on(0, 2) == [False, False]
    await clock.advance(1)
    assert board.relays_on(0, 2) == [False, True]


def test_lc_tech_takes_a_new_unit_by_everybodys_address() -> None:
    board = LcTechBoard(255, FakeClock())
    assert asked(board, "00 10 00 00 00 01 02 00 01 6A 00") == ""
    assert board.address == 1


@pytest.mark.parametrize(
    ("board", "request_", "refusal"),
    [
        (LcTechBoard(255, FakeClock()), "06 00 03 00 04", "86 01"),
        (LcTechBoard(255, FakeClock()), "10 00 04 00 02 04 00 04 00 14", "90 02"),
        (LcTechBoard(255, FakeClock()), "10 00 03 00 02 04 00 05 00 14", "90 03"),
        (LcTechBoard(255, FakeClock()), "10 03 E9 00 01 02 00 07", "90 03"),
        (LcTechBoard(255, FakeClock()), "03 00 01 00 01", "83 02"),
        (LcTechBoard(255, FakeClock()), "0F 00 01 00 08 01 FF", "8F 02"),
        (R413D08Board(1, FakeClock()), "01 00 00 00 08", "81 01"),
        (R413D08Board(1, FakeClock()), "06 00 09 01 00", "86 02"),
        (R413D08Board(1, FakeClock()), "06 00 01 00 05", "86 03"),
        (R413D08Board(1, FakeClock()), "10 00 01 00 01 02 01 00", "90 01"),
        (R413D08Board(1, FakeClock()), "03 00 00 00 01", "83 02"),
        (R413D08Board(1, FakeClock()), "06 00 FF 00 FF", "86 03"),
        (Adam6060Board(1, FakeClock()), "02 00 00 00 06", "82 01"),
        (Adam6060Board(1, FakeClock()), "01 00 00 00 07", "81 02"),
        (Adam6060Board(1, FakeClock()), "05 00 00 FF 00", "85 02"),
        (Adam6060Board(1, FakeClock()), "05 00 10 00 32", "85 03"),
        (Adam6060Board(1, FakeClock()), "0F 00 10 00 07 01 7F", "8F 02"),
        (Adam6060Board(1, FakeClock()), "04 00 00 00 02", "84 01"),
        (Adam6060Board(1, FakeClock()), "03 00 00 00 0D", "83 02"),
    ],
)
def test_what_a_board_does_not_know_it_refuses(board: Board, request_: str, refusal: str) -> None:
    assert told(board, request_) == refusal
    assert board.acts == []


async def test_r413d08_takes_commands_in_the_high_byte_and_shows_0_or_1() -> None:
    clock = FakeClock()
    board = R413D08Board(1, clock)
    for write in ("06 00 01 01 00", "06 00 02 03 00", "06 00 03 05 00", "06 00 04 06 05"):
        assert told(board, write) == write
    assert told(board, "03 00 01 00 04") == "03 08 00 01 00 01 00 01 00 01"
    await clock.advance(1.5)
    assert board.relays_on(0, 4) == [True, True, False, True]
    await clock.advance(4)
    told(board, "06 00 01 02 00")
    assert board.relays_on(0, 4) == [False, True, False, False]
    told(board, "06 00 05 04 00")
    assert board.relays_on(0, 8) == [False] * 4 + [True] + [False] * 3
    told(board, "06 00 00 07 00")
    assert board.relays_on(0, 8) == [True] * 8
    told(board, "06 00 00 08 00")
    assert board.relays_on(0, 8) == [False] * 8


def test_r413d08_takes_a_new_unit() -> None:
    board = R413D08Board(1, FakeClock())
    assert told(board, "03 00 FF 00 01") == "03 02 00 01"
    told(board, "06 00 FF 00 09")
    assert board.address == 9
    with pytest.raises(ValueError, match="not 1"):
        board.wire(1, lambda: True)


def test_adam_shows_inputs_and_relays_as_coils_and_counts_low_word_first() -> None:
    board = Adam6060Board(1, FakeClock())
    board.wire(2, lambda: True)
    board.counts[1] = 0x0001_0005
    assert told(board, "01 00 00 00 06") == "01 01 02"
    assert told(board, "03 00 02 00 02") == "03 04 00 05 00 01"
    told(board, "05 00 12 FF 00")
    told(board, "0F 00 10 00 02 01 01")
    assert told(board, "01 00 10 00 06") == "01 01 05"
    told(board, "05 00 12 00 00")
    assert told(board, "01 00 10 00 06") == "01 01 01"
