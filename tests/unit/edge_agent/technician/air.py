"""A box whose radio hears what the test says: the technician's commands run against it."""

import asyncio
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config.bus_settings import BleBus
from config.load import load
from config.settings import DeviceSettings
from drivers.api import AddressKind, Element, Guess, Overheard
from drivers.ble.advertisement import Advertisement
from drivers.ble.driver import BleDriver
from edge_agent.cli import app
from runtime.clock import Clock, SystemClock
from tests.fakes.air import FakeReceiver
from tests.fakes.air_driver import FakeAirDriver
from tests.fakes.connecting import FakeConnector

NOON_US = 1_700_000_000_000_000
PENDANT, BAND, CUFF, MIBAND = "C1:22:33:44:55:66", "D4:88:99:AA:BB:CC", "00:1B:DC:00:00:07", "E1:02:03:04:05:06"
SITE = """\
version: 1
site: {code: golden, name: 测试小区}
buses:
  ble-1: {type: ble}
devices:
  pendant-1: {name: 李家挂坠, profile: sos/ble-field-map, bus: ble-1, mac: "C1:22:33:44:55:66", place: 3栋}
  band-1: {name: 李家手环, profile: band/pendant-with-fall, bus: ble-1, mac: "D4:88:99:AA:BB:CC", person: P-0007}
  cuff-1: {name: 血压计, profile: health/blood-pressure, bus: ble-1, mac: "00:1B:DC:00:00:07"}
  miband-1: {name: 王家手环, profile: band/miband-adv, bus: ble-1, mac: "E1:02:03:04:05:06", person: P-0008}
  button-1: {name: 按钮, profile: sos/bthome-button, bus: ble-1, mac: "54:48:E6:8F:80:A5", bindkey: !secret key}
"""


class Saying(FakeReceiver):
    """An adapter that hears ``said`` as soon as it listens."""

    def __init__(self, said: Sequence[Advertisement]) -> None:
        super().__init__()
        self._said = said

    async def start(self, heard: Callable[[Advertisement], None]) -> None:
        await super().start(heard)
        for one in self._said:
            asyncio.get_running_loop().call_soon(self.say, one)


class Box:
    """A gateway's file with one radio. Who is on the air is what ``driver`` says, unless somebody has ``said``
    something: then the real driver hears it, and connects by ``connector``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.driver = folder, FakeAirDriver()
        self.said: list[Advertisement] = []
        self.connector = FakeConnector(SystemClock(), connect_s=0, answer_s=0, disconnect_s=0)
        self.config = folder / "agent.yaml"
        self.config.write_text(SITE, encoding="utf-8")
        (folder / "secrets").mkdir()
        (folder / "secrets" / "key").write_text("231d39c1d7cc1ab1aee224cd096db932", encoding="ascii")
        self._runner = CliRunner(env={"LANG": "zh_CN.UTF-8", "TZ": "UTC"})

    def make(self, bus: BleBus, devices: Sequence[DeviceSettings], clock: Clock) -> FakeAirDriver | BleDriver:
        """Stand in for the driver's factory."""
        if not self.said:
            return self.driver(bus, devices, clock)
        return BleDriver(bus, devices, clock, lambda *_: (Saying(self.said), self.connector))

    def run(self, *arguments: str, lang: str = "zh") -> Result:
        """Run a command on the file."""
        return self._runner.invoke(app, [*arguments, "--config", str(self.config), "--lang", lang])

    def steady(self, text: str) -> str:
        """Return ``text`` without what differs from run to run."""
        return re.sub(
            r"^\d\d:\d\d(:\d\d\.\d{3})", r"12:13\1", text.replace(str(self.folder), "/demo"), flags=re.MULTILINE
        )

    def devices(self) -> dict[str, DeviceSettings]:
        """Return what the file has."""
        settings = load(self.config).settings
        assert settings is not None
        return {device.id: device for device in settings.devices}


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A box whose radio hears what the test says."""
    made = Box(tmp_path)
    monkeypatch.setattr("drivers.ble.ble_driver", made.make)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")  # this machine's own stack explains nothing
    return made


def overheard(
    address: str, rssi: int, *guesses: Guess, kind: AddressKind = "static", device: str = "", data: bytes = b"\x01"
) -> Overheard:
    """Return somebody."""
    return Overheard(
        address=address,
        kind=kind,
        device=device,
        rssi=rssi,
        times=28,
        every_s=1.02,
        elements=(Element("company 0a5e", data),),
        guesses=guesses,
    )


def sent(address: str, after_s: float, company: int, data: str, *, rssi: int = -70, name: str = "") -> Advertisement:
    """Return an advertisement that ``address`` sent so long after noon; ``data`` is hex."""
    at = NOON_US + round(after_s * 1_000_000)
    companies = {company: bytes.fromhex(data)}
    return Advertisement(address, at, rssi, name=name, companies=companies, receiver="hci0", address_type="random")


def pendant(after_s: float, flags: int, sequence: int, battery: int = 80, rssi: int = -70) -> Advertisement:
    """Return what the pendant sends."""
    return sent(PENDANT, after_s, 0xFFFF, f"4c4c01{flags:02x}{sequence:02x}{battery:02x}", rssi=rssi)


def band(after_s: float, flags: int, heart_rate: int) -> Advertisement:
    """Return what the band sends."""
    return sent(BAND, after_s, 0xFFFF, f"4c4c02{flags:02x}0150{heart_rate:02x}e803", name="Li's band")
