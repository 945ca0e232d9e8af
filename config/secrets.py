"""Secrets live in files of their own beside the configuration; this reads the ones a file names."""

from pathlib import Path

from config.document import Mapping, SecretRef, scalars
from config.hidden import Secret
from config.masks import is_personal, is_secret_key
from config.problems import Problem, problem


def read_secrets(tree: Mapping, home: Path) -> tuple[dict[str, Secret], list[Problem]]:
    """Return the value of every ``!secret name`` in ``tree`` (first line of ``home/name``), and what is wrong.

    A file that others can read is a warning. Names are plain words: a path is not followed.
    """
    values: dict[str, Secret] = {}
    found: list[Problem] = []
    for _, scalar in scalars(tree):
        if not isinstance(scalar.value, SecretRef) or scalar.value.name in values:
            continue
        name = scalar.value.name
        path = home / name
        try:
            if not name or Path(name).name != name or name.startswith("."):
                raise FileNotFoundError(name)
            text = path.read_text(encoding="utf-8")
            others = path.stat().st_mode & 0o077
        except (OSError, UnicodeDecodeError):
            found.append(problem("E302", scalar.place, given=name, path=f"{home.name}/{name or '…'}"))
            continue
        values[name] = Secret(text.split("\n", 1)[0].strip())
        if others:
            found.append(problem("W303", scalar.place, path=f"{home.name}/{name}"))
    return values, found


def check_privacy(tree: Mapping) -> list[Problem]:
    """Return every password in clear (E301) and every identity or phone number (E303) in the file."""
    found: list[Problem] = []
    for key, scalar in scalars(tree):
        if isinstance(scalar.value, SecretRef) or scalar.value is None:
            continue
        if is_secret_key(key) and not isinstance(scalar.value, bool):
            found.append(problem("E301", scalar.place, key=key, name=f"my_{key}"))
        elif is_personal(str(scalar.value)):
            found.append(problem("E303", scalar.place))
    return found
