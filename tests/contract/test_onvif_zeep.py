"""ONVIF's own library gets from the pretended camera what it gets from a real one: it judges what is our own work."""

import datetime
import os
from collections.abc import AsyncIterator

import onvif  # type: ignore[import-untyped]
import pytest

from runtime.clock import SystemClock
from simulators.onvif.device import Body
from simulators.onvif.makers import MAKERS
from simulators.onvif.station import DoorStation


@pytest.fixture
async def station() -> AsyncIterator[DoorStation]:
    made = DoorStation(Body(SystemClock(), MAKERS["hikvision"]), relay_s=60)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def library(station: DoorStation) -> AsyncIterator[onvif.ONVIFCamera]:
    wsdl = os.path.join(os.path.dirname(onvif.__file__), "wsdl")
    made = onvif.ONVIFCamera("127.0.0.1", station.server.port, "admin", "pretend-1", wsdl_dir=wsdl)
    await made.update_xaddrs()
    yield made
    await made.close()


async def test_it_is_asked_listened_to_and_commanded(station: DoorStation, library: onvif.ONVIFCamera) -> None:
    device = await library.create_devicemgmt_service()
    information = await device.GetDeviceInformation()
    assert (information.Manufacturer, information.SerialNumber) == ("HIKVISION", "LINLI0001")

    manager = await library.create_pullpoint_manager(datetime.timedelta(seconds=60), lambda: None)
    pulls = manager.get_service()
    await pulls.PullMessages({"MessageLimit": 50, "Timeout": datetime.timedelta(seconds=1)})
    station.pass_car("浙FD12345")
    answer = await pulls.PullMessages({"MessageLimit": 50, "Timeout": datetime.timedelta(seconds=5)})
    message = answer.NotificationMessage[0]
    items = {item.Name: item.Value for item in message.Message._value_1.Data.SimpleItem}
    assert message.Topic._value_1 == "tns1:RuleEngine/VehicleDetector/tnshik:Vehicle"
    assert (items["PlateNumber"], items["Likelihood"]) == ("浙FD12345", "93")
    await manager.stop()

    outputs = await library.create_deviceio_service()
    assert [one.token for one in await outputs.GetRelayOutputs()] == ["Relay_1"]
    await outputs.SetRelayOutputState({"RelayOutputToken": "Relay_1", "LogicalState": "active"})
    assert station.relay.active

    media = await library.create_media_service()
    profiles = await media.GetProfiles()
    assert profiles[0].VideoEncoderConfiguration.Resolution.Width == 1920
    picture = await library.get_snapshot("Profile_1")
    assert picture is not None
    assert picture.startswith(b"\xff\xd8\xff")
