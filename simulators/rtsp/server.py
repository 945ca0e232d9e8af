"""The video of pretended cameras as a process of its own, which can be frozen, killed and started again."""

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAM = Path(__file__).with_name("gst_program.py")
PYTHON = "/usr/bin/python3"
"""The bindings of GStreamer come with Debian and are for its own Python."""


def can_play() -> bool:
    """Tell whether Debian's ``gir1.2-gst-rtsp-server-1.0`` and ``python3-gi`` are here."""
    bound = any(Path("/usr/lib").glob("*/girepository-1.0/GstRtspServer-1.0.typelib"))
    return bound and Path("/usr/lib/python3/dist-packages/gi").is_dir()


class VideoServer:
    """RTSP on ``host``: ``clips`` has the files by path (``/gate``). ``port`` 0 takes a free one, and keeps it.

    Use it with ``async with``, or start and stop it. ``OSError`` when it cannot listen, or GStreamer is not there.
    """

    def __init__(
        self,
        clips: Mapping[str, Path],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str = "admin",
        password: str = "",
    ) -> None:
        """An empty ``password``: everybody may look."""
        self.clips, self.host, self.port, self.user, self.password = dict(clips), host, port, user, password
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def address(self, path: str) -> str:
        """Return where a clip is, without user and password."""
        return f"rtsp://{self.host}:{self.port}{path}"

    @property
    def pid(self) -> int:
        """Return the number of the process; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    async def start(self) -> None:
        """Start it, if it is not there."""
        if self._process is not None:
            return
        self._process = process = await asyncio.create_subprocess_exec(PYTHON, str(PROGRAM), stdin=PIPE, stdout=PIPE)
        clips = {path: str(file.absolute()) for path, file in self.clips.items()}
        await self._say(
            {"host": self.host, "port": self.port, "user": self.user, "password": self.password, "clips": clips}
        )
        line = await process.stdout.readline() if process.stdout is not None else b""
        if not line:
            await self.kill()
            raise OSError("the RTSP server did not start (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi)")
        self.port = json.loads(line)["port"]

    async def stop(self) -> None:
        """Let it end; at once, where it is frozen."""
        if self._process is not None and self._process.stdin is not None:
            self.thaw()
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 3.0)
            except TimeoutError:
                await self.kill()
            self._process = None

    async def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it hang: connections stand, nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None and self._process.returncode is None:
            os.kill(self.pid, signal.SIGCONT)

    async def stall(self, path: str, stalled: bool = True) -> None:
        """Send no more pictures of a clip, while everything else is answered; or send them again."""
        await self._say({"stalled": {path: stalled}})

    async def _say(self, words: object) -> None:
        if self._process is None or self._process.stdin is None:
            raise OSError("the RTSP server is not there")
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        await self._process.stdin.drain()
