"""The store's whole interface: work is lent a transaction, and uploads go in by a door of their own.

What can be asked inside a transaction are the functions of ``fleet``, ``history``, ``alerts``, ``commands`` and
``people``, each taking a ``Scope`` first. Several in one piece of work are committed together or not at all.
"""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from collector.store.records import Ingested, Judged, Quarantined
from collector.store.scope import Scope

P = ParamSpec("P")
T = TypeVar("T")


class Store(Protocol):
    """A database that is open. A method that raises ``StoreUnavailable`` or ``StoreRefused`` has left no trace."""

    async def write(self, work: Callable[Concatenate[Scope, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(scope, ...)`` in a transaction that may change things and return its result once committed.

        What ``work`` raises rolls everything back. Once begun it is finished even if the awaiting task is cancelled.
        """
        ...

    async def read(self, work: Callable[Concatenate[Scope, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(scope, ...)`` over one consistent picture of the database."""
        ...

    async def ingest(self, gateway: str, entries: Sequence[Judged | Quarantined], received_at: int) -> Ingested:
        """Store one upload in one transaction; what was stored before is passed over and counted as seen again."""
        ...

    async def close(self) -> None:
        """Finish what runs and let go of the database. May be called twice."""
        ...
