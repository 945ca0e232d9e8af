"""Plays a gate where the cars that are named drive up, until Ctrl-C: ``python -m simulators.rtsp``."""

import argparse
import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

from simulators.rtsp.clips import make_clip
from simulators.rtsp.drawing import Gate, scene
from simulators.rtsp.server import VideoServer


async def play(plates: list[str], port: int, password: str, codec: str) -> None:
    """Play at ``/gate`` until cancelled."""
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        clip = Path(folder) / "gate.clip"
        make_clip(clip, scene(Gate(plates), 15), codec="h265" if codec == "h265" else "h264")
        async with VideoServer({"/gate": clip}, port=port, password=password) as server:
            print(server.address("/gate"), flush=True)
            await asyncio.Event().wait()


def main() -> None:
    """Draw, encode and play what was asked for."""
    words = argparse.ArgumentParser(prog="python -m simulators.rtsp", description="A pretended gate's video (RTSP).")
    words.add_argument("plates", nargs="+", help="the cars, one after the other")
    words.add_argument("--port", type=int, default=8554)
    words.add_argument("--password", default="", help="of the user admin; empty: everybody may look")
    words.add_argument("--codec", choices=("h264", "h265"), default="h264")
    asked = words.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(play(asked.plates, asked.port, asked.password, asked.codec))


if __name__ == "__main__":
    main()
