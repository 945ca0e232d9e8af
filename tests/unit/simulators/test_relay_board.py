"""The relay board answers as its manual says, and ends its own pulses."""

from runtime.testing import FakeClock
from simulators.devices.relay_board import RelayBoard
from simulators.modbus.unit import answer


def ask(board: RelayBoard, pdu: str) -> str:
    return answer(board, bytes.fromhex(pdu))[0].hex(" ").upper()


async def test_relays_are_switched_and_read() -> None:
    board = RelayBoard(1, FakeClock())
    assert ask(board, "05 00 00 FF 00") == "05 00 00 FF 00"
    assert ask(board, "05 00 02 FF 00") == "05 00 02 FF 00"
    assert ask(board, "01 00 00 00 08") == "01 01 05"
    assert ask(board, "05 00 00 55 00") == "05 00 00 55 00"
    assert ask(board, "01 00 00 00 08") == "01 01 04"
    assert ask(board, "05 00 FF FF 00") == "05 00 FF FF 00"
    assert ask(board, "01 00 00 00 08") == "01 01 FF"
    assert ask(board, "0F 00 00 00 08 01 81") == "0F 00 00 00 08"
    assert ask(board, "05 01 FF 00 00") == "05 01 FF 00 00"
    assert ask(board, "01 00 00 00 08") == "01 01 7E"


async def test_a_flash_ends_by_itself() -> None:
    clock = FakeClock()
    board = RelayBoard(1, clock)
    assert ask(board, "05 02 00 00 32") == "05 02 00 00 32"
    await clock.advance(4.9)
    assert board.relay_on(1)
    await clock.advance(0.1)
    assert not board.relay_on(1)
    act = board.acts[0]
    assert (act.relay, act.what, act.seconds) == (1, "pulse", 5.0)


async def test_a_flash_off_ends_on() -> None:
    clock = FakeClock()
    board = RelayBoard(1, clock)
    ask(board, "05 00 01 FF 00")
    ask(board, "05 04 01 00 0A")
    assert not board.relay_on(2)
    await clock.advance(1.0)
    assert board.relay_on(2)


async def test_a_new_flash_replaces_the_one_that_runs() -> None:
    clock = FakeClock()
    board = RelayBoard(1, clock)
    ask(board, "05 02 00 00 32")
    await clock.advance(3.0)
    ask(board, "05 02 00 00 32")
    await clock.advance(3.0)
    assert board.relay_on(1)
    ask(board, "05 00 00 00 00")
    assert not board.relay_on(1)


async def test_inputs_show_what_is_wired_and_count_their_answers() -> None:
    board = RelayBoard(1, FakeClock())
    board.wire(3, lambda: True)
    pdu, read = answer(board, bytes.fromhex("02 00 01 00 03"))
    assert pdu.hex() == "020102"
    assert read is not None
    board.answered(read)
    assert board.input_reads == [0, 1, 1, 1, 0, 0, 0, 0]


async def test_the_unit_address_is_read_and_written() -> None:
    board = RelayBoard(1, FakeClock())
    assert ask(board, "03 40 00 00 01") == "03 02 00 01"
    assert ask(board, "06 40 00 00 09") == "06 40 00 00 09"
    assert board.address == 9
    assert ask(board, "06 40 00 01 00") == "86 03"
    assert ask(board, "03 80 00 00 01") == "03 02 00 C8"


async def test_what_the_manual_does_not_know_is_refused() -> None:
    board = RelayBoard(1, FakeClock())
    assert ask(board, "05 00 00 12 34") == "85 03"
    assert ask(board, "05 00 08 FF 00") == "85 02"
    assert ask(board, "05 02 00 00 00") == "85 03"
    assert ask(board, "05 02 00 80 00") == "85 03"
    assert ask(board, "01 00 00 00 09") == "81 02"
    assert ask(board, "02 00 00 00 00") == "82 03"
    assert ask(board, "03 00 00 00 01") == "83 02"
    assert ask(board, "04 00 00 00 01") == "84 01"
    assert ask(board, "0F 00 04 00 08 01 FF") == "8F 02"
    assert ask(board, "0F 00 00 00 08 02 FF FF") == "8F 03"
    assert ask(board, "10 00 00 00 01 02 00 01") == "90 02"
    assert ask(board, "2B 0E 01 00") == "AB 01"
    assert ask(board, "01") == "81 03"
