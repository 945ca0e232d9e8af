"""The serial wire through a real pseudo-terminal, opened as a serial program opens it."""

import asyncio
import os
import shutil
import subprocess
import termios
import tty
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from runtime.clock import SystemClock
from simulators.devices.relay_board import RelayBoard
from simulators.devices.ultrasonic_bin import UltrasonicBin
from simulators.modbus.faults import Faults
from simulators.modbus.frames import crc16
from simulators.modbus.line import Line
from simulators.modbus.serial import SerialWire
from simulators.modbus.speed import Speed

READ_INPUTS = bytes.fromhex("01 02 00 00 00 08 79 CC")
INPUTS = bytes.fromhex("01 02 01 00 A1 88")
READ_DISTANCE = bytes.fromhex("0B 03 00 05 00 02 D4 A0")
PATIENCE_S = 10


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def wire(tmp_path: Path, faults: Faults) -> AsyncIterator[SerialWire]:
    clock = SystemClock()
    line = Line("rs485")
    line.add(RelayBoard(1, clock), faults)
    line.add(UltrasonicBin(11, clock))
    wire = SerialWire(line, clock, tmp_path / "lines" / "rs485-1")
    await wire.start()
    try:
        yield wire
    finally:
        await wire.stop()


class Port:
    """A serial port opened raw."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)

    async def ask(self, request: bytes, size: int) -> bytes:
        os.write(self.fd, request)
        got = b""
        async with asyncio.timeout(PATIENCE_S):
            while len(got) < size:
                await self._readable()
                got += os.read(self.fd, 256)
        return got

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self.fd, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self.fd)


@pytest.fixture
def port(wire: SerialWire) -> Iterator[Port]:
    port = Port(wire.link)
    yield port
    os.close(port.fd)


async def test_units_of_one_line_answer_through_the_link(port: Port) -> None:
    assert await port.ask(READ_INPUTS, 6) == INPUTS
    answer = await port.ask(READ_DISTANCE, 9)
    assert answer[:3].hex() == "0b0304"
    assert crc16(answer) == 0


async def test_mbpoll_reads_it(wire: SerialWire) -> None:
    program = shutil.which("mbpoll")
    if program is None:
        pytest.skip("mbpoll is not installed: apt-get install mbpoll")
    line = [program, "-0", "-1", "-q", "-mrtu", "-b19200", "-Pnone", "-a11", "-t4", "-r0", "-c3", str(wire.link)]
    done = await asyncio.to_thread(subprocess.run, line, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row.split()[-1] for row in done.stdout.splitlines() if row.startswith("[")] == ["1", "16", "11"]


async def test_noise_before_a_request_is_overheard(port: Port) -> None:
    assert await port.ask(b"\x00\xff\x01\x10" + READ_INPUTS, 6) == INPUTS


async def test_a_client_may_come_again(wire: SerialWire) -> None:
    for _ in range(3):
        port = Port(wire.link)
        assert await port.ask(READ_INPUTS, 6) == INPUTS
        os.close(port.fd)


async def test_a_broadcast_is_done_and_not_answered(wire: SerialWire, port: Port) -> None:
    os.write(
        port.fd, bytes.fromhex("00 05 00 03 FF 00") + crc16(bytes.fromhex("00 05 00 03 FF 00")).to_bytes(2, "little")
    )
    assert await port.ask(READ_INPUTS, 6) == INPUTS
    board = wire.line.unit(1)
    assert isinstance(board, RelayBoard)
    assert board.relay_on(4)


async def test_a_wrong_crc_and_noise_are_sent_when_ordered(wire: SerialWire, port: Port, faults: Faults) -> None:
    faults.wrong = "bad_frame"
    answer = await port.ask(READ_INPUTS, 6)
    assert answer[:-1] == INPUTS[:-1]
    assert crc16(answer) != 0
    wire.noise(b"\x55\xaa")
    assert await port.ask(b"", 2) == b"\x55\xaa"


async def test_the_line_is_as_fast_as_its_client_says(wire: SerialWire, port: Port, faults: Faults) -> None:
    set_up = termios.tcgetattr(port.fd)
    set_up[4] = set_up[5] = termios.B2400
    termios.tcsetattr(port.fd, termios.TCSANOW, set_up)
    assert wire.speed == Speed(2400)
    faults.speaks = Speed(9600)
    garbage = await port.ask(READ_INPUTS, 1)
    assert garbage != INPUTS[:1]
    set_up[4] = set_up[5] = termios.B9600
    termios.tcsetattr(port.fd, termios.TCSAFLUSH, set_up)
    assert await port.ask(READ_INPUTS, 6) == INPUTS


async def test_a_line_that_nobody_reads_loses_bytes_and_goes_on(wire: SerialWire, port: Port) -> None:
    wire.noise(bytes(100_000))
    port_again = Port(wire.link)
    tty.setraw(port_again.fd)
    os.close(port_again.fd)
    with_noise = await port.ask(READ_INPUTS, 1)
    while not with_noise.endswith(INPUTS):
        with_noise += await port.ask(READ_INPUTS, 1)


async def test_a_stopped_line_loses_its_name_and_takes_it_again(wire: SerialWire) -> None:
    await wire.stop()
    assert not wire.link.is_symlink()
    await wire.stop()
    await wire.start()
    port = Port(wire.link)
    assert await port.ask(READ_INPUTS, 6) == INPUTS
    os.close(port.fd)


async def test_a_file_in_the_place_of_the_link_is_not_touched(tmp_path: Path) -> None:
    place = tmp_path / "rs485-1"
    place.write_text("mine")
    with pytest.raises(FileExistsError):
        await SerialWire(Line("rs485"), SystemClock(), place).start()
    assert place.read_text() == "mine"


async def test_an_address_asked_of_all_is_answered_by_a_board_that_is_alone(tmp_path: Path) -> None:
    line = Line("rs485")
    line.add(RelayBoard(7, SystemClock()))
    wire = SerialWire(line, SystemClock(), tmp_path / "rs485-1")
    await wire.start()
    port = Port(wire.link)
    answer = await port.ask(bytes.fromhex("00 03 40 00 00 01 90 1B"), 7)
    assert answer[1:5].hex() == "03020007"
    os.close(port.fd)
    await wire.stop()


async def test_two_units_cannot_have_one_address() -> None:
    line = Line("rs485")
    line.add(RelayBoard(7, SystemClock()))
    with pytest.raises(ValueError, match="taken"):
        line.add(UltrasonicBin(7, SystemClock()))
