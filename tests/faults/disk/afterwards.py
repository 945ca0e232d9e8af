"""Opens a buffer after a power cut and holds it against what its process had been told: the truth of one cut."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from edge_agent.buffer import Buffer
from tests.faults.disk.child import DEVICE, event, numbers, open_buffer
from wire.chunk import Chunk
from wire.errors import CodecError

Key = tuple[int, int]


class Told:
    """What a process had been told until a moment, from its marks."""

    def __init__(self, marks: Sequence[Sequence[str]]) -> None:
        self.journal = ""
        self.durable: set[tuple[str, int]] = set()
        self.shown: dict[Key, int] = {}
        self.settling: set[Key] = set()
        self.contents: dict[Key, set[tuple[str, int]]] = {}
        for kind, *words in marks:
            if kind == "born":
                self.journal = words[0]
            elif kind == "durable":
                self.durable.add((words[0], int(words[1])))
            elif kind == "shown":
                key = int(words[0]), int(words[1])
                self.shown[key] = int(words[2])
                pairs = (word.split(":") for word in words[3:])
                self.contents[key] = {(what, int(number)) for what, number in pairs}
            else:
                self.settling.add((int(words[0]), int(words[1])))


def lay_out(files: Mapping[str, bytes], old: Path, new: Path) -> Path:
    """Write the files of a cut, which were below ``old``, into the empty folder ``new``; return the buffer's path."""
    new.mkdir(parents=True)
    for name, data in files.items():
        (new / Path(name).relative_to(old)).write_bytes(data)
    return new / "buffer.db"


async def faults_after(path: Path, told: Told) -> list[str]:
    """Return what is wrong with the buffer at ``path``, empty when every promise was kept."""
    buffer = await open_buffer(path)
    try:
        faults: list[str] = []
        if buffer.stats.state != "durable":
            faults.append(f"the buffer is {buffer.stats.state}: {buffer.stats.problem}")
        if told.journal and buffer.journal != told.journal:
            faults.append("the journal's identity is lost")
        chunks = await buffer.peek(1 << 30, 1 << 20)
        faults += _wrong_chunks(chunks, told)
        found = [item for chunk in chunks for item in numbers(chunk)]
        if len(found) != len(set(found)):
            faults.append("something is in the buffer twice")
        gone = {item for key in told.settling for item in told.contents.get(key, set())}
        kept = {item for item in told.durable if item[0] != "command"}
        if lost := kept - set(found) - gone:
            faults.append(f"called durable and lost: {sorted(lost)[:5]} of {len(lost)}")
        for kind, number in sorted(told.durable):
            if kind == "command" and await buffer.accept_command(f"c-{number}", DEVICE):
                faults.append(f"command c-{number} would be carried out twice")
        faults += await _numbers_used_twice(buffer, told)
    finally:
        await buffer.close()
    return faults


def _wrong_chunks(chunks: Sequence[Chunk], told: Told) -> list[str]:
    faults = []
    for chunk in chunks:
        key = (chunk.lane, chunk.seq)
        if not chunk.intact():
            faults.append(f"chunk {key} is damaged")
        if told.shown.get(key, chunk.crc) != chunk.crc:
            faults.append(f"chunk {key} is not what a collector has under that number")
        try:
            numbers(chunk)
        except CodecError as error:
            faults.append(f"chunk {key} cannot be read: {error}")
    return faults


async def _numbers_used_twice(buffer: Buffer, told: Told) -> list[str]:
    """Store something new: its number must not be one under which a collector may have something else."""
    before = {(chunk.lane, chunk.seq) for chunk in await buffer.peek(1 << 30, 1 << 20)}
    await buffer.put_now(events=[event(10**9)])
    fresh = {(chunk.lane, chunk.seq) for chunk in await buffer.peek(1 << 30, 1 << 20)} - before
    return [f"number {key} is given a second time" for key in fresh & (told.shown.keys() | told.settling)]
