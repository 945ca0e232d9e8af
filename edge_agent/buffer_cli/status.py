"""`edge-agent buffer status`: what the buffer holds, whether the agent runs on it or not."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from edge_agent.buffer_cli.opened import opened, owed
from edge_agent.buffer_cli.words import LANES, LANES_ZH, STATE


def status(
    state: Annotated[Path, typer.Option("--state", help="状态目录 · state directory")] = Path(STATE),
    file: Annotated[Path | None, typer.Option("--file", help="缓存文件 · buffer file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")] = False,
) -> None:
    """显示缓存状态 · Show the buffer."""
    path = file or state / "buffer.db"
    found = read_buffer(path)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"缓存 buffer      {path} ({found['bytes'] / 1e6:.1f} MB)")
    typer.echo(f"编号 journal     {found['journal']}")
    typer.echo(f"已落盘 produced  {found['produced']}")
    typer.echo(f"待上传 pending   {found['pending']}")
    typer.echo(f"被拒绝 rejected  {found['quarantined']}")
    typer.echo(f"已抽稀 thinned   {found['thinned']}")
    typer.echo(f"已上传留存 kept {found['kept_chunks']} 块 chunks, {found['kept_bytes'] / 1e6:.1f} MB")
    typer.echo(f"已丢弃 dropped   {found['dropped']}")
    typer.echo(f"已抢救 salvaged  {found['salvaged']}")
    if found["carried"]:
        typer.echo(f"已导出到 exported 历史 history 1 .. {found['carried']}")
    typer.echo(f"磁盘剩余 free    {found['free_bytes'] / 1e6:.0f} MB")
    if found["card_seconds"]:
        days = found["card_seconds"] / 86_400
        written = found["card_written"] / 1e6
        typer.echo(f"写盘量 written   {written:.0f} MB / {days:.1f} d (每天 a day {written / days:.0f} MB)")
    for lane, chunks in found["chunks"].items():
        typer.echo(f"  {LANES_ZH.get(lane, lane)} {lane:<8} {chunks} 块 chunks")


def read_buffer(path: Path) -> dict[str, Any]:
    """Return the counts of the buffer file at ``path``, entries as in ``Stats``, and ``chunks`` by lane; ``carried`` is
    the newest number of the history that is on a stick. Ends the command where it cannot be read.
    """
    from edge_agent.buffer.carried import newest_carried
    from edge_agent.buffer.quota import free_bytes

    with opened(path) as database:
        meta = {row["k"]: row["v"] for row in database["meta"].rows_where("k IN ('journal', 'note:card')")}
        counters = next(iter(database["counters"].rows), dict[str, int]())
        mine = owed(database)
        chunks = {lane: database["chunk"].count_where(f"lane = ? AND {mine}", [i]) for i, lane in enumerate(LANES)}
        chunks = {lane: count for lane, count in chunks.items() if count}
    names = ("produced", "pending", "quarantined", "thinned", "dropped", "salvaged", "kept_chunks", "kept_bytes")
    written, seconds = (int(word) for word in meta.get("note:card", b"0 0").split())
    return {
        "journal": meta["journal"],
        **{name: counters.get(name, 0) for name in names},
        "carried": newest_carried(path, meta["journal"]),
        "bytes": path.stat().st_size,
        "free_bytes": free_bytes(path) or 0,
        "card_written": written,
        "card_seconds": seconds,
        "chunks": chunks,
    }
