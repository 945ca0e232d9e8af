"""A set of records that survives a power cut: spread over notes of the buffer, of which what changed is written."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Generic, TypeVar
from zlib import crc32

from runtime.logs import get_logger
from wire.codec import decode, encode
from wire.errors import CodecError

T = TypeVar("T")

_log = get_logger("slots")


class Slots(Generic[T]):
    """Records by key. A flood of a thousand must not write all of them a thousand times to a memory card, so each has
    its place in one of ``spread`` notes ``NAME.0``, ``NAME.1`` ...; ``kind`` is what such a note holds.
    """

    def __init__(self, name: str, kind: type[dict[str, T]], spread: int) -> None:
        self._name, self._kind, self._spread = name, kind, spread
        self._records: dict[str, T] = {}
        self._touched: set[int] = set()

    async def read(self, note: Callable[[str], Awaitable[bytes | None]]) -> None:
        """Take up what was remembered, given how a note is read; what cannot be read is forgotten, and said so."""
        for number in range(self._spread):
            data = await note(f"{self._name}.{number}")
            try:
                self._records |= decode(data, self._kind) if data else {}
            except CodecError as error:
                _log.error("notes_forgotten", notes=f"{self._name}.{number}", error=str(error))

    def get(self, key: str) -> T | None:
        """Return the record at ``key``, ``None`` where there is none."""
        return self._records.get(key)

    def put(self, key: str, record: T) -> None:
        """Keep ``record`` at ``key``."""
        self._records[key] = record
        self._touched.add(self._place(key))

    def drop(self, key: str) -> None:
        """Forget what is at ``key``, if anything is."""
        if self._records.pop(key, None) is not None:
            self._touched.add(self._place(key))

    def notes(self) -> dict[str, bytes]:
        """Return the notes that have changed since the last call, to be stored before anything else is waited for."""
        numbers, self._touched = self._touched, set()
        found: dict[int, dict[str, T]] = {number: {} for number in numbers}
        for key, record in self._records.items():
            if (place := self._place(key)) in numbers:
                found[place][key] = record
        return {f"{self._name}.{number}": encode(records) for number, records in found.items()}

    def items(self) -> tuple[tuple[str, T], ...]:
        """Return all records with their keys, as of now."""
        return tuple(self._records.items())

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._records.values()))

    def __len__(self) -> int:
        return len(self._records)

    def _place(self, key: str) -> int:
        return crc32(key.encode()) % self._spread
