"""One thread that reads the plates of all cameras: of each camera only the newest picture waits."""

import asyncio
import atexit
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeAlias

from drivers.api.plates import PlateRead, ReadsPlates
from drivers.api.registry import plate_reader

SNAPSHOTS: Final = 8
"""So many single pictures wait at once; one more is refused."""

PARTING_S: Final = 3.0

Job: TypeAlias = Callable[[Callable[[str], ReadsPlates]], None]
"""What is done on the thread; it is given what opens a reader for plates that begin so."""


def local_reader(home: str) -> ReadsPlates:
    """Return this box's reader of plates that begin so; ``ModelsMissing``."""
    return plate_reader(home=home)


class Busy(RuntimeError):
    """More pictures are to be read than can be."""


class Reader:
    """Shared by the cameras of a bus. The networks are loaded with the first picture, on the thread itself."""

    def __init__(self, opens: Callable[[str], ReadsPlates] = local_reader) -> None:
        """``opens`` returns a reader of plates for the way in which plates begin here; it may take a second."""
        self._opens = opens
        self._engines: dict[str, ReadsPlates] = {}
        self._jobs: dict[str, Job] = {}
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._asked: dict[str, Future[list[PlateRead]]] = {}
        self._numbers = 0

    def offer(self, camera: str, job: Job) -> None:
        """Have ``job`` done soon; one of the same camera that still waits is dropped for it. From any thread."""
        with self._wake:
            if self._closed:
                return
            self._jobs[camera] = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="plates", daemon=True)
                self._thread.start()
                atexit.register(self._end)
            self._wake.notify()

    async def read(self, picture: bytes, home: str = "") -> list[PlateRead]:
        """Return the plates of an encoded picture; ``NoPicture``, ``ModelsMissing``, ``Busy``."""
        answer: Future[list[PlateRead]] = Future()

        def job(engine: Callable[[str], ReadsPlates]) -> None:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                answer.set_result(engine(home).read(picture))
            except Exception as error:  # noqa: BLE001 - a thread's boundary: whoever waits is told
                answer.set_exception(error)

        with self._wake:
            if len(self._asked) >= SNAPSHOTS or self._closed:
                raise Busy("too many pictures wait to be read")
            self._numbers += 1
            name = f" {self._numbers}"
            self._asked[name] = answer
        self.offer(name, job)
        try:
            return await asyncio.wrap_future(answer)
        finally:
            self._asked.pop(name, None)

    async def close(self) -> None:
        """Wait until the thread has ended what it does now; what waits is dropped."""
        await asyncio.to_thread(self._end)
        atexit.unregister(self._end)

    def _end(self) -> None:
        """Also done when the program ends: a thread that is cut off within a network's code aborts the process."""
        with self._wake:
            self._closed = True
            self._jobs.clear()
            for answer in self._asked.values():
                answer.cancel()
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(PARTING_S)

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._jobs and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
                job = self._jobs.pop(next(iter(self._jobs)))
            job(self._engine)

    def _engine(self, home: str) -> ReadsPlates:
        if home not in self._engines:
            self._engines[home] = self._opens(home)
        return self._engines[home]
