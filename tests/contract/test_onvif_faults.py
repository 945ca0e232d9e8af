"""Everything that a hostile or a dying camera does, done by the pretended one and seen from outside."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from runtime.clock import SystemClock
from runtime.testing import FakeClock
from simulators.onvif.device import Body
from simulators.onvif.makers import MAKERS
from simulators.onvif.station import DoorStation
from tests.contract.onvif_client import NS, Client, Refused, short

GONE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.ConnectError)


@pytest.fixture
async def station() -> AsyncIterator[DoorStation]:
    made = DoorStation(Body(SystemClock(), MAKERS["specified"]), access_s=60, relay_s=60)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(station: DoorStation) -> AsyncIterator[Client]:
    async with Client(station.address) as made:
        yield made


@asynccontextmanager
async def on_lent_time() -> AsyncIterator[tuple[DoorStation, Client, FakeClock]]:
    clock = FakeClock(SystemClock().now())
    made = DoorStation(Body(clock, MAKERS["specified"]), access_s=5, relay_s=2)
    await made.start()
    async with Client(made.address) as client:
        yield made, client, clock
    await made.stop()


async def test_a_lost_answer_is_of_a_command_that_was_done(station: DoorStation, client: Client) -> None:
    station.faults(lose_answers=2)
    await client.device("GetDeviceInformation")
    with pytest.raises(GONE):
        await client.door("AccessDoor")
    with pytest.raises(GONE):
        await client.relay("active")
    await client.door("UnlockDoor")
    truth = station.truth()
    assert [one["what"] for one in truth["commands"]] == ["AccessDoor", "SetRelayOutputState", "UnlockDoor"]
    assert (truth["reads"], sum(truth["requests"].values())) == (1, 4)
    assert truth["relay"]["pulses"] == 1
    assert truth["door"]["accesses"] == 2


async def test_one_access_is_one_access_and_is_told() -> None:
    async with on_lent_time() as (station, client, clock):
        assert not station.open_door()
        address = await client.subscribe()
        await client.pull(address)
        await client.door("AccessDoor")
        assert station.open_door()
        station.close_door()
        await clock.advance(6)
        told = await client.pull(address)
    assert [(short(one), one["State"]) for one in told] == [
        ("DoorMode", "Accessed"),
        ("DoorPhysicalState", "Open"),
        ("DoorPhysicalState", "Closed"),
        ("DoorMode", "Locked"),
    ]


async def test_a_door_that_is_locked_down_lets_nobody_in(station: DoorStation, client: Client) -> None:
    await client.door("LockDownDoor")
    with pytest.raises(Refused, match="500 ter:Failed"):
        await client.door("AccessDoor")
    assert not station.show_card("C17", "Zhang San")
    await client.door("LockDownReleaseDoor")
    state = await client.door("GetDoorState")
    assert state.findtext("tdc:DoorState/tdc:DoorMode", "", NS) == "Locked"
    with pytest.raises(Refused, match="NotFound"):
        await client.ask("/onvif/doorcontrol_service", "<tdc:AccessDoor><tdc:Token>2</tdc:Token></tdc:AccessDoor>")


async def test_people_come_and_are_told(station: DoorStation, client: Client) -> None:
    address = await client.subscribe()
    await client.pull(address)
    station.ring()
    station.let_go()
    assert station.show_card("C17", "张三")
    station.show_unknown_card("99")
    station.signal_duress("C17")
    told = await client.pull(address)
    assert [short(one) for one in told if one["topic"].startswith(("tns1:AccessControl", "tns1:Device"))] == [
        "DigitalInput",
        "DigitalInput",
        "Credential",
        "Credential",
        "Card",
        "Duress",
    ]
    assert "张三" in {one.get("CredentialHolderName") for one in told}
    assert [one["granted"] for one in station.truth()["people"]] == [True, False]
    disabled = "<tac:DisableAccessPoint><tac:Token>AccessPoint_1</tac:Token></tac:DisableAccessPoint>"
    await client.ask("/onvif/accesscontrol_service", disabled)
    assert not station.show_card("C17", "张三")


async def test_a_relay_falls_back_and_says_so() -> None:
    async with on_lent_time() as (_, client, clock):
        address = await client.subscribe()
        await client.pull(address)
        await client.relay("active")
        await clock.advance(3)
        told = await client.pull(address)
    assert [one["LogicalState"] for one in told if short(one) == "Relay"] == ["active", "inactive"]


async def test_a_relay_can_be_told_to_stay(station: DoorStation, client: Client) -> None:
    settings = (
        '<tmd:SetRelayOutputSettings><tmd:RelayOutput token="Relay_1"><tt:Properties><tt:Mode>Bistable</tt:Mode>'
        "<tt:DelayTime>PT2S</tt:DelayTime><tt:IdleState>open</tt:IdleState></tt:Properties></tmd:RelayOutput>"
        "</tmd:SetRelayOutputSettings>"
    )
    await client.ask("/onvif/deviceio_service", settings)
    await client.relay("active")
    listed = await client.ask("/onvif/deviceio_service", "<tmd:GetRelayOutputs/>")
    assert listed.findtext(".//tt:Mode", "", NS) == "Bistable"
    assert station.relay.active
    with pytest.raises(Refused, match="InvalidArgVal"):
        await client.relay("perhaps")


async def test_frozen_it_says_nothing_and_thawed_it_goes_on(station: DoorStation, client: Client) -> None:
    station.faults(frozen=True)
    waiting = asyncio.create_task(client.device("GetDeviceInformation"))
    async with httpx.AsyncClient(timeout=0.3, trust_env=False) as impatient:
        with pytest.raises(httpx.ReadTimeout):
            await impatient.get(station.address)
    assert not waiting.done()
    station.faults(frozen=False)
    await waiting


@pytest.mark.parametrize("fault", ["drop", "truncated", "bomb"])
async def test_an_answer_is_spoilt_only_where_it_was_asked_for(
    station: DoorStation, client: Client, fault: str
) -> None:
    station.faults(where="events", **{fault: True})
    await client.device("GetDeviceInformation")
    body = "<tev:CreatePullPointSubscription/>"
    if fault == "drop":
        with pytest.raises(GONE):
            await client.post("/onvif/event_service", body)
        assert station.truth()["subscriptions"]["created"] == 0
        return
    answer = await client.post("/onvif/event_service", body)
    assert answer.status_code == 200
    assert ("<!ENTITY" in answer.text) == (fault == "bomb")
    assert answer.text.endswith("Envelope>") == (fault == "bomb")
    assert len(answer.content) < 2000


async def test_a_redirect_is_given_before_anything_is_done(station: DoorStation, client: Client) -> None:
    station.faults(redirect="http://169.254.169.254/latest")
    answer = await client.post("/onvif/device_service", "<tds:SystemReboot/>")
    assert (answer.status_code, answer.headers["location"]) == (307, "http://169.254.169.254/latest")
    assert station.truth()["commands"] == []


async def test_a_huge_answer_comes_in_pieces_and_a_dripping_one_byte_by_byte(
    station: DoorStation, client: Client
) -> None:
    station.faults(huge_mb=300)
    url = f"{station.address}/onvif/device_service"
    body = '<s:Envelope xmlns:s="{s}"><s:Body><t:GetSystemDateAndTime xmlns:t="{tds}"/></s:Body></s:Envelope>'
    taken = 0
    async with client.http.stream("POST", url, content=body.format(**NS)) as answer:
        async for piece in answer.aiter_raw(65_536):
            taken += len(piece)
            if taken > 5_000_000:
                break
    assert taken > 5_000_000
    station.faults(huge_mb=1)
    whole = await client.http.post(url, content=body.format(**NS))
    assert len(whole.content) > 1_000_000
    assert whole.text.endswith("Envelope>")
    station.faults(huge_mb=0, drip_s=0.001)
    async with client.http.stream("POST", url, content=body.format(**NS)) as answer:
        first = [piece async for _, piece in _first(answer, 5)]
    assert b"".join(first) == b"<?xml"


async def _first(answer: httpx.Response, count: int) -> AsyncIterator[tuple[int, bytes]]:
    got = 0
    async for piece in answer.aiter_raw(1):
        yield got, piece
        got += 1
        if got == count:
            return


async def test_a_picture_can_be_cut_in_half(station: DoorStation) -> None:
    async with Client(station.address, wsse=False) as client:
        whole = await client.http.get(f"{station.address}/onvif/snapshot")
        station.faults(where="pictures", truncated=True)
        half = await client.http.get(f"{station.address}/onvif/snapshot")
    assert whole.content.endswith(b"\xff\xd9")
    assert not half.content.endswith(b"\xff\xd9")
    assert half.content[:4] == whole.content[:4]


async def test_a_flood_keeps_no_limit(station: DoorStation, client: Client) -> None:
    address = await client.subscribe()
    station.faults(flood_per_s=10_000)
    got = [len(await client.pull(address, limit=1)) for _ in range(2)]
    assert min(got) >= 900
    assert station.truth()["subscriptions"]["flooded"] == sum(got)


async def test_after_a_reboot_it_is_there_and_knows_no_subscription(station: DoorStation, client: Client) -> None:
    address = await client.subscribe()
    station.reboot(0.2)
    while station.server.listening:
        await asyncio.sleep(0.01)
    with pytest.raises(GONE):
        await client.device("GetSystemDateAndTime")
    async with asyncio.timeout(5):
        while True:
            try:
                await client.device("GetDeviceInformation")
                break
            except GONE:
                await asyncio.sleep(0.02)
    with pytest.raises(Refused, match="ResourceUnknown"):
        await client.pull(address)


async def test_another_password_is_another_password(station: DoorStation, client: Client) -> None:
    station.change_password("pretend-2")
    with pytest.raises(Refused, match="NotAuthorized"):
        await client.device("GetDeviceInformation")
    client.password = "pretend-2"
    await client.device("GetDeviceInformation")


async def test_lost_subscriptions_end_polls_that_wait_and_only_so_many_are_held(
    station: DoorStation, client: Client
) -> None:
    address = await client.subscribe()
    await client.pull(address)
    waiting = asyncio.create_task(client.pull(address, "PT60S"))
    while station.truth()["subscriptions"]["pulls"] != 2:
        await asyncio.sleep(0)
    station.lose_subscriptions()
    with pytest.raises(Refused, match="ResourceUnknown"):
        await waiting
    for _ in range(10):
        await client.subscribe()
    with pytest.raises(Refused, match="MaxPullPoints"):
        await client.subscribe()


@pytest.mark.parametrize(
    "given", [{"melts": True}, {"frozen": 1}, {"drop": True, "huge_mb": True}, {"drop": True, "where": "x"}]
)
def test_faults_that_there_are_not(station: DoorStation, given: dict[str, object]) -> None:
    before = dataclasses.asdict(station.wrong)
    with pytest.raises(ValueError, match=r"fault|is"):
        station.faults(**given)
    assert dataclasses.asdict(station.wrong) == before
