"""`edge-agent buffer show`: what is in one chunk, down to the single reading."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from edge_agent.buffer_cli.listing import LaneName
from edge_agent.buffer_cli.opened import opened
from edge_agent.buffer_cli.words import LANES, LANES_ZH, STATE, moment

if TYPE_CHECKING:
    from wire.chunk import Chunk, Content
    from wire.reading import Batch

_PARTS = {
    "events": "事件",
    "alerts": "告警变化",
    "outcomes": "命令结果",
    "gaps": "缺口",
    "missed": "未取到",
    "summaries": "抽稀摘要",
    "fixes": "对时",
}
_TIMES = frozenset({"at", "since", "start", "end", "hour"})
_COLUMNS = "id, lane, seq, n, t_min, t_max, codec, crc, body"


def show(
    lane: Annotated[LaneName, typer.Argument(help="哪一类 · which lane")],
    seq: Annotated[int, typer.Argument(help="序号, 见 list · its number, see list")],
    state: Annotated[Path, typer.Option("--state", help="状态目录 · state directory")] = Path(STATE),
    file: Annotated[Path | None, typer.Option("--file", help="缓存文件 · buffer file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")] = False,
) -> None:
    """显示一个数据块的内容 · Show what is in one chunk."""
    import msgspec

    from wire.codec import unseal
    from wire.errors import CodecError

    chunk, reason = _find(file or state / "buffer.db", lane, seq)
    try:
        content = unseal(chunk)
    except CodecError as error:
        _fail(f"{lane} {seq}: 已损坏 damaged: {error}", 1)
    if as_json:
        name = {"journal": chunk.journal, "lane": str(lane), "seq": seq, "rejected": reason}
        typer.echo(json.dumps(name | {"content": msgspec.to_builtins(content)}, ensure_ascii=False))
        return
    typer.echo(f"块 chunk      {LANES_ZH[lane]} {lane} {seq} ({chunk.journal})")
    if reason:
        typer.echo(f"被拒绝 rejected {reason}")
    typer.echo(f"内容 holds    {chunk.n} 条 entries, {len(chunk.body)} B")
    typer.echo(f"时间 times    {moment(chunk.t_min)} .. {moment(chunk.t_max)}")
    typer.echo(f"时钟 clock    {content.clock.state} {moment(content.clock.wall)} (boot {content.clock.boot})")
    for line in _lines(content):
        typer.echo(line)


def _find(path: Path, lane: LaneName, seq: int) -> tuple["Chunk", str]:
    """Return the chunk, and why it was rejected if it was."""
    from edge_agent.buffer.chunks import as_stored
    from edge_agent.buffer.opening import Damaged
    from edge_agent.buffer.schema import SEQ_MASK, chunk_id

    if not 1 <= seq <= SEQ_MASK:
        _fail(f"{seq}: 不是序号 not a number of a chunk", 2)
    key, found, reason = chunk_id(LANES.index(lane), seq), None, ""
    with opened(path) as database:
        (journal,) = (row["v"] for row in database["meta"].rows_where("k = 'journal'"))
        for table, more in (("chunk", ""), ("quarantine", ", reason")):
            for row in database[table].rows_where("id = ?", [key], select=_COLUMNS + more):
                reason, found = str(row.pop("reason", "")), tuple(row.values())
    if found is None:
        _fail(f"{path}: 没有这一块 has no chunk {lane} {seq}", 2)
    try:
        return as_stored(journal, found), reason
    except Damaged as error:
        _fail(f"{lane} {seq}: 已损坏 damaged: {error}", 1)


def _lines(content: "Content") -> Iterator[str]:
    import msgspec

    if content.batches:
        yield "读数 readings"
        yield from (f"  {moment(batch.at)} {batch.device}  {_readings(batch)}" for batch in content.batches)
    for part, words in _PARTS.items():
        rows = getattr(content, part)
        if rows:
            yield f"{words} {part}"
            for row in rows:
                fields = {name: msgspec.to_builtins(getattr(row, name)) for name in row.__struct_fields__}
                yield "  " + "  ".join(f"{name}={_shown(name, value)}" for name, value in fields.items() if value != "")
    if content.inventory is not None:
        yield f"设备清单 inventory {content.inventory.config_hash}: {len(content.inventory.devices)} 台 devices"


def _readings(batch: "Batch") -> str:
    from wire.reading import describe_quality

    quality = batch.quality or (0,) * len(batch.points)
    return "  ".join(
        f"{point}={_shown(point, value)}" + (f" ({describe_quality(grade)})" if grade else "")
        for point, value, grade in zip(batch.points, batch.values, quality, strict=True)
    )


def _shown(name: str, value: Any) -> str:
    if name in _TIMES and isinstance(value, int):
        return moment(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fail(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)
