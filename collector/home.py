"""The collector's folder: its database, its command key, its name; made on first use, readable by nobody else."""

import os
import re
import secrets
from pathlib import Path

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class BadHome(Exception):
    """The folder cannot be used; the message says why."""


class Home:
    """Where everything lies. Opening makes the folder (mode 0700); ``BadHome`` when that cannot be."""

    def __init__(self, data: Path) -> None:
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BadHome(f"{data}: {error.strerror}") from error
        if not os.access(data, os.W_OK):
            raise BadHome(f"{data}: not writable")
        self.database = data / "collector.db"
        self.command_key = data / "command-key"
        self._name = data / "name"

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
