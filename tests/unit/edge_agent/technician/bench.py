"""A pretend site in a thread of its own, for commands that are not asynchronous; its clock stands still."""

import asyncio
import re
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from typer.testing import CliRunner, Result

from edge_agent.cli import app
from runtime.testing import FakeClock
from simulators.build import Overrides
from simulators.community import Community

HERE = Path(__file__).parent
T = TypeVar("T")

_MEASURED = (
    (r"✔ [\d.]+ m?s", "✔ 2 ms"),
    (r"(校验错|wrong checksum) \d/\d", r"\1 3/3"),
    (r"(用时|took|最短|中位|最长|shortest|median|longest) [\d.]+ m?s", r"\1 2 ms"),
)


class Bench:
    """The devices of ``site.yaml`` and a gateway file for them; ``run`` is the ``edge-agent`` of a technician."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        overrides = Overrides(free_ports=True, directory=folder, scripts=False)
        self.community = Community.from_file(HERE / "site.yaml", FakeClock(), overrides)
        self.config = folder / "agent.yaml"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pretend site", daemon=True)
        self._runner = CliRunner(env={"LANG": "zh_CN.UTF-8"})

    def run(self, *arguments: str, lang: str = "zh") -> Result:
        """Run a command."""
        return self._runner.invoke(app, [*arguments, "--lang", lang])

    def steady(self, text: str) -> str:
        """Return ``text`` without what differs from run to run: measured times, tries, paths, ports."""
        for pattern, steady in _MEASURED:
            text = re.sub(pattern, steady, text)
        text = text.replace(str(self.folder), "/demo")
        return re.sub(rf"\b{self.community.ports['lan-1']}\b", "502", text)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` where the devices are."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def __enter__(self) -> Self:
        self._thread.start()
        self.call(self.community.__aenter__())
        text = (HERE / "agent.yaml").read_text("utf-8")
        text = text.replace("PORT", self.community.links["rs485-1"]).replace("TCP", str(self.community.ports["lan-1"]))
        self.config.write_text(text, encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.call(self.community.__aexit__(kind, error, trace))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
