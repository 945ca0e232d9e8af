"""Clock, backoff, logs and notify: each small promise of the runtime, held by one test."""

import asyncio
import json
import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from runtime import logs
from runtime.backoff import Backoff
from runtime.notify import Notifier
from runtime.testing import FakeClock


async def test_sleepers_wake_at_their_own_time_and_in_order() -> None:
    clock, woken = FakeClock(), []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    tasks = [asyncio.create_task(sleeper(name, s)) for name, s in (("late", 3600.0), ("soon", 1.0), ("mid", 60.0))]
    await clock.advance(3600)
    await asyncio.gather(*tasks)
    assert woken == [("soon", 1.0), ("mid", 60.0), ("late", 3600.0)]


async def test_wall_and_monotonic_time_never_drift_apart() -> None:
    clock = FakeClock(wall_us=0)
    for _ in range(1000):
        await clock.advance(0.0000004)
    assert clock.now() == round(clock.monotonic() * 1_000_000) == 400


async def test_a_step_of_the_wall_clock_wakes_nobody() -> None:
    clock = FakeClock(wall_us=1000)
    task = asyncio.create_task(clock.sleep(1))
    clock.step_wall(10**12)
    await asyncio.sleep(0)
    assert not task.done()
    assert (clock.now(), clock.monotonic()) == (1000 + 10**12, 0.0)
    await clock.advance(1)
    assert task.done()


def test_backoff_doubles_to_its_ceiling_and_obeys_retry_after() -> None:
    backoff = Backoff(initial_s=1, ceiling_s=8, jitter=0)
    assert [backoff.next() for _ in range(5)] == [1, 2, 4, 8, 8]
    assert backoff.next(retry_after_s=120) == 120
    backoff.reset()
    assert backoff.next() == 1


def test_jitter_spreads_a_thousand_gateways() -> None:
    waits = {Backoff(initial_s=10, ceiling_s=60, jitter=0.3, seed=seed).next() for seed in range(1000)}
    assert len(waits) > 900
    assert min(waits) >= 7
    assert max(waits) <= 13


def test_backoff_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="backoff"):
        Backoff(initial_s=0)


def test_secrets_are_redacted_by_name_and_inside_urls(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    log = logs.get_logger("test")
    log.info("login", password="hunter2", command_key="k", url="rtsp://gw:hunter2@10.0.0.1/live", task="poll")
    line = capsys.readouterr().err
    assert "hunter2" not in line
    record = json.loads(line)
    assert record["password"] == record["command_key"] == logs.REDACTED
    assert record["url"] == f"rtsp://{logs.REDACTED}@10.0.0.1/live"
    assert (record["event"], record["part"], record["task"]) == ("login", "test", "poll")


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="chatty"):
        logs.configure(level="chatty")


def test_notify_speaks_the_protocol_of_sd_notify(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"})
        notifier.ready()
        notifier.watchdog()
        notifier.status("a\nb")
        notifier.stopping()
        said = [manager.recv(100) for _ in range(4)]
    assert said == [b"READY=1", b"WATCHDOG=1", b"STATUS=a b", b"STOPPING=1"]
    assert notifier.watchdog_period_s() == 30.0


def test_a_service_manager_that_does_not_read_stops_nobody_and_hears_it_later(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for _ in range(1000):  # many more than a queue holds
            notifier.watchdog()
        notifier.ready()
        notifier.status("1/2")
        notifier.status("2/2")
        with suppress(BlockingIOError):
            while manager.recv(100) == b"WATCHDOG=1":
                pass
        notifier.watchdog()
        assert manager.recv(100) == b"READY=1\nSTATUS=2/2\nWATCHDOG=1"
        notifier.watchdog()
        assert manager.recv(100) == b"WATCHDOG=1"


def test_without_a_service_manager_notify_is_silent() -> None:
    notifier = Notifier({})
    notifier.ready()
    assert notifier.watchdog_period_s() is None
    assert Notifier({"WATCHDOG_USEC": "5", "WATCHDOG_PID": "1"}).watchdog_period_s() is None
    Notifier({"NOTIFY_SOCKET": "/nonexistent/socket"}).ready()


def test_a_reader_of_the_log_that_went_away_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", buffering=1) as stream:
        monkeypatch.setattr("sys.stderr", stream)
        logs.configure("json")
        logs.get_logger("test").error("nobody_listens")
        with suppress(OSError):
            stream.close()
