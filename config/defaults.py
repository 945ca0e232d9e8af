"""The default rules of the devices at hand, and how much of a condition a device can know."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from config.catalog import ClassRule, DeviceClass, class_names, common_rules, load_class
from config.devices import Devices, FoundDevice
from config.duration import parse_duration
from config.expression import ExpressionError, parse
from config.facts import Facts
from config.pruning import pruned
from config.settings import DeviceFacts
from config.terms import (
    Absent,
    Expression,
    Happened,
    InList,
    Node,
    Point,
    Reported,
    Setting,
    Signal,
    Without,
    parts,
    walk,
)
from config.wording import text_of


@dataclass(slots=True)
class Group:
    """The devices of one class."""

    kind: DeviceClass
    devices: list[FoundDevice] = field(default_factory=list)

    @property
    def reported(self) -> frozenset[str]:
        """The points that some device of it gives."""
        return frozenset().union(*(device.points for device in self.devices))

    def defaults(self) -> dict[str, ClassRule]:
        """Return the default rules by id; the class's own go before the common ones."""
        common = {rule.id: rule for rule in common_rules() if fits(rule, self.kind)}
        return common | {rule.id: rule for rule in self.kind.rules}


def groups_of(devices: Devices) -> dict[str, Group]:
    """Return the devices by class."""
    groups: dict[str, Group] = {}
    for device in devices.found.values():
        groups.setdefault(device.kind.id, Group(device.kind)).devices.append(device)
    return groups


@lru_cache(maxsize=4096)
def tree_of(text: str | None) -> Expression | None:
    """Return the tree of a condition, ``None`` for none and for what cannot be read (the check has said so)."""
    try:
        return parse(text) if text is not None else None
    except ExpressionError:
        return None


def fits(rule: ClassRule, kind: DeviceClass) -> bool:
    """Tell whether a common rule is about what devices of class ``kind`` can say.

    One about silence is not for a class whose own rules say how long its devices may be silent.
    """
    tree = tree_of(rule.when)
    if tree is None or (rule.patience and any(_silences(tree_of(own.when)) for own in kind.rules)):
        return False
    return all(_names_of(each, kind) for each in walk(tree))


def _names_of(node: Node, kind: DeviceClass) -> bool:
    match node:
        case Point(name=name):
            return kind.point(name) is not None
        case Happened(event=name):
            return kind.event(name) is not None or kind.point(name) is not None
    return True


def _silences(tree: Expression | None) -> list[Absent]:
    found = walk(tree) if tree is not None else ()
    return [
        each for each in found if isinstance(each, Absent) and each.signal.what == Reported("any", each.signal.offset)
    ]


@cache
def every_default() -> dict[str, DeviceClass]:
    """Return every class's default rules; costs a read of the whole catalogue, so only for a mistake."""
    return {rule.id: kind for kind in map(load_class, class_names()) for rule in (*kind.rules, *common_rules())}


class Able:
    """What of a condition a device can know: a term of an ``or`` that it cannot is left out of it for that device."""

    def __init__(self, device: FoundDevice, facts: Facts) -> None:
        self._device = device
        self._settings = facts.site.devices.get(device.id, DeviceFacts()).settings
        self._lists = facts.site.lists
        told = set(device.profile.events())
        known = told if device.profile.tells else {event.name for event in device.kind.events}
        self._events = known | device.points

    def known(self, text: str | None, patience: int = 0) -> str | None:
        """Return the condition as this device can know it, ``None`` where it cannot (or there is none).

        ``patience``: no silence is told before so many of the device's poll periods, or before the time that one
        which tells by itself may be silent.
        """
        tree = tree_of(text)
        if tree is None or text is None:
            return None
        left = self._prune(tree)
        if left is not None and patience:
            silence = self._device.profile.silence
            left = _patient(left, parse_duration(silence) if silence else patience * self._period_s())
        return None if left is None else text if left is tree else text_of(left)

    def lacks(self, text: str | None) -> list[str]:
        """Return the points of the condition that the device does not have."""
        tree = tree_of(text)
        if tree is None or self._prune(tree) is not None:
            return []
        names = [each.name for each in self._needed(tree) if isinstance(each, Point)]
        return [name for name in dict.fromkeys(names) if name not in self._device.points]

    def _period_s(self) -> float:
        """Return how often the device is asked for what it is asked for most often; 0 where that is not known."""
        every = self._device.node.text("every")
        try:
            if every is not None:
                return parse_duration(every)
        except ValueError:
            pass
        points = (self._device.kind.point(key) for key in self._device.points)
        return min((point.period_s for point in points if point is not None and point.period_s), default=0.0)

    def _prune(self, tree: Expression) -> Expression | None:
        return pruned(tree, lambda leaf: all(map(self._has, self._needed(leaf))))

    def _needed(self, node: Node) -> Iterable[Node]:
        """Yield what the device itself, and the site, must have for ``node`` to be known."""
        yield node
        for part in parts(node):
            elsewhere = isinstance(part, Signal) and part.scope != "device"
            if not elsewhere and not (isinstance(node, Without) and part is not node.signal):
                yield from self._needed(part)

    def _has(self, node: Node) -> bool:
        match node:
            case Point(name=name):
                return name in self._device.points
            case Setting(name=name):
                return name in self._settings
            case InList(list=name):
                return name in self._lists
            case Happened(event=name, where=where):
                lists = [each.list for each in walk(where) if isinstance(each, InList)] if where is not None else []
                return name in self._events and all(each in self._lists for each in lists)
        return True


def _patient(tree: Expression, least_s: float) -> Expression:
    if isinstance(tree, Absent) and tree.window < least_s:
        return replace(tree, window=least_s)
    return tree
