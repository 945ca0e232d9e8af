"""A command is done once, in time, for its own gateway, and its account is true whatever happens."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drivers.api import AnswerLost, CorruptAnswer, DeviceRefused, Interlocked, LineLost, NotSupported, Timeout
from edge_agent.commands import Commands
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from tests.fakes.driver import FakeDriver
from wire.command import Command
from wire.identity import sign_command
from wire.outcome import OutcomeState
from wire.reading import Batch, Value

KEY = Ed25519PrivateKey.generate()
AHEAD_US = 86_400_000_000
"""The collector's clock is a day ahead of this box's, which must not matter."""


class _Bench:
    def __init__(self) -> None:
        self.clock, self.buffer = FakeClock(), FakeBuffer()
        self.driver: object = FakeDriver(self.clock, {})
        self.online = True
        self.time_known = True
        self.reported: list[Batch] = []
        self.commands = Commands(
            memory=self.buffer,
            targets=self,
            report=self._report,
            collector_now=lambda: self.clock.now() + AHEAD_US if self.time_known else None,
            clock=self.clock,
        )

    @property
    def fake(self) -> FakeDriver:
        assert isinstance(self.driver, FakeDriver)
        return self.driver

    def telling(self, device: str, command: str) -> None:
        """Nobody listens."""

    def driver_of(self, device: str) -> object | None:
        return self.driver if device == "door" else None

    def is_online(self, device: str) -> bool:
        return self.online

    async def _report(self, batch: Batch) -> None:
        self.reported.append(batch)

    def command(self, name: str = "c1", device: str = "door", ttl_s: float = 30.0, gateway: str = "gate-a") -> Command:
        now = self.clock.now() + AHEAD_US
        args: dict[str, Value] = {"seconds": 5}
        return Command(name, gateway, device, "pulse_unlock", now, now + round(ttl_s * 1e6), args, "li", "parcel")

    async def give(self, command: Command, key: Ed25519PrivateKey = KEY) -> None:
        await self.commands.take(sign_command(command, key), KEY.public_key(), "gate-a")
        await self.clock.advance(0)

    def outcome(self) -> tuple[OutcomeState, str]:
        (outcome,) = self.buffer.outcomes
        return outcome.state, outcome.reason


async def test_a_good_command_is_done_once_and_read_back() -> None:
    bench = _Bench()
    bench.fake.readback = {"lock_state": "unlocked"}
    await bench.give(bench.command())
    assert bench.fake.executed == [("door", "pulse_unlock", {"seconds": 5})]
    assert bench.outcome() == (OutcomeState.EXECUTED, "")
    assert bench.buffer.outcomes[0].readback == {"lock_state": "unlocked"}
    assert [(batch.points, batch.values) for batch in bench.reported] == [(("lock_state",), ("unlocked",))]


@pytest.mark.parametrize("taken", [True, None])
async def test_the_reference_of_a_picture_is_told_and_is_no_reading(taken: bool | None) -> None:
    bench = _Bench()
    bench.fake.readback = {"snapshot_ref": "door-1f"} | ({} if taken is None else {"picture_taken": taken})
    await bench.give(bench.command())
    assert bench.buffer.outcomes[0].readback["snapshot_ref"] == "door-1f"
    assert [batch.points for batch in bench.reported] == ([] if taken is None else [("picture_taken",)])


async def test_a_replayed_command_changes_nothing() -> None:
    bench = _Bench()
    for _ in range(3):
        await bench.give(bench.command())
    assert len(bench.fake.executed) == len(bench.buffer.outcomes) == 1


async def test_a_command_with_another_key_changes_nothing() -> None:
    bench = _Bench()
    await bench.give(bench.command(), key=Ed25519PrivateKey.generate())
    assert bench.commands.refused_signatures == 1
    assert (bench.fake.executed, bench.buffer.outcomes, bench.buffer.accepted) == ([], [], {})


async def test_another_gateways_command_changes_nothing() -> None:
    bench = _Bench()
    await bench.give(bench.command(gateway="gate-b"))
    assert (bench.fake.executed, bench.buffer.outcomes, bench.buffer.accepted) == ([], [], {})


async def test_an_expired_command_is_never_sent() -> None:
    bench = _Bench()
    late = bench.command(ttl_s=30)
    await bench.clock.advance(30)
    await bench.give(late)
    assert bench.fake.executed == []
    assert bench.outcome() == (OutcomeState.EXPIRED, "expired")


async def test_expiry_is_measured_on_the_monotonic_clock() -> None:
    bench = _Bench()
    anchor = bench.clock.now() + AHEAD_US
    bench.commands._collector_now = lambda: anchor + round(bench.clock.monotonic() * 1e6)
    late = bench.command(ttl_s=30)
    await bench.clock.advance(31)
    bench.clock.step_wall(-60_000_000)
    await bench.give(late)
    assert bench.outcome()[0] is OutcomeState.EXPIRED


async def test_a_command_that_expires_while_another_holds_the_device_is_not_sent() -> None:
    bench = _Bench()
    bench.fake.takes_s = 10
    await bench.give(bench.command("c1"))
    await bench.give(bench.command("c2", ttl_s=5))
    await bench.clock.advance(20)
    assert len(bench.fake.executed) == 1
    states = {outcome.command: outcome.state for outcome in bench.buffer.outcomes}
    assert states == {"c1": OutcomeState.EXECUTED, "c2": OutcomeState.EXPIRED}


async def test_an_unknown_device_an_offline_one_and_one_that_only_reads_are_refused() -> None:
    bench = _Bench()
    await bench.give(bench.command("c1", device="nobody"))
    bench.online = False
    await bench.give(bench.command("c2"))
    bench.online, bench.driver = True, object()
    await bench.give(bench.command("c3"))
    assert [(one.state, one.reason) for one in bench.buffer.outcomes] == [
        (OutcomeState.REFUSED, "no_such_device"),
        (OutcomeState.REFUSED, "device_offline"),
        (OutcomeState.REFUSED, "not_supported"),
    ]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Interlocked("a car is under the boom"), OutcomeState.REFUSED),
        (NotSupported("no such command"), OutcomeState.REFUSED),
        (Timeout("no answer"), OutcomeState.REFUSED),
        (LineLost("gone"), OutcomeState.REFUSED),
        (DeviceRefused("exception 2", 2), OutcomeState.REFUSED),
        (AnswerLost("sent, no answer"), OutcomeState.UNKNOWN),
        (CorruptAnswer("bad crc"), OutcomeState.UNKNOWN),
        (ZeroDivisionError(), OutcomeState.UNKNOWN),
    ],
)
async def test_every_failure_has_its_true_outcome(error: Exception, state: OutcomeState) -> None:
    bench = _Bench()
    bench.fake.failing["door"] = error
    await bench.give(bench.command())
    assert bench.outcome() == (state, getattr(error, "word", "driver_bug"))


async def test_without_the_collectors_time_or_a_memory_nothing_is_done() -> None:
    bench = _Bench()
    bench.time_known = False
    await bench.give(bench.command())
    bench.time_known, bench.buffer.refuses = True, True
    await bench.give(bench.command())
    assert (bench.fake.executed, bench.buffer.outcomes) == ([], [])
    bench.buffer.refuses = False
    await bench.give(bench.command())
    assert bench.outcome()[0] is OutcomeState.EXECUTED


async def test_what_a_crash_cut_short_is_unknown() -> None:
    bench = _Bench()
    await bench.buffer.accept_command("c9", "door")
    await bench.commands.settle_unfinished()
    await bench.give(bench.command("c9"))
    assert bench.fake.executed == []
    assert bench.outcome() == (OutcomeState.UNKNOWN, "restarted")


async def test_a_thousand_commands_at_once_each_have_an_outcome_and_none_is_late() -> None:
    bench = _Bench()
    bench.fake.takes_s = 0.1
    many = [sign_command(bench.command(f"c{number}"), KEY) for number in range(1000)]

    async def arrive() -> None:
        for signed in many:
            await bench.commands.take(signed, KEY.public_key(), "gate-a")
            assert len(bench.commands._tasks) <= 64

    arriving = asyncio.create_task(arrive())
    while not arriving.done() or bench.commands._tasks:
        await bench.clock.advance(1)
    states = [outcome.state for outcome in bench.buffer.outcomes]
    assert len(states) == 1000
    assert states.count(OutcomeState.EXECUTED) == len(bench.fake.executed) <= 300
    assert set(states) == {OutcomeState.EXECUTED, OutcomeState.EXPIRED}


async def test_stopping_lets_a_command_finish_and_takes_no_other() -> None:
    bench = _Bench()
    bench.fake.takes_s = 1
    running = asyncio.create_task(bench.commands.run())
    await bench.give(bench.command("c1"))
    running.cancel()
    await bench.clock.advance(0)
    await bench.give(bench.command("c2"))
    await bench.clock.advance(1)
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert [(one.command, one.state) for one in bench.buffer.outcomes] == [("c1", OutcomeState.EXECUTED)]
    assert "c2" not in bench.buffer.accepted
