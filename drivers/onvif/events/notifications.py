"""ONVIF notifications to messages: a PullPoint's answer, a Notify, or what stands among metadata; several in one."""

from collections.abc import Iterator
from typing import Final

from drivers.onvif.events.told import Message
from drivers.onvif.events.tree import Node

MOST_ITEMS: Final = 100
_OPERATIONS: Final = {"Initialized": "initial", "Deleted": "deleted"}
_SOURCES: Final = ("Source", "Key")


def notifications(root: Node) -> Iterator[Message]:
    """Yield what ``root`` notifies of. Source, Data and PropertyOperation may be missing, and prefixes mean nothing:
    makers write them without declaring them.
    """
    for one in root.all("NotificationMessage"):
        topic, message = one.child("Topic"), one.child("Message", "Message")
        if topic is None or message is None:
            continue
        data = _items(message.child("Data"))
        sources = {name: value for part in _SOURCES for name, value in _items(message.child(part)).items()}
        yield Message(
            "onvif",
            "/".join(part.rpartition(":")[2] for part in topic.text.strip().split("/")),
            sources | data,
            next(iter(sources.values()), ""),
            _OPERATIONS.get(message.attributes.get("PropertyOperation", ""), ""),
            message.attributes.get("UtcTime", ""),
        )


def leaves(node: Node, root: str = "") -> dict[str, str]:
    """Return the texts below ``node`` by the names of what they lie in and their own, directly below ``root`` by their
    own alone; the first of several counts. ``Likelihood`` of an element stands beside it.
    """
    found: dict[str, str] = {}
    for parent, leaf in node.leaves():
        if len(found) >= MOST_ITEMS:
            break
        if leaf.tag == "Property":
            parent, name = "Property", leaf.attributes.get("name", "")
        else:
            name = leaf.tag
        key = name if parent == root else f"{parent}.{name}"
        found.setdefault(key, leaf.text)
        if "Likelihood" in leaf.attributes:
            found.setdefault(f"{key}.Likelihood", leaf.attributes["Likelihood"])
    return found


def _items(part: Node | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in part.children if part is not None else ():
        if len(found) >= MOST_ITEMS:
            break
        if item.tag == "SimpleItem":
            found.setdefault(item.attributes.get("Name", ""), item.attributes.get("Value", ""))
        elif item.tag == "ElementItem":
            found.update(leaves(item))
    return found
