"""Adds entries to a gateway file, keeping its comments and order; what does not pass the check is not kept."""

import os
import shutil
import tempfile
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.load import Loaded, load
from edge_agent.technician.suggestion import SecretName, Suggestion

if TYPE_CHECKING:
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

_WIDE = 10_000


def as_yaml(suggestion: Suggestion, remark: str) -> str:
    """Return the entries as text to copy; ``remark`` goes before the options of a device that must be put right."""
    yaml, tree = _writer(), _mapping({})
    _add(tree, suggestion, remark)
    return _text(yaml, tree)


def append(path: Path, suggestion: Suggestion, remark: str) -> Loaded:
    """Add the entries to the file at ``path`` and return what ``edge-agent check`` says of it.

    Where that is an error the file stays as it was. ``OSError`` when it cannot be read or written, ``ValueError`` when
    it is no YAML mapping.
    """
    from ruamel.yaml.error import YAMLError

    yaml = _writer()
    try:
        tree = yaml.load(path.read_text("utf-8"))
    except YAMLError as error:
        raise ValueError(str(error)) from error
    if not isinstance(tree, dict):
        raise ValueError("not a mapping")
    _add(tree, suggestion, remark)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_text(yaml, tree))
        found = load(fresh, secrets_dir=path.parent / "secrets")
        if found.ok:
            shutil.copymode(path, fresh)
            with suppress(PermissionError):
                os.chown(fresh, path.stat().st_uid, path.stat().st_gid)
            fresh.replace(path)
        return found
    finally:
        fresh.unlink(missing_ok=True)


def _add(tree: Any, suggestion: Suggestion, remark: str) -> None:
    for section, entries in (("buses", suggestion.buses), ("devices", suggestion.devices)):
        if not entries:
            continue
        if not isinstance(tree.get(section), dict):
            tree[section] = _mapping({})
        for name, entry in entries.items():
            tree[section][name] = _flow(entry)
            if name in suggestion.todo and section == "devices":
                tree[section].yaml_add_eol_comment(f"{remark}: {', '.join(suggestion.todo[name])}", name)


def _writer() -> "YAML":
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _text(yaml: "YAML", tree: Any) -> str:
    stream = StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


def _mapping(entries: dict[str, Any]) -> "CommentedMap":
    from ruamel.yaml.comments import CommentedMap

    return CommentedMap(entries)


def _flow(entry: dict[str, Any]) -> "CommentedMap":
    flow = _mapping({name: _flow(value) if isinstance(value, dict) else _plain(value) for name, value in entry.items()})
    flow.fa.set_flow_style()
    return flow


def _plain(value: Any) -> Any:
    from ruamel.yaml.comments import TaggedScalar

    return TaggedScalar(value=str(value), style=None, tag="!secret") if isinstance(value, SecretName) else value
