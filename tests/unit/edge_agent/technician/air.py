"""A box whose radio hears what the test says: the technician's commands run against it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config.load import load
from config.settings import DeviceSettings
from drivers.api import AddressKind, Element, Guess, Made, Overheard, Shown
from edge_agent.cli import app
from tests.fakes.air_driver import FakeAirDriver

NOON_US = 1_700_000_000_000_000
SITE = """\
version: 1
site: {code: golden, name: 测试小区}
buses:
  ble-1: {type: ble}
devices: {}
"""


class Box:
    """A gateway's file with one radio, and what that hears (``driver``)."""

    def __init__(self, folder: Path, driver: FakeAirDriver) -> None:
        self.folder, self.driver = folder, driver
        self.config = folder / "agent.yaml"
        self.config.write_text(SITE, encoding="utf-8")
        self._runner = CliRunner(env={"LANG": "zh_CN.UTF-8", "TZ": "UTC"})

    def run(self, *arguments: str, lang: str = "zh") -> Result:
        """Run a command on the file."""
        return self._runner.invoke(app, [*arguments, "--config", str(self.config), "--lang", lang])

    def steady(self, text: str) -> str:
        """Return ``text`` without what differs from run to run."""
        return text.replace(str(self.folder), "/demo")

    def devices(self) -> dict[str, DeviceSettings]:
        """Return what the file has."""
        settings = load(self.config).settings
        assert settings is not None
        return {device.id: device for device in settings.devices}


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A box whose only driver of radios is a fake."""
    driver = FakeAirDriver()
    monkeypatch.setattr("drivers.ble.ble_driver", driver)
    return Box(tmp_path, driver)


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


def shown(after_s: float, *made: Made, **more: object) -> Shown:
    """Return an advertisement of a pendant."""
    known: dict[str, object] = {
        "at": NOON_US + round(after_s * 1_000_000),
        "address": "C1:22:33:44:55:66",
        "kind": "static",
        "receiver": "hci0",
        "rssi": -70,
        "made": made,
        "every_s": 1.0,
    }
    return Shown(**(known | more))  # type: ignore[arg-type]  # a test's own words
