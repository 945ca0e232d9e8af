"""`edge-agent buffer`: what a technician can ask of a buffer file, whether the agent runs on it or not."""

import json
import sqlite3
from pathlib import Path
from typing import Annotated, Any

import typer

buffer_app = typer.Typer(help="本机缓存 · The buffer on this box.", no_args_is_help=True, rich_markup_mode=None)

_LANES = {0: "alarms", 1: "state", 2: "history"}
_LANES_ZH = {"alarms": "告警", "state": "状态", "history": "历史"}


@buffer_app.callback()
def _buffer() -> None:
    """本机缓存 · The buffer on this box."""


@buffer_app.command("status")
def status(
    state: Annotated[Path, typer.Option("--state", help="状态目录 · state directory")] = Path("/var/lib/linli/agent"),
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
    typer.echo(f"已丢弃 dropped   {found['dropped']}")
    for lane, chunks in found["chunks"].items():
        typer.echo(f"  {_LANES_ZH.get(lane, lane)} {lane:<8} {chunks} 块 chunks")


def read_buffer(path: Path) -> dict[str, Any]:
    """Return the counts of the buffer file at ``path``, read only, entries as in ``Stats``, and ``chunks`` by lane.

    ``FileNotFoundError`` when there is none, ``sqlite3.Error`` when it is not a buffer.
    """
    from sqlite_utils import Database

    if not path.exists():
        raise FileNotFoundError("没有这个文件 no such file")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        database = Database(connection)
        meta = {row["k"]: row["v"] for row in database["meta"].rows_where("k != 'rules_state'")}
        lanes = database.query("SELECT lane, count(*) AS chunks FROM chunk GROUP BY lane ORDER BY lane")
        chunks = {_LANES.get(row["lane"], str(row["lane"])): row["chunks"] for row in lanes}
    finally:
        connection.close()
    names = ("journal", "produced", "pending", "quarantined", "dropped")
    return {**{name: meta[name] for name in names}, "bytes": path.stat().st_size, "chunks": chunks}
