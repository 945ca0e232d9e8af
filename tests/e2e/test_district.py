"""Journeys 7 and 8 with the real collector and pretend gateways: an elder who is not seen, a gateway that dies."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.demo.console import Console
from simulators.demo.programs import Program, ask, wait_for
from simulators.district.box import Account, Box
from wire.chunk import Lane
from wire.event import Event
from wire.inventory import DeviceInfo, Inventory, PointInfo
from wire.reading import Value
from wire.status import DeviceStatus

HOUR = 3_600_000_000
DOORS = 40
DISTRICT = """
version: 1
people:
  P-0001: {groups: [独居老人], gateway: 330402-a}
rules:
  change:
    gateway_offline: {when: "absent(heartbeat, 3s)", reason: 演练 a drill}
"""
CHANGE = """
    elder_no_pass:
      people: P-0001
      when: absent(access_granted, 96h)
      author: 王网格
      reason: 感冒在家, 女儿每天来
"""


class District:
    """A collector that runs, its rules file, and a person at its console."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.file, self._data = folder / "district.yaml", str(folder / "data")
        self.file.write_text(DISTRICT, encoding="utf-8")
        self.url = f"http://127.0.0.1:{port}"
        self._command = ["collector", "run", "--data", self._data, "--port", str(port), "--rules", str(self.file)]
        self._log = folder / "collector.log"
        self.start()
        person = ask(["collector", "user", "add", "duty", "--role", "operator", "--data", self._data])
        self._doors = ExitStack()
        self.console = self._doors.enter_context(Console(self.url, person["name"], person["password"]))

    def stop(self) -> None:
        """End everything."""
        self._doors.close()
        print(self.program.tail(40))
        self.program.stop()

    def start(self) -> None:
        """Start the collector (again) and wait until it answers."""
        self.program = Program("collector", self._command, self._log)
        wait_for(self._answers, "the collector", self.program, deadline_s=60)

    def alerts(self, rule: str = "") -> list[dict[str, Any]]:
        """Return all alerts, or those of a rule."""
        return [each for each in self.console.alerts() if rule in ("", each["rule"])]

    async def until(self, condition: Callable[[], Any], what: str, deadline_s: float = 30.0) -> None:
        """Wait for the console to show something."""
        await asyncio.to_thread(wait_for, condition, what, self.program, deadline_s=deadline_s)

    def code(self, gateway: str) -> str:
        """Return a code to enrol a gateway with."""
        return str(ask(["collector", "enrol", gateway, "--data", self._data])["code"])

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
async def district(tmp_path: Path) -> AsyncIterator[District]:
    made = District(tmp_path)
    yield made
    made.stop()


async def enrolled(district: District, client: httpx.AsyncClient, name: str, doors: int) -> Box:
    """Return a gateway with so many doors, known to the collector."""
    box = Box(name, client, Account(), seed=1)
    await box.enrol(await asyncio.to_thread(district.code, name))
    points = (PointInfo("door_state", "enum", values=("closed", "open")),)
    infos = tuple(
        DeviceInfo(f"door-{number}", f"{number}号门", "access_door", "door/waveshare-relay-d8", "3幢", points)
        for number in range(1, doors + 1)
    )
    now = time.time_ns() // 1000
    await box.say(Lane.ALARM, now, inventory=Inventory(now, name, "示例社区", "c0ffee", infos))
    return box


@pytest.mark.timeout(120)
async def test_an_elder_two_days_without_leaving_is_visited_and_the_threshold_adjusted(district: District) -> None:
    async with httpx.AsyncClient(base_url=district.url, trust_env=False) as client:
        box = await enrolled(district, client, "330402-a", 1)
        now = time.time_ns() // 1000
        well = {"uptime_s": 10 * 86_400.0}
        await box.beat(pending=1, pending_oldest_at=now - 72 * HOUR, **well)
        await asyncio.sleep(3)
        passed = now - 60 * HOUR
        fields: dict[str, Value] = {"credential": "card", "person_ref": "P-0001", "direction": "in"}
        event = Event("pass-1", "door-1", "access_granted", passed, fields)
        await box.say(Lane.ALARM, passed, events=(event,))
        await box.beat(**well)
        await district.until(lambda: district.alerts("elder_no_pass"), "the elder's alert")
        (alert,) = district.alerts("elder_no_pass")
        assert (alert["device"], alert["level"], alert["origin"]) == ("P-0001", "orange", "collector")
        assert alert["raised_at"] == passed + 48 * HOUR

        district.program.kill()  # nothing is raised a second time
        district.start()
        district.console.log_in()
        await box.beat(**well)
        district.file.write_text(DISTRICT + CHANGE, encoding="utf-8")
        await district.until(lambda: district.alerts("elder_no_pass")[0]["cleared_at"], "the end of the alert")
        await box.beat(**well)
        (line,) = [each for each in district.console.get("/audit")["items"] if "elder_no_pass" in each["target"]]
        assert (line["what"], line["who"], line["target"]) == ("rule_change", "王网格", "elder_no_pass P-0001")
        assert "absent(access_granted, 96h)" in line["detail"]
        assert "感冒在家" in line["detail"]
        assert len(district.alerts("elder_no_pass")) == 1


@pytest.mark.timeout(180)
async def test_a_gateway_that_dies_is_one_alert_and_its_devices_are_unknown(district: District) -> None:
    async with httpx.AsyncClient(base_url=district.url, trust_env=False) as client:
        box = await enrolled(district, client, "330402-b", DOORS)
        now = time.time_ns() // 1000
        devices = tuple(DeviceStatus(f"door-{number}", "online", now) for number in range(1, DOORS + 1))

        def states() -> set[str]:
            return {each["state"] for each in district.console.get("/devices")["items"]}

        for _ in range(5):
            await box.beat(devices=devices)
            await asyncio.sleep(1)
        assert district.alerts() == []
        assert states() == {"online"}

        await district.until(district.alerts, "the alert")
        (alert,) = district.alerts()
        assert (alert["gateway"], alert["rule"], alert["level"]) == ("330402-b", "gateway_offline", "orange")
        assert alert["device_name"] == "示例社区"
        await district.until(lambda: states() == {"unknown"}, "devices that nobody knows of", deadline_s=90)
        assert len(district.alerts()) == 1

        await box.beat(devices=devices)
        await district.until(lambda: district.alerts()[0]["cleared_at"], "the end of the alert")
        await district.until(lambda: states() == {"online"}, "devices that are known of again")
        assert len(district.alerts()) == 1
