"""A card that takes 100 ms to sync: the agent's loop has its turns meanwhile, and nothing is called durable before."""

import os
import subprocess
import sys
from pathlib import Path

from tests.faults.disk.power import read_log
from tests.faults.disk.shim import Disk

COMMITS = 10
PROGRAM = """
import asyncio, ctypes, sys
from pathlib import Path
from tests.faults.disk.child import batch, event, open_buffer

async def main():
    buffer = await open_buffer(Path(sys.argv[1]))
    for number in range(int(sys.argv[2])):
        await buffer.put(batch(number))
        commit = asyncio.create_task(buffer.flush() if number % 2 else buffer.put_now(events=[event(number)]))
        turns = 0
        while not commit.done():
            await asyncio.sleep(0.002)
            turns += 1
        ctypes.CDLL(None).rig_mark(f"{turns} {commit.result()}".encode())
    await buffer.close()

asyncio.run(main())
"""


def test_the_loop_turns_while_the_card_syncs(tmp_path: Path) -> None:
    with Disk(tmp_path / "buffer.db", tmp_path / "rig", recorded=True) as disk:
        disk.suffer("slow")
        command = [sys.executable, "-c", PROGRAM, str(disk.file), str(COMMITS)]
        subprocess.run(command, env={**os.environ, **disk.environment}, check=True, timeout=120)
        kinds = "".join(record.kind for record in read_log(disk.log) if record.kind in "MS")
        told = [record.data.decode().split() for record in read_log(disk.log) if record.kind == "M"]
    assert [durable for _, durable in told] == ["True"] * COMMITS
    assert min(int(turns) for turns, _ in told) >= 3, "a loop that waits for the card would have turned once"
    assert "MM" not in kinds, "each commit has a sync of its own before anybody is told"
