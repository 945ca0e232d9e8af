"""The local page answers, its figures are the running parts' own, and the technician's view of it reads well."""

import json
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from drivers.api import Cost
from edge_agent.buffer import Buffer
from edge_agent.commands import Commands
from edge_agent.health import HealthPage
from edge_agent.metrics import render
from edge_agent.pictures import Album
from edge_agent.report import Report
from edge_agent.site import CurrentSite
from edge_agent.status_page import describe, fetch
from edge_agent.timekeeper import Timekeeper
from edge_agent.uplink.api import LinkState, Uplink
from runtime.testing import FakeClock
from tests.fakes.driver import FakeDriver
from tests.fakes.uplink import FakeUplink
from tests.unit.edge_agent.making import plan

LOST = LinkState(False, False, None, "cannot_connect", 0, 0)


class _Counting(FakeDriver):
    """A driver that says what a poll takes."""

    def costs(self, device: str, points: Collection[str] | None = None) -> tuple[Cost, ...]:
        return (Cost(8, 9, 0.02, 0.01, 0.02),)


class _Bench:
    def __init__(self, buffer: Buffer, clock: FakeClock, driver: type[FakeDriver] = FakeDriver) -> None:
        self.uplink: Uplink | None = None
        self.problem = ""
        keeper = Timekeeper(clock, synced=lambda: True)
        self.current = CurrentSite(plan(), "test-gate", buffer, keeper, lambda *_: driver(clock, {}))
        commands = Commands(
            memory=buffer,
            targets=self.current,
            report=self.current.report,
            collector_now=lambda: None,
            clock=clock,
        )
        self.report = Report(
            gateway=lambda: "test-gate",
            current=self.current,
            buffer=buffer,
            commands=commands,
            uplink=lambda: self.uplink,
            problem=lambda: self.problem,
            clock=keeper,
        )


@asynccontextmanager
async def _bench(tmp_path: Path) -> AsyncIterator[_Bench]:
    clock = FakeClock()
    buffer = await Buffer.open(tmp_path / "buffer.db", clock)
    try:
        yield _Bench(buffer, clock)
    finally:
        await buffer.close()


async def test_the_heartbeat_says_how_everything_is(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.problem = "E101 agent.yaml:3"
        status = bench.report.status()
        assert (status.buffer_state, status.config_hash, status.config_problem) == (
            "durable",
            "0123456789ab",
            "E101 agent.yaml:3",
        )
        assert [(one.device, one.state) for one in status.devices] == [("door-1", "starting"), ("bin-1", "starting")]


async def test_what_is_degraded_is_named(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        assert bench.report.snapshot()["status"] == "ok"
        bench.problem, bench.uplink = "E101", FakeUplink(LOST)
        next(bench.current.site.links()).state = "offline"
        assert bench.report.snapshot()["reasons"] == ["config", "uplink", "devices"]


async def test_the_page_serves_health_and_metrics_and_nothing_else(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        bench.uplink = FakeUplink(LOST)
        page = HealthPage(
            "127.0.0.1", 0, bench.report.snapshot, lambda: render(bench.report.snapshot), bench.current.frames
        )
        try:
            url = f"http://127.0.0.1:{page.port}"
            assert fetch(url)["gateway"] == "test-gate"
            metrics = httpx.get(f"{url}/metrics").text
            assert httpx.get(f"{url}/etc/passwd").status_code == 404
            assert httpx.get(f"{url}/frames/lan").status_code == 404
        finally:
            page.close()
        assert "linli_agent_uplink_connected 0.0" in metrics
        assert 'linli_agent_device_online{device="door-1"} 0.0' in metrics
        assert "linli_agent_produced_entries_total 0.0" in metrics
        assert "process_resident_memory_bytes" in metrics
        assert 'linli_agent_bus_load_ratio{bus="lan"} 0.0' in metrics
        for name in ("thinned_entries_total", "buffer_full", "card_years", "card_bytes_per_day", "buffer_free_bytes"):
            assert f"\nlinli_agent_{name} " in metrics


async def test_the_technicians_view_in_both_languages(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        page = json.loads(json.dumps(bench.report.snapshot()))
        assert "未登记" in describe(page, "zh")
        page["config"]["problem"] = "E101 agent.yaml:3 …"
        page["uplink"] = {"connected": False, "problem": "cannot_connect"}
        text = describe(page, "en")
        assert "New file not taken  E101 agent.yaml:3 …" in text
        assert "no connection: cannot connect" in text
        assert "still measuring (budget 4384 MB a day)" in text
        page["card"] |= {"per_day": 330_000_000, "years": 66.4, "flush_s": 10.0}
        page["buffer"] |= {"full": True, "problem": "disk I/O error", "thinned": 7}
        text = describe(page, "zh")
        assert "每天写入 330 MB (预算 4384)  照此可用 66.4 年  每 10 s 写一次" in text
        assert "已满, 正在丢弃最旧的历史" in text
        assert "已抽稀 7" in text
        assert "缓存问题" in text


async def test_pictures_that_the_box_cannot_keep_are_said(tmp_path: Path) -> None:
    async with _bench(tmp_path) as bench:
        album = bench.current.pictures = Album(tmp_path / "pictures", FakeClock())
        assert "抓拍" not in describe(json.loads(json.dumps(bench.report.snapshot())), "zh")
        album.dropped, album.problem = 3, "cannot_mask"
        page = json.loads(json.dumps(bench.report.snapshot()))
        assert page["reasons"] == ["pictures"]
        assert "未存 3 张: 要求打码, 而本机没装打码用的库" in describe(page, "zh")
        assert "3 not kept: they are to be masked" in describe(page, "en")
        assert "linli_agent_pictures_dropped_total 3.0" in render(bench.report.snapshot).decode()
        await album.close()


async def test_the_planned_load_of_a_line_stands_beside_the_measured_one(tmp_path: Path) -> None:
    clock = FakeClock()
    buffer = await Buffer.open(tmp_path / "buffer.db", clock)
    try:
        bench = _Bench(buffer, clock, _Counting)
        page = json.loads(json.dumps(bench.report.snapshot()))
        metrics = render(bench.report.snapshot).decode()
    finally:
        await buffer.close()
    assert page["buses"][0]["planned_load"] == 0.1  # two devices each second, 50 ms each
    assert 'linli_agent_bus_planned_load_ratio{bus="lan"} 0.1' in metrics
    page["buses"][0] |= {"planned_s": 1.0, "measured_s": 1.04, "load": 0.12}
    assert "周期 1 s  实测 1.04 s  占用 12% (计划 10%)" in describe(page, "zh")
    assert "period 1 s  measured 1.04 s  load 12% (planned 10%)" in describe(page, "en")
    page["buses"][0]["planned_load"] = 0.0  # a driver that cannot say
    assert "占用 12%\n" in describe(page, "zh")


def test_only_an_agents_page_is_believed() -> None:
    with pytest.raises(ValueError, match="http"):
        fetch("file:///etc/passwd")


def test_a_page_that_cannot_be_made_is_one_log_line_and_the_next_reader_is_served() -> None:
    answers: Iterator[Exception | dict[str, object]] = iter(
        [ZeroDivisionError(), ConnectionResetError(), {"status": "ok"}]
    )

    def snapshot() -> dict[str, object]:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    page = HealthPage("127.0.0.1", 0, snapshot, lambda: b"", lambda *_: None)
    try:
        with capture_logs() as lines:
            for _ in range(2):
                with pytest.raises(httpx.RemoteProtocolError):
                    httpx.get(f"http://127.0.0.1:{page.port}/health")
            assert httpx.get(f"http://127.0.0.1:{page.port}/health").json() == {"status": "ok"}
        assert [(line["event"], line["error"]) for line in lines] == [("health_page_failed", "ZeroDivisionError()")]
    finally:
        page.close()
