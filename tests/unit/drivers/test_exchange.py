"""Whatever bytes arrive, they fail at most the request that waits for them, and by a name."""

import asyncio
import os
import pty
import termios
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.bus_settings import ModbusBus, ModbusRtuBus, ModbusTcpBus
from drivers.api import CorruptAnswer, DeviceRefused, DriverError, LineLost, Misconfigured
from drivers.api import Timeout as DeviceTimeout
from drivers.api.tape import Tape
from drivers.modbus.exchange import Exchange
from drivers.modbus.framing import Rtu
from drivers.modbus.pdu import Request, read, write_coil, write_timed_coil
from runtime.clock import SystemClock

TCP = ModbusTcpBus(id="line", type="modbus-tcp", host="127.0.0.1", timeout_s=0.001)
RTU = ModbusRtuBus(id="line", type="modbus-rtu", port="none", timeout_s=0.001)


class Wire(asyncio.Transport):
    """A transport whose other end answers with what it was given, in pieces, as soon as something is written."""

    def __init__(self, exchange: Exchange, pieces: list[bytes]) -> None:
        super().__init__()
        self.exchange = exchange
        self.pieces = pieces

    def write(self, data: bytes | bytearray | memoryview) -> None:
        for piece in self.pieces:
            self.exchange.data_received(piece)

    def close(self) -> None:
        self.pieces = []

    def abort(self) -> None:
        self.pieces = []


async def ask(bus: ModbusBus, request: Request, *pieces: bytes) -> bytes:
    """Return what the exchange makes of an answer that arrives in these pieces."""
    clock = SystemClock()
    exchange = Exchange(bus, Tape(clock, 4096))
    exchange.transport = Wire(exchange, list(pieces))
    try:
        return await exchange.ask(request, bus.timeout_s)
    finally:
        exchange.hang_up()


@settings(deadline=None)
@given(st.sampled_from([TCP, RTU]), st.lists(st.binary(min_size=1, max_size=300), max_size=4))
def test_any_bytes_are_an_answer_or_a_named_error(bus: ModbusBus, pieces: list[bytes]) -> None:
    with suppress(DriverError):
        assert len(asyncio.run(ask(bus, read(1, 3, 0, 2), *pieces))) == 4


HEAD = bytes.fromhex("0001 0000")


@pytest.mark.parametrize(
    ("request_", "answer", "error"),
    [
        (read(1, 3, 0, 2), "0003 01 83 02", DeviceRefused),
        (read(1, 3, 0, 2), "0003 01 83 0B", DeviceTimeout),
        (read(1, 3, 0, 2), "0003 01 84 02", CorruptAnswer),
        (read(1, 3, 0, 2), "0005 01 03 02 0001", CorruptAnswer),
        (read(1, 3, 0, 2), "0007 01 04 04 0001 0002", CorruptAnswer),
        (read(1, 3, 0, 2), "0006 01 03 04 0001 02", CorruptAnswer),
        (read(1, 3, 0, 2), "0003 01 63 02", CorruptAnswer),
        (read(1, 3, 0, 2), "0007 02 03 04 0001 0002", DeviceTimeout),
        (write_coil(1, 1, True), "0006 01 05 0001 0000", CorruptAnswer),
        (write_timed_coil(1, 0x200, 50), "0006 01 05 0201 0032", CorruptAnswer),
    ],
)
async def test_an_answer_to_something_else_is_not_an_answer(
    request_: Request, answer: str, error: type[DriverError]
) -> None:
    with pytest.raises(error):
        await ask(TCP, request_, HEAD + bytes.fromhex(answer))


async def test_an_answer_may_come_in_pieces() -> None:
    whole = HEAD + bytes.fromhex("0007 01 03 04 0001 0002")
    assert await ask(TCP, read(1, 3, 0, 2), whole[:5], whole[5:9], whole[9:]) == bytes.fromhex("0001 0002")
    assert await ask(TCP, write_timed_coil(1, 0x200, 50), HEAD + bytes.fromhex("0006 01 05 0200 0032"))


RTU_ASKED, RTU_ANSWER = read(11, 3, 5, 2), bytes.fromhex("0B 03 04 00 43 00 E7 E1 AD")
DATA = bytes.fromhex("0043 00E7")


async def test_noise_on_a_line_spoils_no_answer() -> None:
    noise = bytes(range(1, 200)) * 3
    assert await ask(RTU, RTU_ASKED, RTU_ANSWER) == DATA
    assert await ask(RTU, RTU_ASKED, noise + RTU_ANSWER) == DATA
    assert await ask(RTU, RTU_ASKED, noise, RTU_ANSWER[:3], RTU_ANSWER[3:]) == DATA
    assert await ask(RTU, RTU_ASKED, *(noise for _ in range(40)), RTU_ANSWER) == DATA


@pytest.mark.parametrize("pieces", [[RTU_ANSWER[:-1]], [b"\x00"], [RTU_ANSWER[:-1] + b"\x00"]])
async def test_bytes_without_an_answer_are_told_from_silence(pieces: list[bytes]) -> None:
    with pytest.raises(CorruptAnswer, match="garbled"):
        await ask(RTU, RTU_ASKED, *pieces)
    with pytest.raises(DeviceTimeout, match="no answer"):
        await ask(RTU, RTU_ASKED)


async def test_a_converter_that_hears_itself_answers_no_write() -> None:
    exchange = Exchange(RTU, Tape(SystemClock(), 4096))
    wire = Wire(exchange, [])
    exchange.transport = wire
    reading, writing = read(1, 3, 0, 1), write_coil(1, 1, True)
    echo = Rtu().frame(reading, 0)
    answer = Rtu().frame(Request(1, 3, bytes.fromhex("02 0007")), 0)
    wire.pieces = [echo, answer]
    assert await exchange.ask(reading, 0.01) == bytes.fromhex("0007")
    wire.pieces = [Rtu().frame(writing, 0)]
    with pytest.raises(DeviceTimeout):
        await exchange.ask(writing, 0.001)
    wire.pieces = [Rtu().frame(writing, 0) * 2]
    assert await exchange.ask(writing, 0.01) == bytes.fromhex("0001 FF00")
    exchange.hang_up()


async def test_a_shorter_deadline_is_kept_while_a_longer_one_was_running() -> None:
    exchange = Exchange(RTU, Tape(SystemClock(), 4096))
    wire = Wire(exchange, [RTU_ANSWER])
    exchange.transport = wire
    assert await exchange.ask(RTU_ASKED, 3600) == DATA
    wire.pieces = []
    with pytest.raises(DeviceTimeout, match=r"0\.001 s"):
        await exchange.ask(RTU_ASKED, 0.001)
    exchange.hang_up()


async def test_a_port_without_a_parity_bit_is_a_mistake_in_the_file() -> None:
    """A pseudo-terminal has none; it says so as soon as the parity is all that is left to set."""
    _, terminal = pty.openpty()
    port = os.ttyname(terminal)
    plain = Exchange(ModbusRtuBus(id="line", type="modbus-rtu", port=port), Tape(SystemClock(), 4096))
    await plain.dial()
    plain.hang_up()
    even = Exchange(ModbusRtuBus(id="line", type="modbus-rtu", port=port, format="8E1"), Tape(SystemClock(), 4096))
    with pytest.raises(Misconfigured, match=port):
        await even.dial()
    even.hang_up()


async def test_a_port_that_dies_while_it_is_set_is_a_lost_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def dies() -> None:
        raise termios.error(5, "Input/output error")

    exchange = Exchange(RTU, Tape(SystemClock(), 4096))
    monkeypatch.setattr(exchange, "call_create", dies)
    with pytest.raises(LineLost, match="Input/output error"):
        await exchange.dial()
