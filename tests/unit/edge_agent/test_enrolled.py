"""The uplink comes to life with the identity file, is made anew with a new one, and says why there is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from structlog.testing import capture_logs

from edge_agent.enrolled import EnrolledUplink
from edge_agent.identity_file import Identity, save_identity
from runtime.testing import FakeClock
from tests.fakes.uplink import FakeUplink


class _Bench:
    def __init__(self, file: Path) -> None:
        self.file, self.clock = file, FakeClock()
        self.made: list[FakeUplink] = []
        self.link = EnrolledUplink(file, self._make, self.clock)

    def _make(self, identity: Identity) -> FakeUplink:
        self.made.append(FakeUplink(time=42))
        return self.made[-1]

    def enrol(self, gateway: str) -> None:
        command_key = Ed25519PrivateKey.generate().public_key()
        key = Ed25519PrivateKey.generate()
        save_identity(self.file, Identity(gateway, key, "http://127.0.0.1:1", "district", command_key))


@asynccontextmanager
async def _running(tmp_path: Path) -> AsyncIterator[_Bench]:
    bench = _Bench(tmp_path / "identity.json")
    task = asyncio.create_task(bench.link.run())
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_without_an_identity_it_waits_and_says_so_once(tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with _running(tmp_path) as bench:
            await bench.clock.advance(60)
            assert bench.link.uplink is None
            assert bench.link.collector_time() is None
    assert [line["event"] for line in logs] == ["no_uplink"]


async def test_enrolment_is_noticed_while_running(tmp_path: Path) -> None:
    async with _running(tmp_path) as bench:
        await bench.clock.advance(10)
        bench.enrol("gate-a")
        await bench.clock.advance(5)
        assert bench.made[0].running
        assert bench.link.collector_time() == 42
    assert not bench.made[0].running
    assert not bench.made[0].closed
    assert bench.link.uplink is bench.made[0]


async def test_a_new_identity_replaces_the_uplink(tmp_path: Path) -> None:
    async with _running(tmp_path) as bench:
        bench.enrol("gate-a")
        await bench.clock.advance(5)
        bench.enrol("gate-b")
        await bench.clock.advance(5)
        assert [uplink.running for uplink in bench.made] == [False, True]
        assert bench.made[0].closed


async def test_a_broken_identity_file_is_named_and_waited_out(tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with _running(tmp_path) as bench:
            bench.file.write_text("{}")
            await bench.clock.advance(10)
            assert bench.link.uplink is None
            bench.enrol("gate-a")
            await bench.clock.advance(5)
            assert bench.link.uplink is not None
    assert [line["event"] for line in logs] == ["no_uplink", "enrolled"]
    assert "identity.json" in logs[0]["reason"]
