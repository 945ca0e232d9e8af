"""The uplink's contract over HTTP, on real sockets."""

import pytest

from edge_agent.identity_file import Identity
from edge_agent.uplink.api import Transport
from edge_agent.uplink.uplink import make_transport
from runtime.testing import FakeClock
from tests.contract.picture_suite import PictureContract
from tests.contract.uplink_suite import T0, TIMEOUT_S, Harness, UplinkContract
from tests.fakes.collector import FakeCollector
from tests.fakes.http_front import HttpFront
from wire.exchange import Downlink


class HttpHarness(Harness):
    """The collector in memory behind an HTTP server."""

    def __init__(self) -> None:
        self.clock = FakeClock(T0)
        self.collector = FakeCollector(self.clock)
        self._front = HttpFront(self.collector)

    def identity(self) -> Identity:
        return self.collector.identity(self._front.url)

    def transport(self, identity: Identity) -> Transport:
        return make_transport(identity, self.clock, TIMEOUT_S)

    async def start(self) -> None:
        await self._front.start()

    async def stop(self) -> None:
        await self._front.stop()

    def freeze(self, frozen: bool) -> None:
        self._front.freeze(frozen)

    def say(self, downlink: Downlink) -> None:
        self.collector.say(downlink)


@pytest.fixture
def harness() -> HttpHarness:
    return HttpHarness()


class TestHttp(UplinkContract, PictureContract):
    """The suite over HTTP."""
