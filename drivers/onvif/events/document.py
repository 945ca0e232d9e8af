"""JSON from strangers to a flat table of texts, bounded in size, depth and number."""

import re
from typing import Any, Final

import msgspec

from drivers.api.errors import CorruptAnswer

LARGEST: Final = 256 * 1024
MOST: Final = 400
"""Entries that are taken from one document."""

_COMMENT: Final = re.compile(rb'("(?:[^"\\\n]|\\.)*")|//[^\n]*')
_LONGEST: Final = 1000
_LARGEST_WITH_COMMENTS: Final = 2048


def document(body: bytes) -> dict[str, Any]:
    """Return the object that ``body`` is, ``CorruptAnswer`` for anything else. Comments to the end of a line are passed
    over: door stations are described, and imitated, with them.
    """
    if len(body) > LARGEST:
        raise CorruptAnswer(f"{len(body)} bytes of JSON, {LARGEST} at most are taken")
    try:
        try:
            said = msgspec.json.decode(body)
        except msgspec.DecodeError:
            if b"//" not in body or len(body) > _LARGEST_WITH_COMMENTS:
                raise
            said = msgspec.json.decode(_COMMENT.sub(rb"\1", body))
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise CorruptAnswer(f"not JSON: {error}") from error
    if not isinstance(said, dict):
        raise CorruptAnswer("JSON that is no object")
    return said


def flat(said: dict[str, Any]) -> dict[str, str]:
    """Return what stands in ``said`` and one level below, as texts; of a list its first entry."""
    found: dict[str, str] = {}
    for name, value in said.items():
        if len(found) >= MOST:
            break
        if isinstance(value, dict):
            for inner, below in list(value.items())[:MOST]:
                _put(found, f"{name}.{inner}", below)
        else:
            _put(found, name, value)
    return found


def _put(found: dict[str, str], name: str, value: Any) -> None:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, bool):
        found[name] = "true" if value else "false"
    elif isinstance(value, str):
        found[name] = value[:_LONGEST]
    elif isinstance(value, int | float) and abs(value) < 1e15:
        found[name] = str(int(value)) if value == int(value) else str(value)
