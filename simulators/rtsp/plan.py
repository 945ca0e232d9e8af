"""The keys of a community's file for the video of its cameras."""

from typing import Annotated, Literal

from pydantic import Field

from simulators.stories import Part

Path = Annotated[str, Field(pattern="^/[A-Za-z0-9_/-]+$")]


class VideosPlan(Part):
    """An RTSP server; ``gates`` has for each path the plates of the cars that drive up, one after the other."""

    type: Literal["rtsp"]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    user: str = "admin"
    password: str = "pretend-1"  # noqa: S105 - of a device that does not exist
    gates: Annotated[dict[Path, tuple[str, ...]], Field(min_length=1)]
