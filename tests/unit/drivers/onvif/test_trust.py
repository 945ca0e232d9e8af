"""Which certificates a camera may show: the pinned one, one of an authority's, or any where somebody said so."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.api import Misconfigured
from drivers.onvif.target import Trust
from drivers.onvif.trust import make_context, why_not_trusted
from runtime.testing import FakeClock
from simulators.onvif.camera import Camera
from simulators.onvif.device import Body
from simulators.onvif.makers import MAKERS


@pytest.fixture(scope="module")
def made() -> Camera:
    return Camera(Body(FakeClock(), MAKERS["hikvision"], tls=True))


@pytest.fixture
async def camera(made: Camera) -> AsyncIterator[Camera]:
    await made.start()
    yield made
    await made.stop()


async def reach(camera: Camera, trust: Trust) -> str:
    """Return why it is not believed, empty where it is."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", camera.server.port, ssl=make_context(trust))
    except ssl.SSLError as error:
        return why_not_trusted(error)
    writer.transport.abort()
    return ""


async def test_the_pinned_one_and_no_other(camera: Camera) -> None:
    assert camera.certificate is not None
    fingerprint = camera.certificate.fingerprint
    spelled = ":".join(fingerprint.upper()[at : at + 2] for at in range(0, 64, 2))
    assert await reach(camera, Trust(pin=fingerprint)) == ""
    assert await reach(camera, Trust(pin=spelled)) == ""
    assert fingerprint in await reach(camera, Trust(pin="00" * 32))


async def test_nobody_is_believed_without_a_word(camera: Camera) -> None:
    assert "self" in await reach(camera, Trust())
    assert await reach(camera, Trust(insecure=True)) == ""


def test_an_authority_that_cannot_be_read(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for path in (tmp_path / "missing.pem", empty):
        with pytest.raises(Misconfigured, match="authority"):
            make_context(Trust(ca=str(path)))


def test_another_error_is_no_matter_of_trust() -> None:
    assert why_not_trusted(ConnectionRefusedError(111, "refused")) == ""
