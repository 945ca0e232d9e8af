"""Our driver against a DL/T 645 server that somebody else wrote from the same standard (PyPI's ``dlt645``)."""

from collections.abc import AsyncIterator, Mapping

import pytest
from dlt645.aio import AsyncMeterServerService  # type: ignore[import-untyped]

from config.address import Scalar
from config.bus_settings import MeterTcpBus
from drivers.api import DeviceRefused
from drivers.meters import meter_driver
from drivers.meters.driver import MeterDriver
from runtime.clock import SystemClock
from tests.contract.meters import meter_of
from tests.unit.drivers.shipped import device, shipped

ADDRESS = "000012345678"
SHOWN: Mapping[int, float] = {
    0x02010100: 229.9, 0x02020100: 1.234, 0x02030000: 1.5678,
    0x02060000: 0.951, 0x02800002: 49.97, 0x00010000: 98765.43,
}  # fmt: skip
READ = {
    "voltage_v": 229.9, "current_a": 1.234, "power_w": 1567.8,
    "power_factor": 0.951, "frequency_hz": 49.97, "energy_kwh": 98765.43,
}  # fmt: skip


@pytest.fixture
async def server() -> AsyncIterator[AsyncMeterServerService]:
    """A meter that shows ``SHOWN``."""
    meter = AsyncMeterServerService.new_tcp_server("127.0.0.1", 0)
    meter.set_address(bytes.fromhex(ADDRESS)[::-1])  # as the wire has it; from a text it would take it unreversed
    for item, value in SHOWN.items():
        assert (meter.set_02 if item >> 24 else meter.set_00)(item, value)
    await meter.start()
    yield meter
    await meter.stop()


def driver(server: AsyncMeterServerService, profile: str, options: Mapping[str, Scalar]) -> MeterDriver:
    """Return our driver with the meter on its line."""
    bus = MeterTcpBus(id="line", type="dlt645-tcp", host="127.0.0.1", port=server.server.port)
    lacking = meter_of({"item": "00FB0000", "size": 4, "points": [{"key": "energy_kwh", "length": 4}]})
    devices = [device(shipped(profile), dict(options), name="meter"), device(lacking, dict(options), name="lacking")]
    return meter_driver(bus, devices, SystemClock())


@pytest.mark.parametrize("address", [ADDRESS, "AAAAAAAAAAAA"])
async def test_both_sides_of_the_standard_mean_the_same(server: AsyncMeterServerService, address: str) -> None:
    ours = driver(server, "meter/dlt645-2007", {"address": address})
    await ours.open()
    batch = await ours.poll("meter")
    await ours.close()
    assert dict(zip(batch.points, batch.values, strict=True)) == READ
    assert batch.quality == ()


async def test_power_that_is_fed_back_is_negative_on_both_sides(server: AsyncMeterServerService) -> None:
    server.set_02(0x02030000, -0.25)
    ours = driver(server, "meter/dlt645-2007", {"address": ADDRESS})
    await ours.open()
    batch = await ours.poll("meter", ["power_w"])
    await ours.close()
    assert batch.values == (-250.0,)


async def test_what_the_other_side_lacks_it_refuses(server: AsyncMeterServerService) -> None:
    ours = driver(server, "meter/dlt645-2007", {"address": ADDRESS})
    await ours.open()
    with pytest.raises(DeviceRefused, match="no such data") as caught:
        await ours.poll("lacking")
    await ours.close()
    assert caught.value.code == 2
