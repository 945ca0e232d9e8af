"""Runs a community as a process of its own until it is told to stop, and keeps its truth on disk meanwhile."""

import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from runtime.clock import Clock
from simulators.community import Community
from simulators.control import control

TRUTH_EVERY_S = 0.5


def write_truth(path: Path, truth: dict[str, Any]) -> None:
    """Replace ``path`` by ``truth`` as JSON, all or nothing; ``OSError`` if it cannot be written."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(truth, ensure_ascii=False), "utf-8")
    fresh.replace(path)


async def serve(
    community: Community,
    clock: Clock,
    *,
    truth: Path | None = None,
    control_port: int | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run until SIGTERM, SIGINT or ``stop``; says so in one JSON line: ``ready``, ``ports``, ``links``,
    ``bluetooth``, ``discovery``, ``control``.

    ``truth`` is rewritten every half second and at the end, then with ``running`` false.
    """
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(community)
            port = None
            if control_port is not None:
                port = await stack.enter_async_context(control(community, control_port))
            ready = {"ready": True, "ports": community.ports, "links": community.links}
            ready |= {"bluetooth": community.bluetooth, "discovery": community.lans, "control": port}
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()
            await _keep_truth(community, clock, truth, stop)
    finally:
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
    if truth is not None:
        write_truth(truth, community.truth())


async def _keep_truth(community: Community, clock: Clock, truth: Path | None, stop: asyncio.Event) -> None:
    if truth is None:
        await stop.wait()
        return
    stopped = asyncio.create_task(stop.wait(), name="wait for the end")
    while not stopped.done():
        write_truth(truth, community.truth())
        pause = asyncio.create_task(clock.sleep(TRUTH_EVERY_S), name="until the next truth")
        await asyncio.wait((stopped, pause), return_when=asyncio.FIRST_COMPLETED)
        pause.cancel()
