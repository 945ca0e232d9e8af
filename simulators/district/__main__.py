"""``python -m simulators.district``: a thousand gateways come back at once; what live data, memory and rows did."""

import argparse
import asyncio
import resource
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import httpx

from simulators.demo.console import Console
from simulators.demo.programs import Program, ask, wait_for
from simulators.demo.stage import USER, free_port
from simulators.district.box import READINGS, Account, Box

OUTAGE_S = 24 * 3600


@dataclass(frozen=True)
class Result:
    """``memory`` is the collector's highest resident size (bytes); ``stored`` and ``doubled`` come from its ledgers."""

    account: Account
    drained_s: float
    memory: int
    stored: int
    doubled: int

    def sentence(self, memory_limit: int) -> str:
        """Return it all in one line."""
        live = sorted(self.account.live_s)
        p95 = quantiles(live, n=20)[-1] if len(live) > 1 else 0.0
        return (
            f"produced {self.account.entries} = stored {self.stored}, doubled {self.doubled}; "
            f"drained in {self.drained_s:.0f} s; live: {len(live)} sent, {self.account.live_refused} refused, "
            f"p95 {p95:.2f} s, longest {live[-1] if live else 0:.2f} s; "
            f"memory {self.memory / 1e6:.0f} MB = {self.memory / memory_limit:.0%} of {memory_limit / 1e6:.0f} MB; "
            f"backlog: {self.account.backlog_kept} chunks asked to wait, {self.account.backlog_refused} uploads refused"
        )


async def come_back(url: str, password: str, gateways: int, chunks: int, period_s: float) -> tuple[Account, float]:
    """Let ``gateways`` come back at once, each owing ``chunks``; return what they met and how long the drain took."""
    account = Account()
    limits = httpx.Limits(max_connections=2 * gateways + 20, max_keepalive_connections=gateways)
    async with httpx.AsyncClient(base_url=url, timeout=60.0, limits=limits, trust_env=False) as client:
        boxes = [Box(f"sim-{number:04}", client, account, number) for number in range(gateways)]
        with Console(url, USER, password) as console:
            codes = [console.post("/enrolments", {"gateway": box.name, "name": box.name})["code"] for box in boxes]
        await asyncio.gather(*(box.enrol(code) for box, code in zip(boxes, codes, strict=True)))
        since = time.time_ns() // 1000 - OUTAGE_S * 1_000_000
        for box in boxes:
            box.owe(chunks, since)
        stop = asyncio.Event()
        telling = [asyncio.create_task(box.tell(period_s, stop)) for box in boxes]
        began = time.monotonic()
        await asyncio.gather(*(box.drain() for box in boxes))
        took_s = time.monotonic() - began
        stop.set()
        await asyncio.gather(*telling)
    return account, took_s


def run(folder: Path, gateways: int, chunks: int, period_s: float) -> Result:
    """Do it against a collector of our own in ``folder``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * gateways + 200)), hard))
    data, port = folder / "collector", free_port()
    password = ask(["collector", "user", "add", USER, "--role", "admin", "--data", str(data)])["password"]
    command = ["collector", "run", "--data", str(data), "--port", str(port), "--log-level", "warning"]
    program, url = Program("collector", command, folder / "collector.log"), f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: _answers(url), "the collector", program)
        account, took_s = asyncio.run(come_back(url, password, gateways, chunks, period_s))
        with Console(url, USER, password) as console:
            ledgers = [console.get(f"/gateways/sim-{number:04}/ledger") for number in range(gateways)]
        memory = _peak_memory(program.pid)
    finally:
        program.stop()
    stored, doubled = (sum(ledger[name] for ledger in ledgers) for name in ("entries", "duplicates"))
    return Result(account, took_s, memory, stored, doubled)


def main() -> None:
    """Run it and print the sentence; exit 1 where anything was lost, doubled, refused or too big."""
    words = argparse.ArgumentParser(prog="python -m simulators.district", description=__doc__)
    words.add_argument("--gateways", type=int, default=1000)
    words.add_argument("--chunks", type=int, default=10, help=f"owed by each, of {READINGS} readings")
    words.add_argument("--period", type=float, default=10.0, help="seconds between two events of a gateway")
    words.add_argument("--memory", type=float, default=1024.0, help="the collector's limit, MiB")
    given = words.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the collector is stopped on the way out
    folder = Path(tempfile.mkdtemp(prefix="linli-district-"))
    try:
        result = run(folder, given.gateways, given.chunks, given.period)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    limit = int(given.memory * 2**20)
    print(result.sentence(limit))
    account = result.account
    well = result.stored == account.entries and not (result.doubled or account.live_refused)
    raise SystemExit(0 if well and result.memory <= 0.8 * limit else 1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _peak_memory(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no memory figure of process {pid}")


if __name__ == "__main__":
    main()
