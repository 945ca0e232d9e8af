"""What the ``collector`` command says: in which language, and what a person has to do when it cannot."""

import errno
import json
import os
import sys
from contextvars import ContextVar
from typing import NoReturn

import typer

_CANNOT = 2
_lang: ContextVar[str] = ContextVar("lang", default="zh")


def speak(lang: str | None) -> None:
    """Use ``zh`` or ``en`` from now on; where none is asked for, English if ``LANG`` begins with it, else Chinese."""
    _lang.set(lang or ("en" if os.environ.get("LANG", "").startswith("en") else "zh"))


def fail(message: str) -> NoReturn:
    """End with ``message`` on standard error and the status of what could not be done."""
    print(message, file=sys.stderr)
    raise typer.Exit(_CANNOT)


def note(zh: str, en: str) -> None:
    """Tell the person something beside the answer, on standard error."""
    print(say(zh, en), file=sys.stderr)


def no_listener(host: str, port: int, error: OSError) -> str:
    """Say why nobody can listen at ``host:port``, and what to do."""
    what = {
        errno.EADDRINUSE: (
            "端口已被占用, 先停掉占用它的程序, 或换 --port",
            "the port is taken; stop its owner or use --port",
        ),
        errno.EADDRNOTAVAIL: ("本机没有这个地址, 检查 --host", "this machine has no such address; check --host"),
        errno.EACCES: ("1024 以下的端口要特权, 换 --port", "ports below 1024 take privileges; use --port"),
    }
    said = error.strerror or str(error)
    zh, en = what.get(error.errno or 0, (said, said))
    return say(f"{host}:{port}: {zh}", f"{host}:{port}: {en}")


def say(zh: str, en: str) -> str:
    """Return the one of the two that the person reads."""
    return en if _lang.get() == "en" else zh


def print_json(value: object) -> None:
    """Print the answer for a program."""
    print(json.dumps(value, ensure_ascii=False))


def local(at: int) -> str:
    """Return a stored time as this machine's clock shows it, with its zone."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1_000_000, UTC).astimezone().isoformat(sep=" ", timespec="seconds")
