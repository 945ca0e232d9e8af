"""A community whose file has cameras: their stories, probes that find them, orders, and files that make no sense."""

import asyncio
import socket
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from runtime.clock import SystemClock
from runtime.testing import FakeClock
from simulators.build import Overrides, build
from simulators.community import Community
from simulators.control import BadOrderError, obey
from simulators.onvif.discovery import GROUP
from simulators.onvif.soap import NAMESPACES, envelope, tag
from simulators.plan import PlanError, load_plan

FILE = """site: x
buses:
  lan: {type: lan, discovery: 3702}
devices:
  cam-1:
    model: onvif-camera
    bus: lan
    maker: hikvision
    quirks: {clock_s: -7200, relative: true}
    script:
      cars: {after: 5s, every: 10s, plates: [浙FA0001, 浙FD12345]}
      moves: {after: 1s, for: 3s}
      crosses: {after: 2s}
      covered: {after: 40s, for: 5s}
      frozen: {after: 50s, for: 5s}
  entry:
    model: onvif-door-station
    bus: lan
    access: 4s
    script:
      rings: {after: 3s, for: 1s}
      residents: {after: 6s, every: 60s, cards: {C17: 张三}, within: 2s}
      strangers: {after: 12s}
"""
WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"


def community(tmp_path: Path, clock: Any, text: str = FILE, *, scripts: bool = True) -> Community:
    file = tmp_path / "community.yaml"
    file.write_text(text, "utf-8")
    return Community(load_plan(file), clock, Overrides(free_ports=True, scripts=scripts))


async def test_stories_are_told_and_the_truth_has_them(tmp_path: Path) -> None:
    clock = FakeClock()
    async with community(tmp_path, clock) as one:
        await clock.advance(7)
        assert one.station("entry").door.is_open
        await clock.advance(36)
        assert one.camera("cam-1").truth()["passages"][-1]["plate"] == "浙FD12345"
        await clock.advance(10)
        assert one.camera("cam-1").wrong.frozen
        await clock.advance(5)
        truth = one.truth()["devices"]
    cam, entry = truth["cam-1"], truth["entry"]
    assert (cam["model"], [car["plate"] for car in cam["passages"]][:3]) == (
        "onvif-camera",
        ["浙FA0001", "浙FD12345", "浙FA0001"],
    )
    assert [told["data"] for told in cam["events"] if told["topic"].endswith("Tamper")] == [
        {"IsTamper": False},
        {"IsTamper": True},
        {"IsTamper": False},
    ]
    assert [(who["card"], who["granted"]) for who in entry["people"]] == [("C17", True), ("unknown", False)]
    assert [opening["how"] for opening in entry["door"]["openings"]] == ["unlocked"]
    assert not entry["door"]["open"]
    assert not one.camera("cam-1").wrong.frozen


async def test_orders_reach_cameras_and_their_switch(tmp_path: Path) -> None:
    async with community(tmp_path, SystemClock(), scripts=False) as one:
        assert await obey(one, {"device": "entry", "do": "show_card", "args": {"card": "C1", "holder": "李四"}})
        assert (await obey(one, {"device": "cam-1", "do": "faults", "args": {"drop": True}}))["drop"]
        with pytest.raises(ValueError, match="no fault"):
            await obey(one, {"device": "cam-1", "do": "faults", "args": {"silent": True}})
        with pytest.raises(ValueError, match="TLS"):
            await obey(one, {"device": "cam-1", "do": "change_certificate"})
        with pytest.raises(BadOrderError, match="onvif-camera can"):
            await obey(one, {"device": "cam-1", "do": "ring"})
        with pytest.raises(BadOrderError, match="lan can"):
            await obey(one, {"bus": "lan", "do": "echo"})
        for name in ("stop", "start", "cut"):
            await obey(one, {"bus": "lan", "do": name})
        for wrong, named in ((one.bus, "lan"), (one.air, "lan"), (one.station, "cam-1")):
            with pytest.raises(TypeError):
                wrong(named)
        assert set(one.ports) == {"cam-1", "entry"}
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("types", ["dn:NetworkVideoTransmitter", ""])
async def test_a_probe_finds_each_of_them(tmp_path: Path, types: str) -> None:
    async with community(tmp_path, SystemClock(), scripts=False) as one:
        port = one.lans["lan"]
        assert port
        one.camera("cam-1").faults(frozen=True)
        answers = await _probe(types, ("127.0.0.1", port))
        assert len(answers) == 1
        one.camera("cam-1").faults(frozen=False)
        answers += await _probe(types, ("127.0.0.1", port))
        assert await _probe("dn:Printer", ("127.0.0.1", port)) == []
        entry, *others = answers
    assert entry.findtext(".//d:XAddrs", "", NAMESPACES).endswith(f":{one.ports['entry']}/onvif/device_service")
    assert {other.findtext(f".//{{{WSA}}}RelatesTo", "") for other in others} == {"urn:uuid:1"}
    assert len({other.findtext(f".//{{{WSA}}}Address", "") for other in others}) == 2


async def test_a_probe_to_the_group_is_heard_where_the_machine_has_groups(tmp_path: Path) -> None:
    async with community(tmp_path, SystemClock(), scripts=False) as one:
        lan = one.lan("lan")
        assert lan.discovery is not None
        if not lan.discovery.in_group:
            pytest.skip("this machine lets nobody join a multicast group on loopback")
        assert len(await _probe("", (GROUP, lan.discovery.port))) == 2


async def _probe(types: str, place: tuple[str, int]) -> list[ElementTree.Element]:
    """Send a probe and return its answers: all that come before the answer to one that is sent after it."""
    loop = asyncio.get_running_loop()
    found: list[ElementTree.Element] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.bind(("127.0.0.1", 0))
        client.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        for number, wanted in ((1, types), (2, "")):
            header = tag("w:MessageID", f"urn:uuid:{number}", attributes={"xmlns:w": WSA})
            await loop.sock_sendto(client, envelope(tag("d:Probe", tag("d:Types", wanted)), header), place)
            await loop.sock_sendto(client, b"<noise", place)
        async with asyncio.timeout(5):
            while True:
                answer = ElementTree.fromstring(await loop.sock_recv(client, 65_536))  # noqa: S314 - our own said it
                if answer.findtext(f".//{{{WSA}}}RelatesTo", "") == "urn:uuid:2":
                    return found
                found.append(answer)


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("{model: onvif-camera, bus: air}", "there is no lan air"),
        ("{model: onvif-camera, bus: lan, maker: nobody}", "maker"),
        ("{model: onvif-camera, bus: lan, quirks: {melts: true}}", "melts"),
        ("{model: onvif-camera, bus: lan, script: {rings: {after: 1s, for: 1s}}}", "rings"),
        ("{model: onvif-door-station, bus: lan, port: 70000}", "65535"),
        ("{model: meter, bus: lan, unit: 1}", "line of meters"),
    ],
)
def test_a_file_that_makes_no_sense_says_why(tmp_path: Path, device: str, says: str) -> None:
    file = tmp_path / "community.yaml"
    file.write_text(f"site: x\nbuses: {{lan: {{type: lan}}}}\ndevices: {{one: {device}}}\n", "utf-8")
    with pytest.raises(PlanError, match=says):
        build(load_plan(file), FakeClock(), Overrides())


async def test_a_camera_that_calls_is_told_where_in_the_file(tmp_path: Path) -> None:
    text = """site: x
buses: {lan: {type: lan}}
devices:
  cam-1: {model: onvif-camera, bus: lan, maker: %s, push: "%s"}
"""
    clock = FakeClock()
    async with community(tmp_path, clock, text % ("dahua", "http://127.0.0.1:9/secret")) as one:
        one.camera("cam-1").pass_car("浙FA0001")
        for _ in range(20):
            await clock.advance(0.1)
        assert one.camera("cam-1").truth()["pushes"] == [0]
    with pytest.raises(PlanError, match="push"):
        community(tmp_path, clock, text % ("dahua", "https://127.0.0.1"))


async def test_a_camera_that_tells_plates_in_its_metadata_alone_says_where(tmp_path: Path) -> None:
    clock = FakeClock()
    text = FILE.replace("maker: hikvision", "maker: dahua-itc\n    rtsp: 8554")
    async with community(tmp_path, clock, text) as one:
        await clock.advance(7)
        camera = one.camera("cam-1")
        assert camera.metadata is not None
        assert camera.stream("Profile_2") == f"rtsp://127.0.0.1:{camera.metadata.port}/Profile_2"
        assert camera.metadata.port not in (0, 8554)  # free ports are asked for
        assert [passage["plate"] for passage in camera.truth()["passages"]] == ["浙FA0001"]
        assert not [told for told in camera.truth()["events"] if "浙FA0001" in str(told)]
