"""YAML text as a tree in which every value knows its place, or the mistakes that keep it from being one."""

import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError, YAMLWarning
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from config.problems import Place, Problem, problem
from config.punctuation import wide_mark, wide_punctuation

_TAG: Final = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """``!secret name`` as it stands in a file."""

    name: str


@dataclass(frozen=True, slots=True)
class Scalar:
    """A plain value. ``end_line`` is the last line it covers; ``inner`` the column where its text begins, 0 where
    columns inside it cannot be told (escapes, several lines).
    """

    value: "bool | int | float | str | SecretRef | None"
    place: Place
    end_line: int
    inner: int

    def part(self, offset: int, length: int) -> Place:
        """Return the place of a part of the text, or of the whole where that cannot be told."""
        return Place(self.place.line, self.inner + offset, length) if self.inner else self.place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: "tuple[Tree, ...]"
    place: Place

    @property
    def value(self) -> list[Any]:
        """Return plain data."""
        return [item.value for item in self.items]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values; ``keys`` holds the place of each key."""

    entries: "dict[str, Tree]"
    keys: dict[str, Place]
    place: Place

    @property
    def value(self) -> dict[str, Any]:
        """Return plain data."""
        return {key: item.value for key, item in self.entries.items()}

    def get(self, key: str) -> "Tree | None":
        """Return the value of ``key``, or ``None``."""
        return self.entries.get(key)

    def mapping(self, key: str) -> "Mapping":
        """Return the mapping at ``key``, an empty one where there is none."""
        found = self.entries.get(key)
        return found if isinstance(found, Mapping) else Mapping({}, {}, self.place)

    def text(self, key: str) -> str | None:
        """Return the text at ``key``, ``None`` where there is none or it is something else."""
        found = self.entries.get(key)
        return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else None

    def number(self, key: str) -> int | None:
        """Return the integer at ``key``, ``None`` where there is none or it is something else."""
        found = self.entries.get(key)
        if isinstance(found, Scalar) and isinstance(found.value, int) and not isinstance(found.value, bool):
            return found.value
        return None


Tree: TypeAlias = Scalar | Sequence | Mapping


def scalars(tree: Tree, key: str = "") -> Iterator[tuple[str, Scalar]]:
    """Yield every scalar below ``tree`` with the key it stands under."""
    if isinstance(tree, Scalar):
        yield key, tree
    elif isinstance(tree, Sequence):
        for item in tree.items:
            yield from scalars(item, key)
    else:
        for name, item in tree.entries.items():
            yield from scalars(item, name)


def mappings(tree: Tree) -> Iterator[Mapping]:
    """Yield every mapping in ``tree``, itself included."""
    if isinstance(tree, Mapping):
        yield tree
    for item in tree.entries.values() if isinstance(tree, Mapping) else getattr(tree, "items", ()):
        yield from mappings(item)


def read_document(text: str) -> tuple[Mapping | None, list[Problem]]:
    """Return the tree of one YAML 1.2 document and what is wrong with its form; the tree is ``None`` if unusable."""
    lines = text.splitlines()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", YAMLWarning)  # an anchor given twice; aliases are refused below
            root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        return None, [_syntax(error, lines)]
    except (YAMLError, RecursionError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        return None, [problem("E001", Place(1, 1), zh=said, en=said, fix_zh="", fix_en="")]
    if not isinstance(root, MappingNode):
        return None, [_no_mapping(root, lines)]
    builder = _Builder(lines)
    tree = builder.build(root)
    return (tree if isinstance(tree, Mapping) else None), builder.problems


_NO_SPACE = re.compile(r"\s*(?:- )?(?P<key>[A-Za-z_][\w-]*):(?=[^\s/])")


def _no_mapping(root: YamlNode | None, lines: list[str]) -> Problem:
    for number, line in enumerate(lines, 1):
        if missing := _NO_SPACE.match(line):
            return problem("E003", Place(number, missing.end("key") + 1), key=missing["key"])
    if wide := wide_punctuation(lines, range(len(lines))):
        return wide
    zh, en = (
        ("文件是空的", "the file is empty")
        if root is None
        else ("最外层要是 “名字: 内容”", "the top must be “key: value”")
    )
    return problem("E001", Place(1, 1), zh=zh, en=en, fix_zh="参考 config/examples", fix_en="see config/examples")


def _syntax(error: MarkedYAMLError, lines: list[str]) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, col = (mark.line, mark.column) if mark is not None else (0, 0)
    said = error.problem or error.context or "?"
    for number in range(min(line, len(lines) - 1), max(-1, line - 3), -1):
        if missing := _NO_SPACE.match(lines[number]):
            return problem("E003", Place(number + 1, missing.end("key") + 1), key=missing["key"])
        if "\t" in said.replace("\\t", "\t") and lines[number].lstrip(" ").startswith("\t"):
            return problem("E004", Place(number + 1, lines[number].index("\t") + 1))
    opened = error.context_mark.line if error.context_mark is not None else line
    if wide := wide_punctuation(lines, [opened, *range(line - 2, line + 1)]):
        return wide
    zh, en, fix_zh, fix_en = _explain(said, error)
    if error.context_mark is not None and re.search("flow|quoted", error.context or ""):
        line, col = error.context_mark.line, error.context_mark.column
    return problem("E001", Place(line + 1, col + 1), zh=zh, en=en, fix_zh=fix_zh, fix_en=fix_en)


def _explain(said: str, error: MarkedYAMLError) -> tuple[str, str, str, str]:
    context = error.context or ""
    if "flow mapping" in context:
        return (
            "这个 { 没有配对的 }",
            "this { is never closed",
            "补上 }, 每项之间用逗号",
            "add }, and commas between entries",
        )
    if "flow" in context:
        return (
            "这个 [ 没有配对的 ]",
            "this [ is never closed",
            "补上 ], 每项之间用逗号",
            "add ], and commas between items",
        )
    if "quoted" in context:
        return "这个引号没有配对", "this quote is never closed", "补上引号", "add the quote"
    if "mapping values" in said:
        return (
            "冒号不该出现在这里",
            "a colon does not belong here",
            "文字里有冒号就加引号",
            "put text with a colon in quotes",
        )
    if "cannot start any token" in said:
        return "文字不能以这个符号开头", "a value cannot start with this character", "加引号", "put it in quotes"
    if "block" in context:
        return (
            "缩进和上面不一致",
            "the indentation does not fit the lines above",
            "同级的行缩进要一样",
            "indent equally",
        )
    if "single document" in context:
        return "一个文件只能有一份配置", "one file holds one document", "去掉 --- 以下的部分", "remove what follows ---"
    return said, said, "", ""


class _Builder:
    """Turns composed nodes into trees and collects what YAML allows and a gateway file does not."""

    def __init__(self, lines: list[str]) -> None:
        self.problems: list[Problem] = []
        self._lines = lines
        self._seen: set[int] = set()

    def build(self, node: YamlNode) -> Tree:
        place = self._place(node)
        if id(node) in self._seen:
            self.problems.append(problem("E006", place))
            return Scalar(None, place, place.line, 0)
        self._seen.add(id(node))
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            return Sequence(tuple(self.build(item) for item in node.value), place)
        if not isinstance(node, ScalarNode):
            raise TypeError(type(node).__name__)
        return self._scalar(node, place)

    def _mapping(self, node: MappingNode, place: Place) -> Mapping:
        found = Mapping({}, {}, place)
        for key_node, value_node in node.value:
            at = self._place(key_node)
            key = str(key_node.value) if isinstance(key_node, ScalarNode) else "?"
            plain = isinstance(key_node, ScalarNode) and key_node.style is None
            glued = re.match(r"([A-Za-z_][\w-]*):(?!//).", key) if plain else None
            if glued and isinstance(value_node, ScalarNode) and not value_node.value:
                self.problems.append(problem("E003", Place(at.line, at.col + len(glued[1])), key=glued[1]))
                continue
            wide = re.match(r"[A-Za-z_][\w-]*[ ]*：", key) if plain else None
            if wide and isinstance(value_node, ScalarNode) and not value_node.value:
                self.problems.append(wide_mark("：", Place(at.line, at.col + wide.end() - 1)))
                continue
            if key in found.entries:
                self.problems.append(problem("E002", at, key=key, first=found.keys[key].line))
                continue
            found.keys[key] = at
            found.entries[key] = self.build(value_node)
        return found

    def _scalar(self, node: ScalarNode, place: Place) -> Scalar:
        tag = str(node.tag)
        value: bool | int | float | str | SecretRef | None
        value = SecretRef(node.value) if tag == "!secret" else _plain(tag.removeprefix(_TAG), node.value)
        end = node.end_mark.line + 1
        quotes = 1 if node.style in ("'", '"') else 0
        direct = end == place.line and tag != "!secret" and place.length == len(node.value) + 2 * quotes
        return Scalar(value, place, end, place.col + quotes if direct else 0)

    def _place(self, node: YamlNode) -> Place:
        start, end = node.start_mark, node.end_mark
        if end.line == start.line:
            length = end.column - start.column
        else:
            length = len(self._lines[start.line].rstrip()) - start.column if start.line < len(self._lines) else 1
        return Place(start.line + 1, start.column + 1, max(1, length))


def _plain(tag: str, text: str) -> bool | int | float | str | None:
    """Return what a plain scalar means in YAML 1.2; dates, infinities and the like stay text."""
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() == "true"
    try:
        if tag == "int":
            based = text.lower().lstrip("+-").startswith(("0x", "0o"))
            return int(text.replace("_", ""), 0) if based else int(text)
        if tag == "float" and math.isfinite(float(text)):
            return float(text)
    except ValueError:  # thousands of digits, or a number that only YAML calls one
        return text
    return text
