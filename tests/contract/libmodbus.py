"""The server on libmodbus: compiled once for a run, started, and for RTU joined to our end by two pseudo-terminals."""

import asyncio
import functools
import os
import shutil
import subprocess
import tempfile
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("libmodbus_server.c")
PATIENCE_S = 10


@functools.cache
def program() -> Path:
    """Return the compiled server; skips the test where the compiler or the library is not installed."""
    if shutil.which("cc") is None or not Path("/usr/include/modbus/modbus.h").is_file():
        pytest.skip("libmodbus is not installed: apt-get install gcc libc6-dev libmodbus-dev")
    made = Path(tempfile.mkdtemp(prefix="libmodbus-")) / "server"
    command = ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-I/usr/include/modbus", "-o", str(made), str(SOURCE)]
    subprocess.run([*command, "-lmodbus"], check=True, timeout=60)
    return made


@asynccontextmanager
async def over_tcp() -> AsyncIterator[int]:
    """Run the server on TCP; gives its port."""
    async with _running("tcp") as said:
        yield int(said)


@asynccontextmanager
async def over_rtu(baud: int) -> AsyncIterator[str]:
    """Run the server on a serial line; gives the name of our end."""
    ends = [os.openpty() for _ in range(2)]
    loop = asyncio.get_running_loop()
    for _, slave in ends:
        tty.setraw(slave)
    for (here, _), (there, _) in (ends, ends[::-1]):
        loop.add_reader(here, _carry, here, there)
    try:
        async with _running("rtu", os.ttyname(ends[1][1]), str(baud)):
            yield os.ttyname(ends[0][1])
    finally:
        for master, slave in ends:
            loop.remove_reader(master)
            os.close(master)
            os.close(slave)


def _carry(here: int, there: int) -> None:
    with suppress(OSError):
        os.write(there, os.read(here, 4096))


@asynccontextmanager
async def _running(*words: str) -> AsyncIterator[str]:
    server = await asyncio.create_subprocess_exec(str(program()), *words, stdout=subprocess.PIPE)
    assert server.stdout is not None
    try:
        yield (await asyncio.wait_for(server.stdout.readline(), PATIENCE_S)).decode().strip()
    finally:
        server.kill()
        await server.wait()
