"""`edge-agent buffer list`: the chunks that wait, or those that the collector rejected, one a line."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge_agent.buffer_cli.opened import opened, owed
from edge_agent.buffer_cli.words import LANES, LANES_ZH, STATE, moment


class LaneName(StrEnum):
    """The lanes as a person names them; in their order, as ``LANES``."""

    ALARMS = "alarms"
    STATE = "state"
    HISTORY = "history"


_COLUMNS = 'lane, seq, n AS entries, t_min AS start, t_max AS "end", length(body) AS bytes'


def list_chunks(
    lane: Annotated[LaneName | None, typer.Option("--lane", help="只看这一类 · this lane only")] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="看被拒绝的 · those that were rejected")] = False,
    kept: Annotated[bool, typer.Option("--kept", help="看已上传留存的 · those delivered and kept")] = False,
    newest: Annotated[bool, typer.Option("--newest", help="新的在前 · the newest first")] = False,
    limit: Annotated[int, typer.Option("--limit", min=0, help="最多几行, 0 为全部 · at most so many, 0 for all")] = 20,
    state: Annotated[Path, typer.Option("--state", help="状态目录 · state directory")] = Path(STATE),
    file: Annotated[Path | None, typer.Option("--file", help="缓存文件 · buffer file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")] = False,
) -> None:
    """列出缓存里的数据块 · List the chunks in the buffer."""
    with opened(file or state / "buffer.db") as database:
        table = database["quarantine" if rejected else "chunk"]
        where = "1" if rejected else owed(database, kept=kept)
        where, values = (f"lane = ? AND {where}", [LANES.index(lane)]) if lane else (where, None)
        total = table.count_where(where, values)
        rows = table.rows_where(
            where,
            values,
            select=_COLUMNS + (", reason, at" if rejected else ""),
            order_by="id DESC" if newest else "id",
            limit=limit or None,
        )
        found = [row | {"lane": LANES[row["lane"]]} for row in rows]
    if as_json:
        typer.echo(json.dumps({"total": total, "chunks": found}, ensure_ascii=False))
        return
    for row in found:
        why = f"  {row['reason']} {moment(row['at'])}" if rejected else ""
        typer.echo(
            f"{LANES_ZH[row['lane']]} {row['lane']:<8} {row['seq']:>8}  {row['entries']:>6} 条 entries "
            f"{row['bytes']:>8} B  {moment(row['start'])} .. {moment(row['end'])}{why}"
        )
    typer.echo(f"共 {total} 块, 显示 {len(found)} 块 · {len(found)} of {total} chunks")
    if found:
        typer.echo(f"看内容 to look inside: edge-agent buffer show {found[0]['lane']} {found[0]['seq']}")
