"""What stands in a camera's answer, taken without believing that it is there or that it is a number."""

from math import isfinite

from drivers.onvif.events.tree import Node


def text(node: Node, *path: str) -> str:
    """Return the text of the descendant by that path, empty where there is none."""
    found = node.child(*path)
    return found.text.strip() if found is not None else ""


def number(node: Node, *path: str) -> float | None:
    """Return it as a number that is not negative, ``None`` where it is none."""
    try:
        found = float(text(node, *path))
    except ValueError:
        return None
    return found if isfinite(found) and 0 <= found < 1e9 else None


def whole(node: Node, *path: str) -> int:
    """Return it as a whole number, 0 where it is none."""
    return int(number(node, *path) or 0)
