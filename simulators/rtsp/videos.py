"""The videos of a community's cameras: drawn when they are started first, then played by a process of their own."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from simulators.rtsp.server import VideoServer

FPS = 15


class Videos:
    """``gates`` has the plates by path; clips go into ``folder``. Drawing takes a second for each second of video."""

    deeds: ClassVar[frozenset[str]] = frozenset({"start", "stop", "freeze", "thaw", "kill", "stall"})

    def __init__(self, folder: Path, gates: Mapping[str, Sequence[str]], server: VideoServer) -> None:
        self._folder, self._gates, self._server = folder, dict(gates), server
        self.freeze, self.thaw, self.kill, self.stall = server.freeze, server.thaw, server.kill, server.stall

    @property
    def port(self) -> int:
        """Return the port, as bound."""
        return self._server.port

    async def start(self) -> None:
        """Play; ``OSError`` where GStreamer, OpenCV or PyAV is missing, or the port is taken."""
        try:
            self._server.clips = await asyncio.to_thread(self._drawn)
        except ImportError as error:
            raise OSError(f"drawing a video needs {error.name} (the extra camera)") from error
        await self._server.start()

    async def stop(self) -> None:
        """Play no more."""
        await self._server.stop()

    def _drawn(self) -> dict[str, Path]:
        from simulators.rtsp.clips import make_clip
        from simulators.rtsp.drawing import Gate, scene

        self._folder.mkdir(parents=True, exist_ok=True)
        clips = {}
        for path, plates in self._gates.items():
            clips[path] = self._folder / f"{path.strip('/').replace('/', '-')}-{'-'.join(plates)}.clip"
            if not clips[path].exists():
                make_clip(clips[path], scene(Gate(plates), FPS), fps=FPS)
        return clips
