"""What commands on the collector's files share: the options that name them, and the open store."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from collector.spoken import fail, note

if TYPE_CHECKING:
    from collector.store.sql import SqlStore

T = TypeVar("T")

Data = Annotated[Path, typer.Option("--data", help="数据目录: 数据库、签名密钥、名称。", envvar="LINLI_COLLECTOR_DATA")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON, 供程序读取。")]
DEFAULT_DATA = Path("/var/lib/linli/collector")


def with_store(data: Path, work: "Callable[[SqlStore], Awaitable[T]]") -> T:
    """Return what ``work`` makes of the store in ``data``; ends the program where there can be none."""
    import asyncio

    from collector.home import BadHome, Home
    from collector.store.errors import StoreError
    from collector.store.sql import SqlStore
    from collector.store.sqlite import SqliteDialect

    async def opened() -> T:
        home = Home(data)
        if not home.database.exists():
            note(
                f"注意: {data} 里还没有数据库, 现在新建; --data 要和 collector run 用的一样",
                f"Note: no database in {data} yet, made now; --data has to be that of collector run",
            )
        store = SqlStore(SqliteDialect(home.database))
        try:
            await store.open()
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(opened())
    except (BadHome, StoreError) as error:
        fail(str(error))
