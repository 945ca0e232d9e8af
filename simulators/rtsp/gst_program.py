"""Plays clips over RTSP with GStreamer: a program for the system's own Python, which alone has its bindings.

It is told what to play as one line of JSON on its standard input (a password there is in no list of processes), says
``{"port": …}`` when it listens, obeys the lines that follow, and ends with its standard input. A clip is one line of
JSON (codec, fps, sizes) and the access units after it (``simulators.rtsp.clips``).
"""

import json
import sys
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - only after their versions were said

PAYLOADS = {"h264": "rtph264pay", "h265": "rtph265pay"}


class Clip:
    """The pictures of a file, encoded; the first can be decoded alone."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            told = json.loads(file.readline())
            self.codec, self.fps = str(told["codec"]), int(told["fps"])
            self.units = [file.read(size) for size in told["sizes"]]


class Scene(GstRtspServer.RTSPMediaFactory):  # type: ignore[misc] # GStreamer's bindings have no types
    """One path of the server; whoever asks for it sees the clip from its beginning, again and again."""

    def __init__(self, clip: Clip) -> None:
        super().__init__()
        self.clip, self.stalled = clip, False
        caps = f"video/x-{clip.codec},stream-format=byte-stream,alignment=au,framerate={clip.fps}/1"
        source = f"appsrc name=source is-live=true do-timestamp=true format=time caps={caps}"
        self.set_launch(f"( {source} ! {PAYLOADS[clip.codec]} name=pay0 pt=96 )")
        self.connect("media-configure", self._play)

    def _play(self, factory: Any, media: Any) -> None:
        source, clip = media.get_element().get_by_name("source"), self.clip
        playing = {"at": 0}

        def push() -> bool:
            if self.stalled:
                return bool(GLib.SOURCE_CONTINUE)
            unit = Gst.Buffer.new_wrapped(clip.units[playing["at"]])
            unit.duration = Gst.SECOND // clip.fps
            playing["at"] = (playing["at"] + 1) % len(clip.units)
            if source.emit("push-buffer", unit) == Gst.FlowReturn.OK:
                return bool(GLib.SOURCE_CONTINUE)
            playing.clear()
            return bool(GLib.SOURCE_REMOVE)

        def end(_: Any) -> None:
            if playing:
                playing.clear()
                GLib.Source.remove(timer)

        timer = GLib.timeout_add(1000 // clip.fps, push)
        media.connect("unprepared", end)


class Program:
    """The server with its scenes, as its first line of input describes them."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.loop, self.server = GLib.MainLoop(), GstRtspServer.RTSPServer()
        self.server.set_address(told["host"])
        self.server.set_service(str(told["port"]))
        self.scenes = {path: Scene(Clip(clip)) for path, clip in told["clips"].items()}
        if told["password"]:
            self._guard(told["user"], told["password"])
        for path, scene in self.scenes.items():
            self.server.get_mount_points().add_factory(path, scene)

    def _guard(self, user: str, password: str) -> None:
        auth, token, role = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken(), "media.factory.role"
        token.set_string(role, "watcher")
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
        self.server.set_auth(auth)
        for scene in self.scenes.values():
            scene.add_role_from_structure(_rights())

    def run(self) -> None:
        self.server.attach(None)
        print(json.dumps({"port": self.server.get_bound_port()}), flush=True)
        GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, self._obey)
        self.loop.run()

    def _obey(self, stream: Any, condition: Any) -> bool:
        line = stream.readline()
        if not line:
            self.loop.quit()
            return False
        for path, stalled in json.loads(line)["stalled"].items():
            self.scenes[path].stalled = stalled
        return True


def _rights() -> Any:
    rights = Gst.Structure.new_empty("watcher")
    rights.set_value("media.factory.access", True)
    rights.set_value("media.factory.construct", True)
    return rights


if __name__ == "__main__":
    Gst.init(None)
    Program(json.loads(sys.stdin.readline())).run()
