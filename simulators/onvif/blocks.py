"""The parts of a maker's stream or push as bytes on the wire, and what a fault makes of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from runtime.clock import Clock
from simulators.onvif.faults import Faults

JPEG = "image/jpeg"
_MEGABYTE = b"\x55" * 1_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """One part; ``name`` is its file name where it has one."""

    media: str
    body: bytes
    name: str = ""


class CutError(OSError):
    """The connection ends here, in the middle of something."""


def head(block: Block, boundary: str) -> bytes:
    """Return what stands before a part's body."""
    lines = [f"--{boundary}"]
    if block.name:
        lines.append(f'Content-Disposition: form-data; name="{block.name}"; filename="{block.name}"')
    lines += [f"Content-Type: {block.media}", f"Content-Length: {len(block.body)}", "", ""]
    return "\r\n".join(lines).encode()


async def written(block: Block, boundary: str, wrong: Faults, clock: Clock) -> AsyncIterator[bytes]:
    """Yield a part piece by piece as the faults have it; the boundary after it comes with the next one."""
    body = block.body
    if wrong.truncated and block.media == JPEG:
        body = body[: len(body) // 2]
    whole = head(block, boundary) + body + b"\r\n"
    if wrong.cut_parts > 0 and len(body) > 1:
        wrong.cut_parts -= 1
        yield whole[: -len(body) // 2]
        raise CutError("in the middle of a part")
    if wrong.huge_mb and block.media == JPEG:
        yield head(block, boundary) + body[:-2]
        for _ in range(wrong.huge_mb):
            yield _MEGABYTE
        yield body[-2:] + b"\r\n"
    elif wrong.drip_s:
        for index in range(len(whole)):
            await clock.sleep(wrong.drip_s)
            yield whole[index : index + 1]
    else:
        yield whole
