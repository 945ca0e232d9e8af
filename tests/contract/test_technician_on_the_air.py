"""The technician's commands on the real bleak, as programs of their own beside an agent that is listening."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from simulators.ble.air import Broadcast, GattCharacteristic, GattService, Link
from tests.contract.bluez_site import Site, site
from tests.fakes.bluez import until

PENDANT = Broadcast("C1:22:33:44:55:66", -60, companies={0xFFFF: bytes.fromhex("4c4c01000450")}, address_type="random")
PHONE = Broadcast("5C:01:02:03:04:05", -50, companies={0x004C: b"\x10\x05\x01"}, address_type="random")
STRAP = Broadcast("D4:88:99:AA:BB:01", -55, uuids=("180d",), address_type="random")
FILE = """\
version: 1
site: {code: golden, name: 测试小区}
buses:
  ble-1: {type: ble}
devices:
  pendant-1: {name: 挂坠, profile: sos/ble-field-map, bus: ble-1, mac: "C1:22:33:44:55:66"}
  strap-1: {name: 心率带, profile: band/heart-rate, bus: ble-1, mac: "D4:88:99:AA:BB:01"}
"""


class Strap:
    """A chest strap that tells a heart rate to who subscribes."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        rate = GattCharacteristic("2a37", ("notify",), notifying=self._subscribed)
        battery = GattCharacteristic("2a19", ("read",), read=lambda: b"\x5f")
        self.services = [GattService("180d", [rate]), GattService("180f", [battery])]

    def connected(self, link: Link) -> None:
        self.links.append(link)

    def disconnected(self) -> None:
        """Nothing is to be done."""

    def _subscribed(self, on: bool) -> None:
        if on:
            self.links[-1].tell("180d", "2a37", b"\x06\x48")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The gateway's file."""
    path = tmp_path / "agent.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
async def here(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("t"), monkeypatch) as made:
        yield made


@asynccontextmanager
async def busy(here: Site, *senders: Broadcast) -> AsyncIterator[None]:
    """Have ``senders`` advertise ten times a second, and the emulated daemon's time pass."""

    async def send() -> None:
        while True:
            for one in senders:
                here.air.transmit(one)
            await here.clock.advance(0.1)
            await asyncio.sleep(0.1)

    sending = asyncio.create_task(send(), name="senders")
    try:
        yield
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending


async def _begin(config: Path, *arguments: str) -> asyncio.subprocess.Process:
    program = Path(sys.executable).with_name("edge-agent")
    return await asyncio.create_subprocess_exec(
        program, *arguments, "--config", str(config), "--lang", "zh", stdout=asyncio.subprocess.PIPE
    )


async def _run(config: Path, *arguments: str) -> tuple[int, str]:
    running = await _begin(config, *arguments)
    try:
        output, _ = await running.communicate()
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
    return running.returncode or 0, output.decode()


async def test_who_is_on_the_air_beside_an_agent_that_listens(here: Site, config: Path) -> None:
    agent = here.receiver()
    await agent.start(here.heard.append)
    async with busy(here, PENDANT, PHONE):
        status, output = await _run(config, "discover", "--ble", "--seconds", "3", "--json")
        data: dict[str, Any] = json.loads(output)
        (radio,) = data["radios"]
        assert (status, radio["strangers"], radio["unheard"]) == (0, 1, ["strap-1"])
        (one,) = radio["heard"]
        assert (one["address"], one["kind"], one["device"]) == (PENDANT.address, "static", "pendant-1")
        assert one["guesses"][0]["profile"] == "sos/ble-field-map"
        assert one["times"] > 5
        count = len(here.heard)
        await until(lambda: len(here.heard) > count)
    await agent.stop()


async def test_a_pendant_is_watched(here: Site, config: Path) -> None:
    async with busy(here, PENDANT, PHONE):
        status, output = await _run(config, "try", "pendant-1", "--times", "3", "--json")
    first, *_, end = [json.loads(line) for line in output.splitlines()]
    assert (status, end["heard"], first["fields"]["battery"]) == (0, 3, 80)


async def test_ctrl_c_ends_it_with_a_summary_and_gives_the_radio_back(here: Site, config: Path) -> None:
    async with busy(here, PENDANT):
        running = await _begin(config, "try", "pendant-1", "--json")
        assert running.stdout is not None
        first = json.loads(await running.stdout.readline())
        running.send_signal(signal.SIGINT)
        *_, end = (await running.communicate())[0].decode().splitlines()
    assert first["address"] == PENDANT.address
    assert json.loads(end)["heard"] >= 1
    assert running.returncode == 0


async def test_a_strap_is_connected_to_once(here: Site, config: Path) -> None:
    here.air.add(STRAP.address, Strap())
    async with busy(here, STRAP):
        _, output = await _run(config, "try", "strap-1", "--seconds", "6", "--json")
    told = [json.loads(line) for line in output.splitlines()]
    made = {one["key"]: one["value"] for shown in told[:-1] if shown["source"] for one in shown["made"]}
    assert made == {"heart_rate_bpm": 72, "on_wrist": True, "battery_pct": 95}


async def test_no_daemon_is_a_sentence(here: Site, config: Path) -> None:
    await here.stack.kill()
    status, output = await _run(config, "discover", "--ble", "--seconds", "1")
    assert (status, "蓝牙服务没有运行" in output) == (2, True), output
