"""The pretended camera keeps to the specification, as a client sees it that was written beside it and not from it."""

import asyncio
import datetime
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from runtime.clock import SystemClock
from simulators.onvif.camera import Camera
from simulators.onvif.device import Body
from simulators.onvif.makers import MAKERS
from tests.contract.onvif_client import NS, Client, Refused, short


@asynccontextmanager
async def camera(maker: str = "specified", **body: Any) -> AsyncIterator[Camera]:
    made = Camera(Body(SystemClock(), MAKERS[maker], **body))
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def test_anybody_is_told_the_time_and_what_there_is() -> None:
    async with camera() as one, Client(one.address, password="wrong") as client:
        date = (await client.device("GetSystemDateAndTime")).find(".//tt:UTCDateTime/tt:Date", NS)
        services = await client.device("GetServices", "<tds:IncludeCapability>false</tds:IncludeCapability>")
        with pytest.raises(Refused, match="400 ter:NotAuthorized"):
            await client.device("GetDeviceInformation")
        assert one.truth()["refused"] == 1
    assert date is not None
    assert date.findtext("tt:Year", "", NS) == str(datetime.datetime.now(datetime.UTC).year)
    addresses = {item.findtext("tds:Namespace", "", NS): item.findtext("tds:XAddr", "", NS) for item in services}
    assert addresses[NS["tev"]] == f"{one.address}/onvif/event_service"


@pytest.mark.parametrize("wsse", [True, False])
async def test_the_right_password_is_proved_either_way(wsse: bool) -> None:
    async with camera("hikvision") as one, Client(one.address, wsse=wsse) as client:
        answer = await client.device("GetDeviceInformation")
        again = await client.device("GetDeviceInformation")
    assert answer.findtext("tds:Manufacturer", "", NS) == "HIKVISION"
    assert again.findtext("tds:SerialNumber", "", NS) == "LINLI0001"


async def test_a_device_may_believe_only_one_of_both() -> None:
    async with (
        camera(authentication="digest") as one,
        Client(one.address) as token,
        Client(one.address, wsse=False) as http,
    ):
        await http.device("GetDeviceInformation")
        with pytest.raises(Refused, match="401"):
            await token.device("GetDeviceInformation")
    async with camera(authentication="wsse") as one, Client(one.address, wsse=False) as http:
        with pytest.raises(Refused, match="400"):
            await http.device("GetDeviceInformation")


async def test_a_token_counts_once_and_only_near_the_device_s_own_time() -> None:
    async with camera() as one, Client(one.address) as client:
        token = client.token()
        asked = "<tds:GetDeviceInformation/>"
        first = await client.post("/onvif/device_service", asked, token)
        second = await client.post("/onvif/device_service", asked, token)
        assert (first.status_code, second.status_code) == (200, 400)
        one.set_clock(-7200)
        with pytest.raises(Refused, match="NotAuthorized"):
            await client.device("GetDeviceInformation")
        client.ahead_s = -7200
        await client.device("GetDeviceInformation")


async def test_http_digest_takes_no_answer_for_another_address() -> None:
    async with camera() as one, Client(one.address, wsse=False) as client:
        url = f"{one.address}/onvif/snapshot?profile=Profile_1"
        fetched = await client.http.get(url)
        used = fetched.request.headers["authorization"]
        async with httpx.AsyncClient(trust_env=False) as thief:
            replayed = await thief.get(url, headers={"Authorization": used})
            moved = await thief.get(f"{one.address}/pictures/x.jpg", headers={"Authorization": used})
    assert (fetched.status_code, replayed.status_code, moved.status_code) == (200, 401, 401)


@pytest.mark.parametrize(("prefix", "path"), [("trt", "media"), ("tr2", "media2")])
async def test_profiles_lead_to_a_stream_and_a_picture(prefix: str, path: str) -> None:
    service = f"/onvif/{path}_service"
    async with camera(stream="rtsp://10.0.0.9/{profile}") as one, Client(one.address) as client:
        profiles = await client.ask(service, f"<{prefix}:GetProfiles/>")
        token = profiles[0].get("token")
        inner = f"<{prefix}:ProfileToken>{token}</{prefix}:ProfileToken>"
        stream = await client.ask(service, f"<{prefix}:GetStreamUri>{inner}</{prefix}:GetStreamUri>")
        picture = await client.ask(service, f"<{prefix}:GetSnapshotUri>{inner}</{prefix}:GetSnapshotUri>")
        wrong = inner.replace(f"{token}", "Profile_9")
        with pytest.raises(Refused, match="NoProfile"):
            await client.ask(service, f"<{prefix}:GetStreamUri>{wrong}</{prefix}:GetStreamUri>")
    assert "rtsp://10.0.0.9/Profile_1" in "".join(stream.itertext())
    assert "".join(picture.itertext()).startswith(f"{one.address}/onvif/snapshot?profile=Profile_1")


async def test_pictures_are_pictures_of_what_it_sees() -> None:
    async with camera() as one, Client(one.address, wsse=False) as client:
        seen = {}
        for scene in ("normal", "dark", "covered", "blurred", "moved"):
            one.look(scene, frozen=True)
            answers = [await client.http.get(f"{one.address}/onvif/snapshot") for _ in range(2)]
            assert answers[0].content == answers[1].content
            picture = cv2.imdecode(np.frombuffer(answers[0].content, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert picture is not None
            assert picture.shape == (360, 640)
            seen[scene] = (float(picture.mean()), float(picture.std()))
    assert seen["dark"][0] < 10 < 80 < seen["normal"][0]
    assert seen["covered"][1] < 1 < 30 < seen["blurred"][1] < seen["normal"][1]


async def test_events_are_pulled_from_a_subscription_of_one_s_own() -> None:
    async with camera() as one, Client(one.address) as client:
        address = await client.subscribe()
        states = await client.pull(address)
        one.move()
        one.cross_line()
        one.remove_rule()
        changes = await client.pull(address)
        assert await client.pull(address, "PT0.1S") == []
        await client.ask(address, "<tev:SetSynchronizationPoint/>")
        again = await client.pull(address)
        await client.ask(address, "<wsnt:Unsubscribe/>")
        with pytest.raises(Refused, match="ResourceUnknownFault"):
            await client.pull(address)
    assert {one["operation"] for one in states} == {"Initialized"}
    assert [(short(one), one["operation"]) for one in changes] == [
        ("Motion", "Changed"),
        ("Crossed", ""),
        ("Motion", "Deleted"),
    ]
    assert [one.get("IsMotion") for one in changes] == ["true", None, "false"]
    assert {short(one) for one in again} == {short(one) for one in states} - {"Motion"}


async def test_a_subscription_lives_as_long_as_it_is_renewed_and_says_how_long() -> None:
    async with camera() as one, Client(one.address) as client:
        address = await client.subscribe("PT30S")
        asked = "<wsnt:TerminationTime>PT1H</wsnt:TerminationTime>"
        renewed = await client.ask(address, f"<wsnt:Renew>{asked}</wsnt:Renew>")
        times = [renewed.findtext(f"wsnt:{name}", "", NS) for name in ("CurrentTime", "TerminationTime")]
        now, ends = (datetime.datetime.fromisoformat(text) for text in times)
        assert datetime.timedelta(minutes=59) < ends - now < datetime.timedelta(minutes=61)
        assert one.points.left(one.points.open[0]) > 3000
        properties = await client.ask("/onvif/event_service", "<tev:GetEventProperties/>")
    assert "topicExpression/ConcreteSet" in properties.findtext("wsnt:TopicExpressionDialect", "", NS)


async def test_a_limit_is_kept_and_nothing_is_lost_over_it() -> None:
    async with camera() as one, Client(one.address) as client:
        address = await client.subscribe()
        await client.pull(address)
        for number in range(5):
            one.pass_car(f"浙FA000{number}")
        first, second = [await client.pull(address, limit=3) for _ in range(2)]
    assert [event["PlateNumber"] for event in first + second] == [f"浙FA000{number}" for number in range(5)]


async def test_habits_of_the_no_name_makers() -> None:
    async with camera("contrary") as one, Client(one.address) as client:
        services = await client.device("GetServices")
        address = await client.subscribe()
        states = await client.pull(one.address + address)
        assert await client.pull(one.address + address, "PT60S") == []
        with pytest.raises(Refused, match="500 ter:ActionNotSupported"):
            await client.ask(one.address + address, "<tev:SetSynchronizationPoint/>")
    assert address.startswith("/onvif/subscription/")
    assert all("://192.168.1.64/" in item.findtext("tds:XAddr", "", NS) for item in services)
    assert all(event["time"].startswith("1970-01-01") for event in states)
    assert {event["IsMotion"] for event in states if "IsMotion" in event} == {"0"}


async def test_tls_is_self_signed_and_its_fingerprint_is_told() -> None:
    async with camera(tls=True) as one:
        assert one.certificate is not None
        pem = await _shown(one)
        assert hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest() == one.truth()["fingerprint"]
        async with Client(one.address) as strict:
            with pytest.raises(httpx.ConnectError, match="self-signed"):
                await strict.device("GetSystemDateAndTime")
        async with Client(one.address, verify=False) as client:
            await client.device("GetDeviceInformation")
        port = one.server.port
        fresh = await one.change_certificate()
        assert one.server.port == port
        assert hashlib.sha256(ssl.PEM_cert_to_DER_cert(await _shown(one))).hexdigest() == fresh
        assert await _shown(one) != pem


async def _shown(one: Camera) -> str:
    return await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", one.server.port))


async def test_nonsense_is_refused_and_the_next_one_is_served() -> None:
    async with camera() as one, Client(one.address) as client:
        bomb = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
        for content in ("", "<x", bomb, "<x/>", "\xff"):
            answer = await client.http.post(f"{one.address}/onvif/device_service", content=content.encode("latin-1"))
            assert (answer.status_code, "WellFormed" in answer.text) == (400, True)
        assert (await client.http.get(f"{one.address}/index.html")).status_code == 404
        with pytest.raises(Refused, match="ActionNotSupported"):
            await client.device("GetUsers")
        await client.device("GetDeviceInformation")
