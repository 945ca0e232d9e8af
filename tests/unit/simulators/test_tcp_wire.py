"""The TCP wire under a client of bare sockets, and under mbpoll, a client that shares no line of code with us."""

import asyncio
import random
import shutil
import subprocess
from collections.abc import AsyncIterator

import pytest

from runtime.clock import SystemClock
from runtime.testing import FakeClock
from simulators.devices.meter import Meter
from simulators.devices.relay_board import RelayBoard
from simulators.modbus.faults import Faults
from simulators.modbus.line import Line
from simulators.modbus.tcp import TcpWire

READ_INPUTS = bytes.fromhex("00 07 00 00 00 06 01 02 00 00 00 08")
INPUTS = bytes.fromhex("00 07 00 00 00 04 01 02 01 00")
PATIENCE_S = 10


@pytest.fixture
def faults() -> Faults:
    return Faults(dice=random.Random(3))


@pytest.fixture
async def wire(faults: Faults) -> AsyncIterator[TcpWire]:
    clock = SystemClock()
    line = Line("lan")
    line.add(RelayBoard(1, clock), faults)
    line.add(Meter(2, clock, start_kwh=1, count_reads=True))
    wire = TcpWire(line, clock)
    await wire.start()
    try:
        yield wire
    finally:
        await wire.stop()


class Client:
    """A client of bare bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, wire: TcpWire) -> "Client":
        return cls(*await asyncio.open_connection(wire.host, wire.port))

    async def ask(self, request: bytes, size: int) -> bytes:
        self._writer.write(request)
        return await asyncio.wait_for(self._reader.readexactly(size), PATIENCE_S)

    def say(self, request: bytes) -> None:
        self._writer.write(request)

    async def rest(self) -> bytes:
        """Return what still comes until the server hangs up, or a named marker when it resets."""
        try:
            return await asyncio.wait_for(self._reader.read(), PATIENCE_S)
        except ConnectionResetError:
            return b"reset"

    async def close(self) -> None:
        self._writer.close()
        await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)


@pytest.fixture
async def client(wire: TcpWire) -> AsyncIterator[Client]:
    client = await Client.to(wire)
    yield client
    await client.close()


async def test_a_request_is_answered_with_its_own_number(client: Client) -> None:
    assert await client.ask(READ_INPUTS, len(INPUTS)) == INPUTS
    torn = READ_INPUTS[:5], READ_INPUTS[5:] + READ_INPUTS
    client.say(torn[0])
    assert await client.ask(torn[1], 2 * len(INPUTS)) == INPUTS * 2


async def test_a_unit_that_is_not_there_says_nothing(client: Client) -> None:
    absent = READ_INPUTS[:6] + b"\x63" + READ_INPUTS[7:]
    client.say(absent)
    assert await client.ask(READ_INPUTS, len(INPUTS)) == INPUTS


async def test_what_is_not_modbus_is_hung_up_on(client: Client) -> None:
    client.say(b"GET / HTTP/1.1\r\n\r\n")
    assert await client.rest() in (b"", b"reset")


async def test_a_silent_unit_and_a_frozen_line_take_requests_and_answer_none(
    wire: TcpWire, client: Client, faults: Faults
) -> None:
    before = wire.line.requests
    faults.silent = True
    client.say(READ_INPUTS)
    while wire.line.requests == before:
        await asyncio.sleep(0)
    faults.silent, wire.line.frozen = False, True
    client.say(READ_INPUTS)
    while wire.line.requests == before + 1:
        await asyncio.sleep(0)
    wire.line.frozen = False
    assert await client.ask(READ_INPUTS, len(INPUTS)) == INPUTS


async def test_wrong_answers_are_wrong_in_the_way_that_was_ordered(client: Client, faults: Faults) -> None:
    faults.wrong = "exception"
    assert (await client.ask(READ_INPUTS, 9)).hex(" ") == "00 07 00 00 00 03 01 82 04"
    faults.wrong = "bad_frame"
    answer = await client.ask(READ_INPUTS, len(INPUTS))
    assert answer[:2] != INPUTS[:2]
    assert answer[2:] == INPUTS[2:]
    faults.wrong = "garbage"
    assert await client.ask(READ_INPUTS, len(INPUTS)) != INPUTS
    faults.wrong = "short"
    assert await client.ask(READ_INPUTS, len(INPUTS) // 2) == INPUTS[: len(INPUTS) // 2]
    faults.wrong = None
    assert await client.ask(READ_INPUTS, len(INPUTS)) == INPUTS


async def test_only_whole_and_right_answers_are_counted(wire: TcpWire, client: Client, faults: Faults) -> None:
    faults.wrong, faults.share = "exception", 0.5
    good = 0
    for _ in range(40):
        head = await client.ask(READ_INPUTS, 8)
        good += head[7] == 2
        await client.ask(b"", 1 if head[7] & 0x80 else 2)
    faults.wrong = None
    assert 5 < good < 35
    board = wire.line.unit(1)
    assert board.reads == good


async def test_a_slow_unit_answers_after_its_time() -> None:
    clock = FakeClock()
    faults = Faults(slow_s=0.5)
    line = Line("lan")
    line.add(RelayBoard(1, clock), faults)
    wire = TcpWire(line, clock)
    await wire.start()
    client = await Client.to(wire)
    waiting = asyncio.create_task(client.ask(READ_INPUTS, len(INPUTS)))
    while not waiting.done():  # the request needs turns of the loop to arrive; only then does its time begin
        await clock.advance(0.25)
    assert await waiting == INPUTS
    assert clock.monotonic() >= 0.5
    await client.close()
    await wire.stop()


async def test_a_wire_can_be_cut_and_stopped_and_comes_back_on_its_port(wire: TcpWire, client: Client) -> None:
    port = wire.port
    assert await client.ask(READ_INPUTS, len(INPUTS)) == INPUTS
    wire.cut()
    assert await client.rest() in (b"", b"reset")
    await wire.stop()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await Client.to(wire)
    await wire.start()
    assert wire.port == port
    again = await Client.to(wire)
    assert await again.ask(READ_INPUTS, len(INPUTS)) == INPUTS
    await again.close()


async def mbpoll(wire: TcpWire, *words: str) -> str:
    program = shutil.which("mbpoll")
    if program is None:
        pytest.skip("mbpoll is not installed: apt-get install mbpoll")
    options, values = [word for word in words if word.startswith("-")], [w for w in words if not w.startswith("-")]
    line = [program, "-0", "-1", "-q", "-p", str(wire.port), *options, wire.host, *values]
    done = await asyncio.to_thread(subprocess.run, line, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def test_mbpoll_reads_and_writes_it(wire: TcpWire) -> None:
    assert "Written 1 references" in await mbpoll(wire, "-a1", "-t0", "-r4", "1")
    coils = await mbpoll(wire, "-a1", "-t0", "-r0", "-c8")
    assert [line.split()[-1] for line in coils.splitlines() if line.startswith("[")] == list("00001000")
    energies = [await mbpoll(wire, "-a2", "-t3:float", "-B", "-r342", "-c1") for _ in range(3)]
    shown = [float(line.split()[-1]) for text in energies for line in text.splitlines() if line.startswith("[")]
    assert shown == pytest.approx([1.0, 1.015625, 1.03125], abs=1e-5)
