"""Runs a command under a unit's seccomp rules, as the service manager would, on a machine where it does not run.

``python -m tests.systemd.sandbox UNIT COMMAND...`` applies ``SystemCallFilter``, ``RestrictAddressFamilies`` and
``MemoryDenyWriteExecute``. The rest of a unit (mounts, devices, users) takes a service manager.
"""

import ctypes
import errno
import mmap
import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.systemd.units import allowed_calls, value

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EQUAL, _MASKED = 4, 7
_PROT_WRITE_EXEC = mmap.PROT_WRITE | mmap.PROT_EXEC
_SHM_EXEC = 0o100000
_NO_NEW_PRIVILEGES = 38
_FAMILIES = 64  # more than Linux has


class _Comparison(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


class _Filter:
    """One seccomp filter; ``OSError`` when the kernel does not take it."""

    def __init__(self, otherwise: int) -> None:
        self._library = library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(otherwise)))

    def rule(self, action: int, call: str, *comparisons: tuple[int, int, int, int]) -> None:
        """Do ``action`` for ``call`` when all comparisons hold; a call that this machine does not have is left out."""
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:
            return
        array = (_Comparison * len(comparisons))(*(_Comparison(*one) for one in comparisons))
        code = self._library.seccomp_rule_add_array(
            self._context, ctypes.c_uint32(action), number, len(comparisons), array
        )
        if code:
            raise OSError(-code, call)

    def load(self) -> None:
        code = self._library.seccomp_load(self._context)
        if code:
            raise OSError(-code, "seccomp_load")


def _deny_write_execute() -> None:
    rules, deny = _Filter(_ALLOW), _ERRNO | errno.EPERM
    rules.rule(deny, "mmap", (2, _MASKED, _PROT_WRITE_EXEC, _PROT_WRITE_EXEC))
    for call in ("mprotect", "pkey_mprotect"):
        rules.rule(deny, call, (2, _MASKED, mmap.PROT_EXEC, mmap.PROT_EXEC))
    rules.rule(deny, "shmat", (2, _MASKED, _SHM_EXEC, _SHM_EXEC))
    rules.load()


def _restrict_families(allowed: Iterable[int]) -> None:
    rules = _Filter(_ALLOW)
    for number in set(range(_FAMILIES)) - set(allowed):
        rules.rule(_ERRNO | errno.EAFNOSUPPORT, "socket", (0, _EQUAL, number, 0))
    rules.load()


def _allow_only(calls: Iterable[str]) -> None:
    rules = _Filter(_ERRNO | errno.EPERM)
    for call in sorted(calls):
        rules.rule(_ALLOW, call)
    rules.load()


def confine(unit: Path) -> None:
    """Put this process, and all that it becomes or starts, under ``unit``'s rules for ever."""
    families = [int(getattr(socket, name)) for name in value(unit, "RestrictAddressFamilies").split()]
    calls = allowed_calls(unit)
    if ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if value(unit, "MemoryDenyWriteExecute") == "yes":
        _deny_write_execute()
    _restrict_families(families)
    _allow_only(calls)


if __name__ == "__main__":
    confine(Path(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - what the test asked for
