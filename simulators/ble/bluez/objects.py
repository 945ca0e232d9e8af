"""The objects at ``org.bluez``: interfaces, properties, methods, and the signals when they come, change and go."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dbus_fast import Message, MessageType, Variant

from simulators.ble.bluez.errors import UNKNOWN_METHOD, UNKNOWN_OBJECT, UNKNOWN_PROPERTY, Refusal

OBJECT_MANAGER: Final = "org.freedesktop.DBus.ObjectManager"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"


@dataclass(frozen=True)
class Reply:
    """What a method returns. ``fds`` are closed by whoever sends it."""

    signature: str = ""
    body: list[Any] = field(default_factory=list)
    fds: list[int] = field(default_factory=list)


Method = Callable[[Message], Awaitable[Reply]]
Setter = Callable[[Any], Awaitable[None]]


@dataclass
class Node:
    """One object. ``methods`` and ``setters`` are by interface and name; a method that is not there does not exist."""

    interfaces: dict[str, dict[str, Variant]]
    methods: Mapping[tuple[str, str], Method] = field(default_factory=dict)
    setters: Mapping[tuple[str, str], Setter] = field(default_factory=dict)


class Objects:
    """The tree. ``emit`` sends a signal; it is called for every change, before the method returns."""

    def __init__(self, emit: Callable[[Message], None]) -> None:
        self._emit = emit
        self._nodes: dict[str, Node] = {}

    def add(self, path: str, node: Node) -> None:
        """Let an object come."""
        self._nodes[path] = node
        self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, node.interfaces])

    def extend(self, path: str, interface: str, properties: dict[str, Variant]) -> None:
        """Let an object have one more interface."""
        self._nodes[path].interfaces[interface] = properties
        self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: properties}])

    def shorten(self, path: str, interface: str) -> None:
        """Let an object lose an interface, if it has it."""
        node = self._nodes.get(path)
        if node is not None and node.interfaces.pop(interface, None) is not None:
            self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [path, [interface]])

    def remove(self, path: str) -> None:
        """Let an object and everything below it go, the lowest first."""
        for below in sorted((p for p in self._nodes if p == path or p.startswith(f"{path}/")), reverse=True):
            node = self._nodes.pop(below)
            self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [below, list(node.interfaces)])

    def forget(self) -> None:
        """Drop all of them without a word."""
        self._nodes.clear()

    def change(
        self,
        path: str,
        interface: str,
        changed: dict[str, Variant],
        invalidated: Iterable[str] = (),
        *,
        kept: bool = True,
    ) -> None:
        """Change properties of an object and say so; ``invalidated`` ones are gone. ``kept=False``: say only."""
        node = self._nodes.get(path)
        if node is None:
            return
        properties = node.interfaces[interface]
        if kept:
            properties.update(changed)
        gone = [name for name in invalidated if properties.pop(name, None) is not None]
        if changed or gone:
            self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, gone])

    def value(self, path: str, interface: str, name: str) -> Any:
        """Return a property's value; ``None`` where it has none."""
        node = self._nodes.get(path)
        variant = node.interfaces.get(interface, {}).get(name) if node is not None else None
        return variant.value if variant is not None else None

    def paths(self) -> list[str]:
        """Return the paths of all of them."""
        return list(self._nodes)

    async def answer(self, message: Message) -> Reply:
        """Do what a call asks for; ``Refusal`` says why not."""
        if message.interface == OBJECT_MANAGER and message.path == "/":
            return Reply("a{oa{sa{sv}}}", [{path: node.interfaces for path, node in self._nodes.items()}])
        node = self._nodes.get(message.path or "")
        if node is None:
            raise Refusal(UNKNOWN_OBJECT, f'Method "{message.member}" with object path "{message.path}" doesn\'t exist')
        if message.interface == PROPERTIES:
            return await _property(node, message)
        method = node.methods.get((message.interface or "", message.member or ""))
        if method is None:
            raise Refusal(
                UNKNOWN_METHOD, f'Method "{message.member}" on interface "{message.interface}" doesn\'t exist'
            )
        return await method(message)

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self._emit(
            Message(
                message_type=MessageType.SIGNAL,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body,
            )
        )


async def _property(node: Node, message: Message) -> Reply:
    interface, *rest = message.body
    properties = node.interfaces.get(interface)
    if properties is None:
        raise Refusal(UNKNOWN_PROPERTY, f"No such interface '{interface}'")
    if message.member == "GetAll":
        return Reply("a{sv}", [properties])
    name = rest[0] if rest else ""
    if message.member == "Get" and name in properties:
        return Reply("v", [properties[name]])
    setter = node.setters.get((interface, name))
    if message.member == "Set" and setter is not None:
        await setter(rest[1].value)
        return Reply()
    raise Refusal(UNKNOWN_PROPERTY, f"No such property '{name}'")
