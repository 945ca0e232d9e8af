"""Keeps the parts of one camera running: a mistake in one of them stops neither the others nor other cameras."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from drivers.api.errors import DriverError
from runtime.backoff import Backoff
from runtime.clock import Clock
from runtime.logs import get_logger

_log = get_logger("onvif")


async def keep_running(device: str, parts: Mapping[str, Callable[[], Awaitable[None]]], clock: Clock) -> None:
    """Run every part for ever; when cancelled all have ended before this returns."""
    tasks = [
        asyncio.create_task(_keep(device, name, run, clock), name=f"{device} {name}") for name, run in parts.items()
    ]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(device: str, name: str, run: Callable[[], Awaitable[None]], clock: Clock) -> None:
    backoff, said = Backoff(1.0, 60.0), ""
    while True:
        why = "it ended"
        try:
            await run()
        except DriverError as error:
            why = f"{error.word}: {error}"
        except Exception as error:  # noqa: BLE001 - one part's task boundary: its bug must not stop its neighbours
            why = type(error).__name__
            if why != said:
                _log.exception("driver_bug", device=device, part=name)
        if why != said:
            _log.warning("camera_part_stopped", device=device, part=name, why=why)
        said = why
        await clock.sleep(backoff.next())
