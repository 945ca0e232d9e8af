"""Judges a configuration file in a process of its own: the parser's memory leaves with it, and nothing waits for it."""

import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from edge_agent.plan import SitePlan

_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Found:
    """One mistake or warning as it is logged: its code, ``file:line:col``, what is wrong and what to write instead."""

    code: str
    is_error: bool
    place: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """``site`` is what to run, ``None`` when the file is wrong."""

    site: SitePlan | None
    found: tuple[Found, ...]


class JudgeFailed(Exception):
    """The judging process itself came to grief (memory, time, a bug); ``str(error)`` is the end of what it said."""


def judge(path: Path, secrets_dir: Path, lists_dir: Path) -> Judgement:
    """Return what came of the file at ``path``, its secrets and its lists, after a second or so; ``JudgeFailed`` if
    nobody can tell.

    The answer travels over a pipe of this process as a pickle: no one else can write there.
    """
    command = [sys.executable, "-P", "-m", "edge_agent.judge", str(path), str(secrets_dir), str(lists_dir)]
    try:
        child = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=True)  # noqa: S603 - our own
        judgement = pickle.loads(child.stdout)  # noqa: S301 - see the docstring
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise JudgeFailed(said.rpartition("\n")[2] or f"exit {error.returncode}") from error
    except (subprocess.TimeoutExpired, OSError, pickle.UnpicklingError, EOFError) as error:
        raise JudgeFailed(str(error)) from error
    if not isinstance(judgement, Judgement):
        raise JudgeFailed("an answer of another kind")
    return judgement


def _judge_here(path: Path, secrets_dir: Path, lists_dir: Path) -> Judgement:
    from config.load import load
    from edge_agent.plan import plan_site

    loaded = load(path, secrets_dir=secrets_dir, lists_dir=lists_dir)
    found = tuple(
        Found(
            one.code,
            one.severity == "error",
            f"{one.file}:{one.place.line}:{one.place.col}",
            one.message("zh"),
            one.remedy("zh"),
        )
        for one in loaded.problems
    )
    return Judgement(None if loaded.settings is None else plan_site(loaded.settings), found)


def main() -> None:
    """Answer ``judge``: the file and the folders of its secrets and its lists are the arguments."""
    from edge_agent import judge as here  # under its own name, not as ``__main__``, so that the pickle names it

    sys.stdout.buffer.write(pickle.dumps(here._judge_here(*map(Path, sys.argv[1:]))))


if __name__ == "__main__":
    main()
