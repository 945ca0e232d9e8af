"""The collector's folder: its database, its command key, its name; made on first use, readable by nobody else."""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class BadHome(Exception):
    """The folder cannot be used; the message says why."""


class HomeInUse(BadHome):
    """Another collector runs on this folder."""


class Home:
    """Where everything lies. Opening makes the folder (mode 0700); ``BadHome`` when that cannot be."""

    def __init__(self, data: Path) -> None:
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise BadHome(f"{data}: 不是文件夹 not a folder") from error
        except OSError as error:
            raise BadHome(f"{data}: 不能新建这个文件夹 the folder cannot be made ({error.strerror})") from error
        if not os.access(data, os.W_OK):
            raise BadHome(f"{data}: 不能写, 请用 linli-collector 用户执行 not writable")
        self.database = data / "collector.db"
        self.command_key = data / "command-key"
        self._name = data / "name"
        self._lock = data / "lock"

    @contextmanager
    def served(self) -> Iterator[None]:
        """Hold the folder for one server; ``HomeInUse`` when another has it.

        Two would each believe a token once and send every command twice. The other commands need no hold.
        """
        with open(self._lock, "ab") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise HomeInUse(str(self._lock)) from error
            yield

    def name(self) -> str:
        """Return the collector's name, the audience of every gateway's tokens; made once, at random."""
        try:
            name = self._name.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return self._new_name()
        if not _NAME.fullmatch(name):
            raise BadHome(f"{self._name}: not a name (a-z, 0-9, inner hyphens)")
        return name

    def _new_name(self) -> str:
        name = f"collector-{secrets.token_hex(4)}"
        draft = self._name.with_name(f"name.{os.getpid()}")
        draft.write_text(name + "\n", encoding="utf-8")
        try:
            os.link(draft, self._name)
        except FileExistsError:
            return self.name()
        finally:
            draft.unlink()
        return name
