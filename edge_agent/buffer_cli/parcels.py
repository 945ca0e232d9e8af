"""`edge-agent buffer export` and `import`: what is owed goes out on a USB stick, the collector's receipts come back."""

import json
import shutil
import sqlite3
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from edge_agent.buffer_cli.opened import explained, opened
from edge_agent.buffer_cli.words import STATE
from edge_agent.identity_file import FILE_NAME, Identity, IdentityFileError, load_identity

if TYPE_CHECKING:
    from edge_agent.parcels import BadSlip

_State = Annotated[Path, typer.Option("--state", help="状态目录 · state directory")]
_File = Annotated[Path | None, typer.Option("--file", help="缓存文件 · buffer file")]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")]
_STATE = Path(STATE)
_SUFFIX = ".linli"
_WHY = {
    "not_receipts": "不是汇聚端的回执文件, 或文件不完整 not a file of receipts, or not whole",
    "other_gateway": "这是另一台网关的回执 receipts for another gateway",
    "bad_signature": "签名不对: 不是登记时的那个汇聚端, 或文件被改过 not signed by the pinned collector, or changed",
}


def export_command(
    out: Annotated[Path, typer.Argument(help="写到哪里: 文件或目录 (如 U 盘) · file or folder to write to")],
    state: _State = _STATE,
    file: _File = None,
    as_json: _Json = False,
) -> None:
    """把还没上传的数据写成签名文件, 带去汇聚端导入 · Write what is owed as a signed file for the collector.

    网关照常运行, 数据仍在缓存里, 直到导入回执 · The agent may run; all stays in the buffer until receipts come.
    """
    from edge_agent.parcels import export

    identity = _identity(state)
    path, target = file or state / "buffer.db", out
    if out.is_dir():
        target = out / f"{identity.gateway}-{time.strftime('%Y%m%d-%H%M%S')}{_SUFFIX}"
    with opened(path):  # says what is wrong with it, if so
        pass
    try:
        done = export(path, target, identity, time.time_ns() // 1000, version("linli"))
    except FileExistsError:
        _fail(f"{target}: 已有这个文件, 换一个名字 exists already, name another")
    except sqlite3.Error as error:
        _fail(f"读不到缓存 cannot read the buffer {path}: {explained(error)}")
    except OSError as error:
        _fail(f"{target}: 写不了 cannot be written: {error.strerror}")
    if as_json:
        typer.echo(json.dumps({"file": str(target), **vars(done)}, ensure_ascii=False))
        return
    typer.echo(f"已写出 written   {target} ({done.bytes / 1e6:.1f} MB)")
    typer.echo(f"块数 chunks      {done.chunks}, 共 {done.entries} 条 entries")
    if done.damaged:
        typer.echo(f"注意: {done.damaged} 块已损坏, 未写出 · {done.damaged} damaged chunks are not in it")
    if done.unmarked:
        typer.echo(
            f"注意: 没能记下导出到哪里 ({done.unmarked}); 缓存满了以后, 已导出的读数可能再以摘要上传一次, 账本会多算"
        )
        typer.echo(
            "  the export could not be noted: should the buffer fill up, exported readings may be sent once more as"
        )
        typer.echo("  summaries, and the ledger would count them twice. Bring the receipts back soon.")
    typer.echo("带去汇聚端运行, 再把回执带回来 on the collector's machine, then bring the receipts back:")
    typer.echo(f"  collector import {target.name}")


def import_command(
    receipts: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="汇聚端写出的回执 · the receipts")],
    state: _State = _STATE,
    file: _File = None,
    as_json: _Json = False,
) -> None:
    """导入汇聚端的回执: 已收下的数据从缓存中删除 · Take in receipts: what was taken leaves the buffer."""
    import asyncio

    from edge_agent.buffer import BufferInUse
    from edge_agent.parcels import INBOX, BadSlip, check_slip

    identity = _identity(state)
    path = file or state / "buffer.db"
    with opened(path):  # to open it for writing would put a new one into the place of what is no buffer
        pass
    try:
        with receipts.open("rb") as source:
            check_slip(source, identity)
        left = asyncio.run(_settle(receipts, path, identity))
    except BadSlip as error:
        _fail(f"{receipts}: {_why(error)}")
    except BufferInUse:
        _hand_over(receipts, state / INBOX)
        said: dict[str, Any] = {"handed_over": True}
        message = "网关正在运行, 已交给它处理, 几秒内生效 the agent runs and takes them within seconds"
    else:
        said = {"handed_over": False, "chunks": left}
        message = f"已删除 removed    {left} 块 chunks"
    typer.echo(json.dumps(said) if as_json else message)


async def _settle(receipts: Path, path: Path, identity: Identity) -> int:
    from edge_agent.buffer import Buffer
    from edge_agent.parcels import read_slip
    from runtime.clock import SystemClock

    buffer = await Buffer.open(path, SystemClock())
    left = 0
    try:
        with receipts.open("rb") as source:
            for told in read_slip(source, identity):
                left += await buffer.settle(told.receipts)
    finally:
        await buffer.close()
    return left


def _hand_over(receipts: Path, inbox: Path) -> None:
    """Put a copy where the running agent looks, whole from the first moment that it is seen."""
    try:
        inbox.mkdir(mode=0o700, exist_ok=True)
        shutil.chown(inbox, inbox.parent.stat().st_uid, inbox.parent.stat().st_gid)
        draft = inbox.parent / f".{receipts.name}.part"
        shutil.copyfile(receipts, draft)
        shutil.chown(draft, inbox.parent.stat().st_uid, inbox.parent.stat().st_gid)
        draft.replace(inbox / receipts.name)
    except OSError as error:
        _fail(f"{inbox}: 写不了 cannot be written: {error.strerror}")


def _identity(state: Path) -> Identity:
    try:
        identity = load_identity(state / FILE_NAME)
    except IdentityFileError as error:
        _fail(str(error))
    if identity is None:
        _fail(f"{state}: 还没有登记, 先运行 edge-agent enrol · not enrolled yet")
    return identity


def _why(error: "BadSlip") -> str:
    detail = f" ({error})" if str(error) != error.word else ""
    return _WHY[error.word] + detail


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
