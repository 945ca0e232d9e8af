"""Under the agent's unit a receiver reaches the Bluetooth stack over the system bus, and listens."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.contract.bluez_site import site
from tests.systemd.units import UNITS, needs_systemd

LISTEN = """
import asyncio
from drivers.ble.bluez import BluezReceiver
from runtime.clock import SystemClock
async def listen():
    receiver = BluezReceiver("hci0", clock=SystemClock())
    await receiver.start(lambda heard: None)
    await receiver.stop()
    print("listened")
asyncio.run(listen())
"""


@needs_systemd
async def test_the_agents_unit_lets_it_listen(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit: Path = UNITS["edge-agent"]
    async with site(tmp_path_factory.mktemp("b"), monkeypatch):
        confined = ("-m", "tests.systemd.sandbox", str(unit), sys.executable, "-c", LISTEN)
        program = await asyncio.create_subprocess_exec(
            sys.executable, *confined, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await program.communicate()
    assert said.decode().splitlines()[-1:] == ["listened"], said.decode()
