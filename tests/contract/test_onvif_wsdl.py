"""What is written to cameras by hand keeps to ONVIF's own WSDL files, judged by the library that reads them."""

import asyncio
import logging
from functools import lru_cache
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import pytest
import zeep
from lxml import etree  # type: ignore[import-untyped]

from simulators.onvif.device_service import PATHS
from tests.contract.cameras import Station, asking, station

FILES = {
    "tds": "devicemgmt.wsdl",
    "tev": "events.wsdl",
    "trt": "media.wsdl",
    "tmd": "deviceio.wsdl",
    "tdc": "doorcontrol.wsdl",
    "tptz": "ptz.wsdl",
    "tse": "search.wsdl",
    "trc": "recording.wsdl",
}
"""By the service's prefix; Media2's (``tr2``) is not among what the library brings."""
SOAP = "{http://www.w3.org/2003/05/soap-envelope}"


@lru_cache
def operations(service: str) -> dict[str, Any]:
    """Return the operations of a service by name; of those that several bindings have, the first one's."""
    home = find_spec("onvif")
    assert home is not None
    assert home.submodule_search_locations is not None
    logging.getLogger("zeep").setLevel(logging.ERROR)
    document: Any = zeep.Client(f"{home.submodule_search_locations[0]}/wsdl/{FILES[service]}").wsdl  # type: ignore[no-untyped-call]
    bindings = reversed(document.bindings.values())
    return {name: one for binding in bindings for name, one in binding.all().items()}


async def everything(camera: Station) -> None:
    """Ask all that is ever asked, of a camera of today and of an older one."""
    async with asking(camera) as calls:
        await calls.product()
        address = await calls.subscribe(60)
        await calls.synchronise(address)
        await calls.pull(address, 1, 10)
        await calls.renew(address, 60)
        await calls.unsubscribe(address)
        await calls.recorded()
        await calls.doors()
        await calls.release_relay("Relay_1", 1)
        await calls.release_relay("Relay_1", 9)
        await calls.access_door("Door_1")
        await calls.go_to_preset(2)
        camera.lacking = ("tr2:", "tds:GetServices", "tmd:")
        await calls.stream_address("")
        await calls.picture()
        await calls.subscribe(60)
        await calls.reboot()


@pytest.fixture(scope="module")
def heard() -> list[tuple[str, dict[str, str], bytes]]:
    """Return each different request: its service's prefix, its headers, its message."""

    async def ask() -> list[tuple[str, dict[str, str], bytes]]:
        prefixes = {path: prefix for prefix, path in PATHS.items()}
        async with station() as camera:
            await everything(camera)
        posts = [one for one in camera.heard if one.method == "POST"]
        return [(prefixes.get(urlsplit(one.target).path, "tev"), one.headers, one.body) for one in posts]

    return asyncio.run(ask())


def test_every_request_is_as_its_schema_has_it(heard: list[tuple[str, dict[str, str], bytes]]) -> None:
    judged = set()
    for service, headers, message in heard:
        root = etree.fromstring(message)
        said = root.find(f"{SOAP}Body")[0]
        name = etree.QName(said).localname
        if service not in FILES:
            continue
        wanted = operations(service)[name]
        element = wanted.input.body
        assert element.qname.text == said.tag
        again = etree.Element("again")
        value = element.parse(said, wanted.binding.wsdl.types) if len(said) else element()
        element.render(again, value)  # raises where something is missing
        assert shape(again[0]) == shape(said)
        assert headers["content-type"].endswith(f'action="{wanted.soapaction}"')
        action = root.findtext(f"{SOAP}Header/{{http://www.w3.org/2005/08/addressing}}Action")
        assert action == (wanted.soapaction if service == "tev" else None)
        assert action == wanted.abstract.wsa_action or said.tag.startswith("{http://docs.oasis-open.org/wsn/b-2}")
        judged.add((service, name))
    assert len(judged) >= 20


def shape(element: Any) -> Any:
    """Return names, attributes and texts, whatever the prefixes."""
    return element.tag, dict(element.attrib), (element.text or "").strip(), [shape(one) for one in element]
