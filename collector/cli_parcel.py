"""``collector import``: takes in the file that a technician brought from a site without a network."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.spoken import fail, print_json, say

if TYPE_CHECKING:
    from collector.parcels import BadParcel, Taken

_WHY = {
    "not_a_parcel": ("不是网关导出的文件, 或文件不完整", "not a file that a gateway exported, or not whole"),
    "unknown_gateway": ("这台网关没有登记, 或已吊销", "this gateway is not enrolled, or revoked"),
    "other_collector": ("这个文件是给另一个汇聚端的", "this file is for another collector"),
    "bad_signature": (
        "签名不对: 文件被改过, 或网关重新登记过; 请在网关上重新导出",
        "the signature is wrong: the file was changed, or the gateway was enrolled anew; export it again",
    ),
    "store_unavailable": (
        "数据库现在写不进去, 请稍后再导入一次; 重复导入没有关系",
        "the database cannot take it now; import again later, doubles do no harm",
    ),
}


def import_parcel(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="网关导出的文件 (edge-agent buffer export)。")
    ],
    receipts: Annotated[
        Path | None, typer.Option("--receipts", help="回执文件; 默认在导入文件旁边, 扩展名 .receipts。")
    ] = None,
    data: Annotated[
        Path, typer.Option("--data", help="数据目录: 数据库、签名密钥、名称。", envvar="LINLI_COLLECTOR_DATA")
    ] = Path("/var/lib/linli/collector"),
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON, 供程序读取。")] = False,
) -> None:
    """导入网关导出的数据文件, 并写出回执带回网关。 Take in a gateway's exported file and write its receipts."""
    import asyncio

    from collector.commands.key import BadKeyFile
    from collector.home import BadHome
    from collector.parcels import BadParcel
    from collector.store.errors import StoreError

    slip = receipts or file.with_suffix(".receipts")
    if slip.exists():
        fail(
            say(f"{slip}: 已有这个文件, 换一个名字 (--receipts)", f"{slip}: exists already; name another (--receipts)")
        )
    try:
        taken = asyncio.run(_take(file, slip, data))
    except BadParcel as error:
        fail(f"{file}: {_why(error)}")
    except (BadHome, StoreError, BadKeyFile) as error:
        fail(str(error))
    except OSError as error:
        fail(say(f"{slip}: 写不了回执文件 ({error.strerror})", f"{slip}: cannot be written ({error.strerror})"))
    gateway = taken.head.gateway
    if as_json:
        counts = {"accepted": taken.accepted, "rejected": taken.rejected}
        print_json({"gateway": gateway, **counts, "receipts": str(slip)})
        return
    print(say(f"网关 {gateway}: 收下 {taken.accepted} 块", f"Gateway {gateway}: {taken.accepted} chunks taken"))
    if taken.rejected:
        print(say(f"拒绝 {taken.rejected} 块, 已隔离保存", f"{taken.rejected} rejected, kept in quarantine"))
    print(say(f"回执: {slip}    带回网关运行:", f"Receipts: {slip}    carry them back and run on the gateway:"))
    print(f"  edge-agent buffer import {slip.name}")


async def _take(file: Path, slip: Path, data: Path) -> "Taken":
    from collector.commands.key import load_or_make
    from collector.home import Home
    from collector.ingest.service import Ingest
    from collector.parcels import take_parcel, write_receipts
    from collector.store.sql import SqlStore
    from collector.store.sqlite import SqliteDialect
    from runtime.clock import SystemClock

    home, clock = Home(data), SystemClock()
    store = SqlStore(SqliteDialect(home.database))
    try:
        await store.open()
        with file.open("rb") as source:
            taken = await take_parcel(source, store, Ingest(store, clock, lambda _gateway, _done: None), home.name())
        write_receipts(slip, taken, clock.now(), load_or_make(home.command_key))
    finally:
        await store.close()
    return taken


def _why(error: "BadParcel") -> str:
    zh, en = _WHY[error.word]
    detail = f" ({error})" if str(error) != error.word else ""
    return say(zh, en) + detail
