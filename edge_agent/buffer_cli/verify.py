"""`edge-agent buffer verify`: is this file sound, chunk by chunk."""

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.buffer_cli.opened import explained, fail, look_for
from edge_agent.buffer_cli.words import LANES, LANES_ZH, STATE, moment

if TYPE_CHECKING:
    from edge_agent.buffer.verification import Verification

_WITNESS = {
    "agrees": "一致 agrees",
    "behind": "较旧 (无妨) older, no harm",
    "ahead": "比文件新: 最近的数据丢了 newer than the file: the newest data is missing",
    "foreign": "属于另一个缓存 (无妨) of another buffer, no harm",
    "missing": "没有 (无妨) none, no harm",
}


def verify(
    file: Annotated[Path | None, typer.Argument(help="缓存文件 · buffer file")] = None,
    state: Annotated[Path, typer.Option("--state", help="状态目录 · state directory")] = Path(STATE),
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")] = False,
) -> None:
    """逐块检查缓存文件 · Check a buffer file, chunk by chunk.

    退出码: 0 完好, 1 有损坏, 2 读不到 · Exit code: 0 sound, 1 damaged, 2 cannot be read.
    """
    from edge_agent.buffer.verification import verify as look_through

    path = file or state / "buffer.db"
    look_for(path)
    try:
        found = look_through(path)
    except (OSError, sqlite3.Error) as error:
        fail(path, explained(error))
    if as_json:
        lanes = {name: asdict(lane) for name, lane in zip(LANES, found.lanes, strict=True)}
        typer.echo(json.dumps({**asdict(found), "lanes": lanes, "sound": found.sound}, ensure_ascii=False))
    else:
        _print(found)
    raise typer.Exit(0 if found.sound else 1)


def _print(found: "Verification") -> None:
    typer.echo(f"缓存 buffer       {found.file}")
    typer.echo(f"编号 journal      {found.journal or '-'}")
    typer.echo(f"结构 structure    {found.structure or '完好 sound'}")
    if found.structure and not found.journal:  # then nothing more was looked at
        typer.echo(f"结论: 读不出, 试试 salvage · Result: unreadable, try 'edge-agent buffer salvage {found.file}'")
        return
    for name, lane in zip(LANES, found.lanes, strict=True):
        bad = f", 坏 bad {lane.bad}" if lane.bad else ""
        span = f" {moment(lane.start)} .. {moment(lane.end)}" if lane.chunks else ""
        typer.echo(f"  {LANES_ZH[name]} {name:<8} {lane.chunks} 块 chunks, {lane.entries} 条 entries{bad}{span}")
    if found.kept.chunks or found.kept.bad:
        kept, bad = found.kept, f", 坏 bad {found.kept.bad}" if found.kept.bad else ""
        span = f" {moment(kept.start)} .. {moment(kept.end)}"
        typer.echo(f"  已上传留存 kept {kept.chunks} 块 chunks, {kept.entries} 条 entries{bad}{span}")
    typer.echo(f"隔离区 quarantine {found.quarantined} 块 chunks")
    typer.echo(f"合计 sums         {found.sums or '相符 add up'}")
    typer.echo(f"见证 witness      {_WITNESS[found.witness]}")
    for line in found.bad:
        typer.echo(f"  坏块 bad chunk {line}")
    typer.echo("结论: 完好 · Result: sound" if found.sound else "结论: 有损坏 · Result: damaged")
