"""Holds rules against what the site lets leave the box of where people are: section ``privacy`` of a gateway file."""

import re
from collections.abc import Iterable, Iterator

from config.device_class import DeviceClass
from config.document import Mapping, Scalar
from config.problems import Problem, problem


def check_whereabouts(
    node: Mapping, kind: DeviceClass, tree: Mapping, conditions: Iterable[Scalar]
) -> Iterator[Problem]:
    """Yield where the rule in ``node``, over devices of ``kind``, would tell beyond the box what is to stay on it.

    A rule that tells nobody (``record: false``) may use whatever it likes.
    """
    silent = node.get("record")
    if (tree.mapping("privacy").text("whereabouts") or "local") != "local":
        return
    if isinstance(silent, Scalar) and silent.value is False:
        return
    kept = kind.whereabouts()
    for sentence in _sentences(node):
        for name in sorted(kept & set(re.findall(r"\{(\w+)\}", str(sentence.value)))):
            yield problem("E214", sentence.place, given=name)
    for condition in conditions:
        for name in sorted(kept & set(re.findall(r"\w+", str(condition.value)))):
            yield problem("W214", condition.place, given=name)


def _sentences(node: Mapping) -> Iterator[Scalar]:
    said = node.get("say")
    for each in said.entries.values() if isinstance(said, Mapping) else (said,):
        if isinstance(each, Scalar):
            yield each
