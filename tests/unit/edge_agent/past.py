"""A gateway's folder whose buffer is filled as if by the agent, and what the commands say that look at its past."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.settings import BufferSettings
from edge_agent import history_command, rules_explain_command, rules_test_command
from edge_agent.buffer import Buffer
from edge_agent.buffer.draft import Accounted
from edge_agent.cli import app
from runtime.testing import FakeClock
from tests.unit.edge_agent.buffer.making import T0, receipt
from wire.chunk import ClockMark, ClockState, Missed
from wire.reading import Batch, Quality

S = 1_000_000
MINUTE = 60 * S
HOUR = 60 * MINUTE

CONFIG = """
version: 1
site: {code: 330402-a, name: 示例, timezone: Asia/Shanghai}
buses:
  bins: {type: modbus-tcp, host: 127.0.0.1}
devices:
  bin-1: {name: 1号桶, profile: bin/dfrobot-sen0310, bus: bins, unit: 1, empty_mm: 1100, full_mm: 250, waste: 其他垃圾}
  bin-2: {name: 2号桶, profile: bin/dfrobot-sen0310, bus: bins, unit: 2, empty_mm: 1100, full_mm: 250, waste: 其他垃圾}
rules:
  use: none
  add:
    full: {when: fill_pct >= 80, for: 10m, clear: fill_pct < 70, level: orange, devices: [bin-1, bin-2], say: "{name}"}
"""


@dataclass
class Site:
    """A gateway's folder, and its buffer being filled as if by the agent; ``now`` is its time (µs)."""

    folder: Path
    clock: FakeClock
    buffer: Buffer = field(init=False)
    state: ClockState = ClockState.SYNCED

    @property
    def config(self) -> Path:
        return self.folder / "agent.yaml"

    def mark(self) -> ClockMark:
        return ClockMark("boot", self.state, self.clock.now(), int(self.clock.monotonic() * S))

    async def minute(self, *values: float | None) -> None:
        """Let a minute pass in which bin-1, then bin-2, said a fill level (``None``: it timed out)."""
        for number, value in enumerate(values, 1):
            quality = (Quality.TIMEOUT,) if value is None else ()
            await self.buffer.put(Batch(f"bin-{number}", self.clock.now(), ("fill_pct",), (value,), quality))
        await self.buffer.flush()
        await self.clock.advance(60)

    async def off(self, hours: int) -> None:
        """Let the agent be off for so long, and tell of it with the next chunk."""
        line = Missed("bin-1", self.clock.now() // HOUR * HOUR, ("fill_pct",), "not_running", 60)
        await self.clock.advance(hours * 3600)

        def once(_: ClockMark) -> Accounted:
            self.buffer.account = lambda _: ((), {})
            return (line,), {}

        self.buffer.account = once

    async def deliver(self) -> None:
        while found := await self.buffer.peek(1 << 20, 100):
            await self.buffer.settle([receipt(chunk) for chunk in found])
        await self.buffer.flush()

    def ask(self, *words: str, lang: str = "en") -> str:
        """Return what a command says at this time."""
        options = ["--config", str(self.config), "--state", str(self.folder), "--lang", lang]
        done = CliRunner().invoke(app, ["rules", *words, *options])
        assert done.exit_code == 0, done.output
        return done.output

    def trial(self, *words: str) -> Any:
        return json.loads(self.ask("test", *words, "--json"))


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    clock = FakeClock(T0)
    (tmp_path / "agent.yaml").write_text(CONFIG, "utf-8")
    made = Site(tmp_path, clock)
    made.buffer = await Buffer.open(tmp_path / "buffer.db", clock, BufferSettings(), clock_mark=made.mark)
    for module in (rules_test_command, rules_explain_command, history_command):
        monkeypatch.setattr(module, "now_us", clock.now)
    yield made
    await made.buffer.close()


async def rises(site: Site, *levels: float | None) -> None:
    for level in levels:
        await site.minute(level, 10.0)
