"""Builds the C shim and steers it: what a disk does to the files of one buffer, from one moment to the next."""

import errno
import mmap
import struct
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

SOURCE = Path(__file__).with_name("shim.c")
_FIELDS = ("sync_ms", "full", "error", "no_new_files", "free_bytes", "no_real_sync", "syncs", "written")
_WELL = {"full": 0, "error": 0, "no_new_files": 0, "free_bytes": -1}

TROUBLES = {
    "full": {"full": 1, "free_bytes": 0},
    "inodes": {"no_new_files": 1},
    "broken": {"error": errno.EIO},
    "read-only": {"error": errno.EROFS},
    "slow": {"sync_ms": 100},
}
"""What can be wrong with a disk, by name. ``full``: others took the rest of it. What is there can be overwritten;
what grows needs the room that something of ours gave back."""


@cache
def library() -> Path:
    """Return the shim, compiled once for this run; ``CalledProcessError`` with the compiler's words."""
    made = Path(mkdtemp(prefix="linli-shim-")) / "shim.so"
    command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(made), str(SOURCE), "-ldl"]
    subprocess.run([*command, "-lpthread"], check=True, capture_output=True, text=True)
    return made


class Disk:
    """The disk under ``file`` and every file whose path begins with its path. ``folder`` is for the shim's own files.

    ``environment`` is for the one process that shall have this disk. With ``recorded`` every change goes to ``log``.
    """

    def __init__(self, file: Path, folder: Path, *, recorded: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file, self.log = file, folder / "disk.log"
        self._place = folder / "disk.control"
        self._place.write_bytes(bytes(8 * len(_FIELDS)))
        with self._place.open("r+b") as opened:
            self._control = mmap.mmap(opened.fileno(), 0)
        self._recorded = recorded
        self.heal()

    @property
    def environment(self) -> dict[str, str]:
        """What the process needs to be started with."""
        chosen = {"LD_PRELOAD": str(library()), "RIG_DISK_FILES": str(self.file), "RIG_DISK_CONTROL": str(self._place)}
        return {**chosen, "RIG_DISK_LOG": str(self.log)} if self._recorded else chosen

    def suffer(self, trouble: str) -> None:
        """Have a trouble of ``TROUBLES`` from now on, beside those that it has."""
        for name, value in TROUBLES[trouble].items():
            self._set(name, value)

    def heal(self, trouble: str = "") -> None:
        """Be well again, of one trouble or of all (a slow disk stays slow until it is named)."""
        for name, value in _WELL.items():
            if not trouble or name in TROUBLES[trouble]:
                self._set(name, value)
        if trouble == "slow":
            self._set("sync_ms", 0)

    def skip_real_syncs(self) -> None:
        """Record syncs without doing them: for tests that only replay the record."""
        self._set("no_real_sync", 1)

    @property
    def syncs(self) -> int:
        """How many syncs there were."""
        return self._get("syncs")

    @property
    def written(self) -> int:
        """How many bytes the process wrote to the files."""
        return self._get("written")

    def close(self) -> None:
        """Let the control go; the process keeps its own."""
        self._control.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _set(self, name: str, value: int) -> None:
        struct.pack_into("<q", self._control, 8 * _FIELDS.index(name), value)

    def _get(self, name: str) -> int:
        return int(struct.unpack_from("<q", self._control, 8 * _FIELDS.index(name))[0])
