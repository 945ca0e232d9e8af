"""The counter at the box: a Unix socket in the state directory, where people look at alarms and take care of them.

A socket and not a folder of slips, because whoever stands there needs the answer; not the health page, because that is
for everybody who can reach it. Who may come is who may enter the state directory (mode 0700): root and the agent's own
user, whom the guard's account becomes by a rule of sudo. The socket itself is mode 0600.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.alarms.alarm import Deed, DeedRefused, Verb
from edge_agent.alarms.desk import AlarmDesk
from edge_agent.alarms.rows import alarm_row
from runtime.clock import Clock
from runtime.logs import get_logger

SOCKET = "alarms.sock"
"""Its name in the agent's state directory."""

TIMEOUT_S = 10.0
"""A visitor who says nothing for so long is shown out."""

LIMIT = 16 * 1024
"""Most bytes of one question."""

_log = get_logger("counter")


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question, a line of JSON: ``do`` is ``list``, ``show`` or a verb; ``for_s`` says how long to shelve."""

    do: str
    alert: str = ""
    who: str = ""
    note: str = ""
    for_s: float = 0.0


class Counter:
    """Answers questions about alarms. ``told`` says of an alert to whom it was told, line by line as JSON-able data."""

    def __init__(self, state: Path, desk: AlarmDesk, clock: Clock, told: Callable[[str], list[dict[str, Any]]]) -> None:
        self._state, self._desk, self._clock, self._told = state, desk, clock, told

    async def run(self) -> None:
        """Serve until cancelled; without a state directory to put it in there is no counter, and one line says so."""
        try:
            listening = _bound(self._state)
        except OSError as error:
            _log.error("no_counter", error=str(error))
            return
        server = await asyncio.start_unix_server(self._serve, sock=listening, limit=LIMIT)
        try:
            await server.serve_forever()
        finally:
            with suppress(OSError):
                (self._state / SOCKET).unlink()

    async def answer(self, question: Question) -> dict[str, Any]:
        """Return the answer as JSON-able data, ``refused`` and a word where it is not done."""
        try:
            if question.do == "list":
                return {"alarms": [alarm_row(self._desk.book, alarm) for alarm in self._desk.book.alarms()]}
            if question.do == "show":
                alarm = self._desk.book.find(question.alert)
                return {"alarm": alarm_row(self._desk.book, alarm), "told": self._told(alarm.alert)}
            if question.do not in list(Verb):
                raise DeedRefused("unknown_verb", question.do)
            now = self._clock.now()
            until = now + round(question.for_s * 1_000_000) if question.for_s else 0
            deed = Deed(Verb(question.do), question.alert, question.who, now, question.note, until)
            change = await self._desk.here(deed)
        except DeedRefused as error:
            return {"refused": error.word, "detail": error.detail}
        found = self._desk.book.get(change.alert)
        return {"done": question.do, "alarm": None if found is None else alarm_row(self._desk.book, found)}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                line = await reader.readline()
            question = msgspec.json.decode(line, type=Question)
            if question.do in list(Verb):
                _log.info("asked_at_the_counter", did=question.do, who=question.who, uid=_uid(writer))
            answer = await self.answer(question)
        except (TimeoutError, ValueError, OSError, msgspec.MsgspecError) as error:
            answer = {"refused": "not_understood", "detail": str(error)}
        try:
            writer.write(msgspec.json.encode(answer) + b"\n")
            await writer.drain()
        except OSError:
            pass  # who asked has left
        finally:
            writer.close()


def ask(state: Path, question: Question) -> dict[str, Any]:
    """Ask the agent that runs on ``state``; ``OSError`` where none answers, ``ValueError`` for an answer of no kind."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line, _short(state) as short:
        line.settimeout(TIMEOUT_S)
        line.connect(f"{short}/{SOCKET}")
        line.sendall(msgspec.json.encode(question) + b"\n")
        with line.makefile("rb") as answer:
            try:
                return msgspec.json.decode(answer.readline(), type=dict[str, Any])
            except msgspec.MsgspecError as error:
                raise ValueError(str(error)) from error


def _bound(state: Path) -> socket.socket:
    """Return the socket, bound. One that is there was left by an agent that is gone: the buffer's lock says so."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with suppress(FileNotFoundError):
            (state / SOCKET).unlink()
        with _short(state) as short:
            made.bind(f"{short}/{SOCKET}")
        (state / SOCKET).chmod(0o600)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Give a folder a name that fits into a socket's address, which holds 107 bytes."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{number}"
    finally:
        os.close(number)


def _uid(writer: asyncio.StreamWriter) -> int:
    """Return which user is on the other end."""
    line = writer.get_extra_info("socket")
    _, uid, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(uid)
