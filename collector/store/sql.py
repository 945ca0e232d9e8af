"""The store over any SQL dialect: one thread writes, a few read, and errors come out as the store's own."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from collector.store.dialect import Dialect
from collector.store.errors import StoreRefused, StoreUnavailable
from collector.store.migrate import upgrade
from collector.store.records import STREET, Ingested, Judged, Quarantined
from collector.store.scope import Scope
from collector.store.telemetry import SeriesBook
from collector.store.upload import store_upload

P = ParamSpec("P")
T = TypeVar("T")


class SqlStore:
    """See ``store.api.Store``. ``open`` before anything else; the dialect is closed with it."""

    def __init__(self, dialect: Dialect, street: int = STREET) -> None:
        self._dialect, self._street = dialect, street
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._reading = ThreadPoolExecutor(dialect.readers, thread_name_prefix="store-read")
        self._book = SeriesBook()

    async def open(self) -> None:
        """Bring the schema up to date; ``StoreTooNew`` when a newer collector wrote it."""
        await self.write(lambda scope: upgrade(scope.connection))

    async def write(self, work: Callable[Concatenate[Scope, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        engine = self._dialect.writer()
        return await self._run(self._writing, engine, lambda scope: work(scope, *args, **kwargs))

    async def read(self, work: Callable[Concatenate[Scope, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        engine = self._dialect.reader()
        return await self._run(self._reading, engine, lambda scope: work(scope, *args, **kwargs))

    async def ingest(self, gateway: str, entries: Sequence[Judged | Quarantined], received_at: int) -> Ingested:
        work = partial(store_upload, book=self._book, gateway=gateway, entries=entries, received_at=received_at)
        return await asyncio.get_running_loop().run_in_executor(self._writing, self._ingest, work)

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._writing.shutdown)
        await loop.run_in_executor(None, self._reading.shutdown)
        self._dialect.dispose()

    async def _run(self, pool: ThreadPoolExecutor, engine: Engine, work: Callable[[Scope], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, self._transact, engine, work)

    def _ingest(self, work: Callable[[Scope], Ingested]) -> Ingested:
        try:
            return self._transact(self._dialect.writer(), work)
        except BaseException:
            # series made in a transaction that was rolled back, perhaps by its very commit, do not exist
            self._book.forget()
            raise

    def _transact(self, engine: Engine, work: Callable[[Scope], T]) -> T:
        try:
            with engine.begin() as connection:
                return work(Scope(connection, self._dialect, self._street))
        except (OperationalError, InterfaceError, InternalError) as error:
            raise StoreUnavailable(_plain(error)) from error
        except PoolTimeout as error:
            raise StoreUnavailable("no free connection") from error
        except (DBAPIError, OverflowError) as error:
            raise StoreRefused(_plain(error)) from error


def _plain(error: Exception) -> str:
    # the statement and its parameters stay out of the message: they hold people's data
    original = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(original).__name__}: {original}"
