"""Where cameras call from: addresses as they are written, and names as they are looked up, not too often."""

import asyncio
from typing import Any

import pytest

from drivers.onvif.vendors.callers import LOOK_S, Callers, plain
from runtime.testing import FakeClock


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("camera.lan", ""),
        ("", ""),
    ],
)
def test_an_address_is_one_however_it_is_written(written: str, address: str) -> None:
    assert plain(written) == address


async def test_a_name_that_means_something_else_now_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked, means = FakeClock(), list[str](), ["192.0.2.7"]

    async def getaddrinfo(name: str, _port: None) -> list[tuple[Any, ...]]:
        asked.append(name)
        return [(2, 1, 6, "", (means[0], 0))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    callers = Callers(clock)
    callers.add("camera.lan")
    callers.add("192.0.2.9")
    await callers.look_up()
    assert callers.are("192.0.2.7", "camera.lan")
    assert not callers.are("192.0.2.7", "192.0.2.9")
    means[0] = "192.0.2.8"
    for _ in range(5):
        assert not callers.has("192.0.2.8")
        await clock.advance(1)
    assert asked == ["camera.lan"]
    await clock.advance(LOOK_S)
    assert not callers.has("192.0.2.8")
    await clock.advance(1)
    assert callers.has("192.0.2.8")
    assert not callers.has("192.0.2.7")
    assert len(asked) == 2
    await callers.close()
