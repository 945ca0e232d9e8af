"""The thread that reads for all cameras is there as long as one of them is, and its networks with it."""

import threading

import pytest

from drivers.onvif.video.reader import Busy, Reader
from tests.unit.drivers.onvif.video.test_reading import Engine


async def test_thread_and_networks_end_with_the_last_camera_and_begin_with_the_next() -> None:
    loaded: list[str] = []

    def load(home: str) -> Engine:
        loaded.append(threading.current_thread().name)
        return Engine()

    reader = Reader(load)
    for _ in range(2):
        async with reader.used():
            async with reader.used():
                await reader.read(b"abc")
            await reader.read(b"abc")
        with pytest.raises(Busy):
            await reader.read(b"abc")
    assert loaded == ["plates", "plates"]
    assert "plates" not in [one.name for one in threading.enumerate()]
