"""The real program: it serves endless streams, and SIGTERM ends them and itself at once."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from runtime.clock import SystemClock


async def collector(*words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from collector.cli import main; main()",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    port = free_port()
    process = await collector("run", "--data", str(tmp_path), "--port", str(port), "--log", "json")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        async with asyncio.timeout(60):
            while not await _answers(client):
                await SystemClock().sleep(0.05)
        yield process, client
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health")).status_code == 200
    except httpx.TransportError:
        return False


async def test_sigterm_ends_open_streams_and_the_program(
    program: tuple[asyncio.subprocess.Process, httpx.AsyncClient], tmp_path: Path
) -> None:
    process, client = program
    adding = await collector("user", "add", "duty", "--json", "--data", str(tmp_path))
    person = json.loads((await adding.communicate())[0])
    answer = await client.post("/api/v1/session", json={"name": "duty", "password": person["password"]})
    assert answer.status_code == 200
    async with client.stream("GET", "/api/v1/stream") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        async for line in lines:
            if line.startswith("event: ping"):
                break
        process.send_signal(signal.SIGTERM)
        async for _ in lines:
            pass
    _, log = await process.communicate()
    assert process.returncode == 0, log.decode()
    events = [json.loads(line)["event"] for line in log.decode().splitlines()]
    assert events == ["listening", "stopped"]
