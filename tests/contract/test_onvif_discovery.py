"""Cameras are found by asking, and whatever else answers is passed over."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from drivers.api import Finds, Found, Misconfigured, finder
from drivers.onvif.discovery import MOST, Discovery
from simulators.onvif.device import Body
from simulators.onvif.faults import BOMB
from simulators.onvif.lan import Lan
from simulators.onvif.makers import MAKERS
from simulators.onvif.station import DoorStation
from tests.contract.cameras import lent_clock

MATCH = (
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="urn:a" xmlns:d="urn:d"><e:Header>'
    "<a:RelatesTo>{asked}</a:RelatesTo></e:Header><e:Body><d:ProbeMatches>{matches}</d:ProbeMatches></e:Body></e:Envelope>"
)
ONE = "<d:ProbeMatch><d:Types>{types}</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{at}</d:XAddrs></d:ProbeMatch>"
CAMERA = "tdn:NetworkVideoTransmitter"


async def found(host: tuple[str, int], seconds: float = 3) -> list[Found]:
    clock = lent_clock()
    asked = asyncio.ensure_future(Discovery(clock).find(seconds, [host]))
    while not asked.done():
        await clock.advance(0.1)
        await asyncio.sleep(0.001)
    return [one for one in await asked if one.host == host[0]]


@asynccontextmanager
async def answering(say: Callable[[str], list[bytes]]) -> AsyncIterator[tuple[str, int]]:
    """Give the address of somebody who says so to each question, by its number."""

    class Peer(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            number = re.search(r"MessageID>([^<]+)<", data.decode())
            assert number is not None
            for answer in say(number[1]):
                self.transport.sendto(answer, addr)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Peer, local_addr=("127.0.0.3", 0))
    yield transport.get_extra_info("sockname")
    transport.close()


def one(at: str, types: str = CAMERA, scopes: str = "") -> str:
    return ONE.format(types=types, scopes=scopes, at=at)


def match(asked: str, *matches: str) -> bytes:
    return MATCH.format(asked=asked, matches="".join(matches)).encode()


async def test_cameras_are_found_where_they_really_are() -> None:
    lan = Lan(discovery=0)
    for maker in ("hikvision", "contrary"):
        lan.devices[maker] = DoorStation(Body(lent_clock(), MAKERS[maker], tls=maker == "hikvision"))
    await lan.start()
    assert lan.discovery is not None
    try:
        bare, safe = await found(("127.0.0.1", lan.discovery.port))
        assert lan.discovery.probes >= 6  # two kinds, three times
        device = lan.devices["hikvision"]
        assert device.certificate is not None
        port, fingerprint = device.server.port, device.certificate.fingerprint
        assert bare == Found("127.0.0.1", 80, False, "No Name", "IPC", elsewhere="192.168.1.64")
        assert safe == Found("127.0.0.1", port, True, "HIKVISION", MAKERS["hikvision"].model, fingerprint=fingerprint)
    finally:
        await lan.stop()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff" * 60_000,
        BOMB,
        match("urn:uuid:of-somebody-else", one("http://127.0.0.3/")),
        match("ASKED", one("http://127.0.0.3/", types="wsdp:Device pub:PrintDeviceType")),
        match("ASKED", one("ftp://127.0.0.3/ file:///etc http://:99999999/")),
        match("ASKED", one("http://127.0.0.3:99999/")),
        match("ASKED", one("http://127.0.0.3/"))[:-9],
    ],
)
async def test_what_is_no_camera_is_passed_over(answer: bytes) -> None:
    async with answering(lambda asked: [answer.replace(b"ASKED", asked.encode())]) as host:
        assert await found(host) == []


async def test_a_flood_of_answers_has_an_end() -> None:
    def say(asked: str) -> list[bytes]:
        many = [one(f"http://127.0.0.3:{port}/") for port in range(1, 2001)]
        return [match(asked, *many[at : at + 100]) for at in range(0, len(many), 100)]

    async with answering(say) as host:
        assert len(await found(host)) == MOST


async def test_what_it_says_of_itself_is_short_and_visible_and_leads_nowhere() -> None:
    scopes = "onvif://www.onvif.org/name/%1b[31mGate%20" + "x" * 200 + " onvif://www.onvif.org/hardware/A_1"
    at = "http://169.254.169.254/latest http://127.0.0.3:8080/onvif/device_service"
    async with answering(lambda asked: [match(asked, one(at, scopes=scopes))]) as host:
        (camera,) = await found(host)
    assert (camera.port, camera.elsewhere, camera.model) == (8080, "", "A 1")
    assert camera.maker.isprintable()
    assert len(camera.maker) <= 60


async def test_a_host_where_nobody_is_costs_nothing() -> None:
    assert await found(("127.0.0.3", 9)) == []


def test_it_is_reached_by_its_kind() -> None:
    made: Finds = finder("onvif")
    assert isinstance(made, Discovery)
    with pytest.raises(Misconfigured):
        finder("submarine")
