"""XML from strangers to a small tree: no DTD, no entities, no namespaces, and never more than it may hold."""

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from drivers.api.errors import CorruptAnswer

LARGEST: Final = 1024 * 1024
"""Bytes; metadata streams carry pictures inline."""
DEEPEST: Final = 40
MOST: Final = 20_000
"""Elements of one document."""
LONGEST: Final = 4096
"""Characters of one element's text that are kept; the rest (an inline picture) is dropped."""

_CHINESE: Final = re.compile(rb"""^<\?xml[^>]{0,100}encoding\s*=\s*["'](?:gb2312|gbk|gb18030)["']""", re.IGNORECASE)


class Node:
    """An element: its name and its attributes' names without prefixes, its own text, its children in order."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = tag, attributes
        self.text = ""
        self.children: list[Node] = []

    def child(self, *path: str) -> "Node | None":
        """Return the first descendant by that path of names, ``None`` where there is none."""
        found: Node | None = self
        for tag in path:
            found = next((one for one in found.children if one.tag == tag), None) if found is not None else None
        return found

    def all(self, tag: str) -> "Iterator[Node]":
        """Yield every element of that name below this one, in order; not those inside one of them."""
        waiting = self.children[::-1]
        while waiting:
            one = waiting.pop()
            if one.tag == tag:
                yield one
            else:
                waiting.extend(reversed(one.children))

    def leaves(self) -> Iterator[tuple[str, "Node"]]:
        """Yield each childless element below with the name of what it lies in, in order."""
        waiting = [(self.tag, one) for one in reversed(self.children)]
        while waiting:
            parent, one = waiting.pop()
            if one.children:
                waiting.extend((one.tag, inner) for inner in reversed(one.children))
            else:
                yield parent, one


def tree(body: bytes) -> Node:
    """Return the root; ``CorruptAnswer`` for what is too large, too deep, incomplete, or declares anything."""
    if len(body) > LARGEST:
        raise CorruptAnswer(f"{len(body)} bytes of XML, {LARGEST} at most are taken")
    encoding = None
    if _CHINESE.match(body):
        body, encoding = body.decode("gb18030", "replace").encode(), "utf-8"
    try:
        return _Builder(encoding).build(body)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise CorruptAnswer(f"not XML: {error}") from error


class _Builder:
    """Takes what the parser says."""

    def __init__(self, encoding: str | None) -> None:
        self._parser = expat.ParserCreate(encoding)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._top = Node("", {})
        self._open = [self._top]
        self._count = 0

    def build(self, body: bytes) -> Node:
        self._parser.Parse(body, True)
        return self._top.children[0]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST or len(self._open) > DEEPEST:
            raise CorruptAnswer("XML of too many or too deep elements")
        if attributes:
            attributes = {key.rpartition(":")[2]: value for key, value in attributes.items() if key[:5] != "xmlns"}
        node = Node(name.rpartition(":")[2], attributes)
        self._open[-1].children.append(node)
        self._open.append(node)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        node = self._open[-1]
        if len(node.text) < LONGEST:
            node.text += text[: LONGEST - len(node.text)]

    def _refuse(self, *_declared: object) -> None:
        raise CorruptAnswer("XML with a document type, which no camera needs")
