"""A radio on the real bleak and an emulated BlueZ comes back by itself from everything that the stack can do to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from drivers.ble.radio import Radio
from simulators.ble.air import Broadcast
from tests.contract.bluez_site import PATIENCE_S, Site, site

BAND = Broadcast("C0:00:00:00:00:01", -60, "Band", {0x0157: b"\x02\x01\x00\x48"})
DEAF_S = 30.0
LONGEST_S = 62.0
"""A minute from when it was noticed, and what the steps of this clock take."""


@pytest.fixture
async def here(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("b"), monkeypatch) as made:
        yield made


async def _restarted(here: Site) -> None:
    await here.stack.stop()
    await here.stack.start()


async def _killed(here: Site) -> None:
    await here.stack.kill()
    await here.stack.start()


async def _switched_off(here: Site) -> None:
    await here.hci0.set_power(False)


async def _pulled_out(here: Site) -> None:
    address = here.hci0.address
    here.stack.remove_adapter("hci0")
    here.stack.add_adapter("hci0", address=address)


async def _bus_restarted(here: Site) -> None:
    await here.bus.restart()
    await here.stack.start()


async def _deaf_until_a_new_scan(here: Site) -> None:
    here.hci0.deafen("scan")


async def _deaf_until_switched(here: Site) -> None:
    here.hci0.deafen("power")


@pytest.mark.parametrize(
    "trouble",
    [
        _restarted,
        _killed,
        _switched_off,
        _pulled_out,
        _bus_restarted,
        _deaf_until_a_new_scan,
        _deaf_until_switched,
    ],
)
async def test_it_hears_again_within_a_minute(here: Site, trouble: Callable[[Site], Awaitable[None]]) -> None:
    radio = Radio(here.receiver(), here.clock, deaf_s=DEAF_S, heard=here.heard.append)
    await radio.start()
    keeping = asyncio.create_task(radio.keep())
    try:
        await _while(here, lambda: not here.heard)
        await trouble(here)
        await _while(here, lambda: not radio.deaf)
        noticed = here.clock.monotonic()
        count = len(here.heard)
        await _while(here, lambda: bool(radio.deaf))
        assert here.clock.monotonic() - noticed <= LONGEST_S
        await _while(here, lambda: len(here.heard) <= count)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await radio.stop()


async def _while(here: Site, holds: Callable[[], bool]) -> None:
    """Let time pass and a band advertise while this holds: a second of the site for each few milliseconds of ours."""
    async with asyncio.timeout(PATIENCE_S):
        while holds():
            here.air.transmit(BAND)
            await asyncio.sleep(0.01)
            await here.clock.advance(0.5)
