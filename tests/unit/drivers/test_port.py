"""The serial port on the event loop, on a pseudo-terminal: all bytes go and come, and a lost port is noticed."""

import asyncio
import os
import tty
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from config.bus_settings import MeterSerialBus
from drivers.api import LineLost
from drivers.meters.port import SerialPort
from drivers.meters.wire import open_wire

PATIENCE_S = 10
MUCH = bytes(range(256)) * 400
"""More than a terminal takes at once."""


class Ears:
    """What was heard, and why the port was lost."""

    def __init__(self) -> None:
        self.heard = b""
        self.why: list[str] = []

    def hear(self, data: bytes) -> None:
        self.heard += data


@pytest.fixture
def far_end() -> Iterator[tuple[int, str]]:
    """The other end of a terminal, and the terminal's name."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    name = os.ttyname(slave)
    os.close(slave)
    yield master, name
    os.close(master)


def open_port(name: str, ears: Ears) -> SerialPort:
    """Return the port, open."""
    return SerialPort(MeterSerialBus(id="line", type="dlt645-serial", port=name), ears.hear, ears.why.append)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until ``holds()`` is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.001)


async def said(master: int, count: int) -> bytes:
    """Return ``count`` bytes that came out of the other end."""
    got = b""
    async with asyncio.timeout(PATIENCE_S):
        while len(got) < count:
            await asyncio.sleep(0)
            with suppress(BlockingIOError):
                got += os.read(master, 4096)
    return got


async def test_bytes_go_and_come(far_end: tuple[int, str]) -> None:
    ears, (master, name) = Ears(), far_end
    port = open_port(name, ears)
    port.send(b"ask")
    assert await said(master, 3) == b"ask"
    os.write(master, b"answer")
    await until(lambda: ears.heard == b"answer")
    port.close()
    port.close()
    port.send(b"nothing")
    assert ears.why == []


async def test_what_the_port_does_not_take_at_once_goes_out_as_it_can(far_end: tuple[int, str]) -> None:
    ears, (master, name) = Ears(), far_end
    port = open_port(name, ears)
    port.send(MUCH)
    assert await said(master, len(MUCH)) == MUCH
    port.close()


async def test_a_port_that_is_gone_says_so_once() -> None:
    ears, (master, slave) = Ears(), os.openpty()
    port = open_port(os.ttyname(slave), ears)
    os.close(slave)
    os.close(master)
    await until(lambda: bool(ears.why))
    port.send(b"ask")
    await asyncio.sleep(0)
    assert len(ears.why) == 1


async def test_one_port_is_one_bus(far_end: tuple[int, str]) -> None:
    ears, (_, name) = Ears(), far_end
    port = open_port(name, ears)
    bus = MeterSerialBus(id="second", type="cjt188-serial", port=name)
    with pytest.raises(LineLost, match="lock"):
        await open_wire(bus, ears.hear, ears.why.append)
    port.close()


async def test_a_port_that_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    bus = MeterSerialBus(id="line", type="dlt645-serial", port=str(tmp_path / "none"))
    with pytest.raises(LineLost, match="none"):
        await open_wire(bus, Ears().hear, Ears().why.append)
