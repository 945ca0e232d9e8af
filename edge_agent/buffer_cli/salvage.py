"""`edge-agent buffer salvage`: what a damaged file still has, and that into a sound one."""

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.buffer_cli.opened import look_for
from edge_agent.buffer_cli.words import LANES, LANES_ZH, moment

if TYPE_CHECKING:
    from edge_agent.buffer.recovery import Recovered


def salvage(
    file: Annotated[Path, typer.Argument(help="损坏的缓存文件 · damaged buffer file")],
    into: Annotated[Path | None, typer.Option("--into", help="写进这个新文件 · write it into this new file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")] = False,
) -> None:
    """从损坏的缓存文件里抢救完好的数据 · Get what is intact out of a damaged buffer file.

    代理正在使用的文件不能抢救 (它自己会做); 本命令用于被移开的 .damaged-N 文件 · Not for the file that an agent
    is running on, which does this by itself: for one that was moved aside.
    """
    from edge_agent.buffer.errors import BufferInUse
    from edge_agent.buffer.recovery import recover

    look_for(file)
    try:
        found = recover(file, into)
    except BufferInUse as error:
        typer.echo(f"代理正在使用这个文件 an agent is running on this file: {file}", err=True)
        raise typer.Exit(2) from error
    except (OSError, sqlite3.Error) as error:
        typer.echo(f"无法抢救 cannot salvage {file}: {error}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        lanes = {name: asdict(lane) for name, lane in zip(LANES, found.lanes, strict=True)}
        typer.echo(json.dumps({**asdict(found), "lanes": lanes}, ensure_ascii=False))
    else:
        _print(file, into, found)
    raise typer.Exit(0 if any(lane.chunks for lane in found.lanes) else 1)


def _print(file: Path, into: Path | None, found: "Recovered") -> None:
    typer.echo(f"文件 file        {file}")
    typer.echo(f"编号 journal     {found.journal or '认不出 not known'}")
    for name, lane in zip(LANES, found.lanes, strict=True):
        span = f"  {moment(lane.start)} .. {moment(lane.end)}" if lane.chunks else ""
        typer.echo(f"  {LANES_ZH[name]} {name:<8} {lane.chunks:>7} 块 chunks {lane.entries:>10} 条 entries{span}")
    typer.echo(f"被拒绝 rejected  {found.rejected} 块 chunks")
    typer.echo(f"命令 commands    {found.commands}")
    if into is not None:
        typer.echo(f"已写入 written to {into}")
    elif any(lane.chunks for lane in found.lanes):
        typer.echo("只看未写; 加 --into 新文件 写出 · only looked; add --into NEWFILE to write it")
