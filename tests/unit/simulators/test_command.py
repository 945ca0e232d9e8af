"""The command ``simulators community`` as a process: says when it is ready, keeps its truth on disk, ends cleanly."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from tests.unit.simulators.test_community import DEMO, ask

PATIENCE_S = 60


async def test_it_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    words = [str(DEMO), "--free-ports", "--dir", str(tmp_path), "--truth", str(truth), "--control", "0", "--no-scripts"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", "community", *words, stdout=PIPE, stderr=PIPE
    )
    try:
        assert process.stdout is not None
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE_S))
        assert Path(ready["links"]["rs485-1"]).is_symlink()
        assert ready["control"]
        await ask(ready["ports"]["lan-doors"], "00 01 00 00 00 06 01 02 00 00 00 08", 10)
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    told = json.loads(truth.read_text("utf-8"))
    assert told["running"] is False
    assert told["devices"]["door-1"]["reads"] == 1
    assert not (tmp_path / "rs485-1").is_symlink()


async def test_a_file_that_cannot_be_played_ends_it_with_2(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", "community", str(tmp_path / "none.yaml"), stdout=PIPE, stderr=PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 2
    assert "none.yaml" in errors.decode()
