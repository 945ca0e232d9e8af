"""`edge-agent buffer status`: what the buffer holds, whether the agent runs on it or not."""

import json
import sqlite3
from pathlib import Path
from typing import Annotated, Any

import typer

from edge_agent.buffer_cli.words import LANES, LANES_ZH, STATE


def status(
    state: Annotated[Path, typer.Option("--state", help="状态目录 · state directory")] = Path(STATE),
    file: Annotated[Path | None, typer.Option("--file", help="缓存文件 · buffer file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")] = False,
) -> None:
    """显示缓存状态 · Show the buffer."""
    path = file or state / "buffer.db"
    try:
        found = read_buffer(path)
    except (OSError, sqlite3.Error) as error:
        typer.echo(f"读不到缓存 cannot read the buffer {path}: {error}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"缓存 buffer      {path} ({found['bytes'] / 1e6:.1f} MB)")
    typer.echo(f"编号 journal     {found['journal']}")
    typer.echo(f"已落盘 produced  {found['produced']}")
    typer.echo(f"待上传 pending   {found['pending']}")
    typer.echo(f"被拒绝 rejected  {found['quarantined']}")
    typer.echo(f"已抽稀 thinned   {found['thinned']}")
    typer.echo(f"已丢弃 dropped   {found['dropped']}")
    typer.echo(f"已抢救 salvaged  {found['salvaged']}")
    typer.echo(f"磁盘剩余 free    {found['free_bytes'] / 1e6:.0f} MB")
    if found["card_seconds"]:
        days = found["card_seconds"] / 86_400
        written = found["card_written"] / 1e6
        typer.echo(f"写盘量 written   {written:.0f} MB / {days:.1f} d (每天 a day {written / days:.0f} MB)")
    for lane, chunks in found["chunks"].items():
        typer.echo(f"  {LANES_ZH.get(lane, lane)} {lane:<8} {chunks} 块 chunks")


def read_buffer(path: Path) -> dict[str, Any]:
    """Return the counts of the buffer file at ``path``, read only, entries as in ``Stats``, and ``chunks`` by lane.

    ``FileNotFoundError`` when there is none, ``sqlite3.Error`` when it is not a buffer.
    """
    from sqlite_utils import Database

    from edge_agent.buffer.quota import free_bytes

    if not path.exists():
        raise FileNotFoundError("没有这个文件 no such file")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        database = Database(connection)
        meta = {row["k"]: row["v"] for row in database["meta"].rows_where("k IN ('journal', 'note:card')")}
        counters = next(iter(database["counters"].rows))
        lanes = database.query("SELECT lane, count(*) AS chunks FROM chunk GROUP BY lane ORDER BY lane")
        chunks = {LANES[row["lane"]]: row["chunks"] for row in lanes}
    finally:
        connection.close()
    names = ("produced", "pending", "quarantined", "thinned", "dropped", "salvaged")
    written, seconds = (int(word) for word in meta.get("note:card", b"0 0").split())
    return {
        "journal": meta["journal"],
        **{name: counters[name] for name in names},
        "bytes": path.stat().st_size,
        "free_bytes": free_bytes(path) or 0,
        "card_written": written,
        "card_seconds": seconds,
        "chunks": chunks,
    }
