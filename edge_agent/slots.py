"""A set of records that survives a power cut: spread over notes of the buffer, of which what changed is written."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import chain
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
        self._name, self._kind = name, kind
        self._notes: list[dict[str, T]] = [{} for _ in range(spread)]
        self._touched: set[int] = set()

    async def read(self, note: Callable[[str], Awaitable[bytes | None]]) -> None:
        """Take up what was remembered, given how a note is read; what cannot be read is forgotten, and said so."""
        for number, records in enumerate(self._notes):
            data = await note(f"{self._name}.{number}")
            try:
                records.update(decode(data, self._kind) if data else {})
            except CodecError as error:
                _log.error("notes_forgotten", notes=f"{self._name}.{number}", error=str(error))

    def get(self, key: str) -> T | None:
        """Return the record at ``key``, ``None`` where there is none."""
        return self._notes[self._place(key)].get(key)

    def put(self, key: str, record: T) -> None:
        """Keep ``record`` at ``key``."""
        place = self._place(key)
        self._notes[place][key] = record
        self._touched.add(place)

    def drop(self, key: str) -> None:
        """Forget what is at ``key``, if anything is."""
        place = self._place(key)
        if self._notes[place].pop(key, None) is not None:
            self._touched.add(place)

    def notes(self) -> dict[str, bytes]:
        """Return the notes that have changed since the last call, to be stored before anything else is waited for."""
        touched, self._touched = self._touched, set()
        return {f"{self._name}.{number}": encode(self._notes[number]) for number in touched}

    def items(self) -> list[tuple[str, T]]:
        """Return all records with their keys, as of now."""
        return list(chain.from_iterable([list(records.items()) for records in self._notes]))

    def __iter__(self) -> Iterator[T]:
        """Yield all records as of now; another thread may ask (each ``list`` of a dictionary is one step to it)."""
        return chain.from_iterable([list(records.values()) for records in self._notes])

    def __len__(self) -> int:
        return sum(map(len, self._notes))

    def _place(self, key: str) -> int:
        return crc32(key.encode()) % len(self._notes)
