"""Holds a file's section ``pictures`` against itself: where none is kept nothing can be said of how long or many."""

from collections.abc import Iterator

from config.document import Mapping, Scalar
from config.problems import Problem, problem


def check_pictures(tree: Mapping) -> Iterator[Problem]:
    """Yield where the keys of ``pictures`` contradict each other (E230)."""
    section = tree.mapping("pictures")
    why = "personal: drop" if section.text("personal") == "drop" else "keep: 0" if _is_none(section) else ""
    idle = ("keep", "max_size") if why.startswith("personal") else ("max_size", "personal") if why else ()
    for key in idle:
        written = section.get(key)
        if isinstance(written, Scalar) and written.value != 0:
            yield problem("E230", written.place, key=key, why=why)


def _is_none(section: Mapping) -> bool:
    written = section.get("keep")
    return isinstance(written, Scalar) and type(written.value) is int and written.value == 0
