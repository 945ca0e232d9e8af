"""The rules in effect on a gateway: the catalogue's defaults, the site's changes to them, and the site's own."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from config.actions import check_actions, default_actions, own_actions
from config.catalog import ClassRule, DeviceClass, class_names, common_rules, load_class
from config.conditions import check_condition
from config.devices import Devices, FoundDevice
from config.document import Mapping, Scalar, Sequence
from config.expression import ExpressionError, parse
from config.form import GatewayForm, RuleAddForm, RuleChangeForm
from config.problems import Problem, near, nearest, problem
from config.settings import RuleSettings
from config.terms import points
from config.written import Id


@dataclass(slots=True)
class _Group:
    """The devices of one class."""

    kind: DeviceClass
    devices: list[FoundDevice] = field(default_factory=list)

    @property
    def reported(self) -> frozenset[str]:
        return frozenset().union(*(device.points for device in self.devices))

    def defaults(self) -> dict[str, ClassRule]:
        """Return the default rules by id; the class's own before the common ones."""
        common = {rule.id: rule for rule in common_rules() if _fits(rule, self.kind)}
        return common | {rule.id: rule for rule in self.kind.rules}


def _fits(rule: ClassRule, kind: DeviceClass) -> bool:
    return bool(rule.needs) or all(kind.point(name) for name in _points(rule.when))


@cache
def _points(*conditions: str | None) -> frozenset[str]:
    """Return the points in the conditions; none where one cannot be read (the check has said so)."""
    try:
        return frozenset(name for text in conditions if text for name in points(parse(text)))
    except ExpressionError:
        return frozenset()


def _groups(devices: Devices) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    for device in devices.found.values():
        groups.setdefault(device.kind.id, _Group(device.kind)).devices.append(device)
    return groups


def check_rules(tree: Mapping, devices: Devices) -> list[Problem]:
    """Return everything wrong with the section ``rules`` beyond its shape."""
    section = tree.mapping("rules")
    groups = _groups(devices)
    found: list[Problem] = []
    for name, node in section.mapping("change").entries.items():
        found += _check_change(name, node, section.mapping("change"), groups, devices)
    for name, node in section.mapping("add").entries.items():
        found += _check_added(name, node, section.mapping("add"), groups, devices)
    return found


def _check_change(
    name: str, node: object, section: Mapping, groups: dict[str, _Group], devices: Devices
) -> Iterator[Problem]:
    at = section.keys[name]
    having = [group for group in groups.values() if name in group.defaults()]
    if not having:
        yield _nobody_has(name, section, groups)
    if not isinstance(node, Mapping):
        return
    yield from _unknown_devices(node, devices)
    named = [devices.found[each] for each in _device_ids(node) if each in devices.found]
    raising: list[FoundDevice] = []
    for group in having:
        rule = group.defaults()[name]
        if not rule.effective:
            yield problem("W204", at, rule=name, needs=", ".join(rule.needs or ("collector",)))
        chosen = [device for device in named or group.devices if device.kind is group.kind]
        yield from _check_conditions(node, group, chosen if named else [])
        raising += _able(chosen, node.text("when") or rule.when, node.text("clear") or rule.clear)
    yield from check_actions(node, f"rules.change.{name}", devices, raising)


def _nobody_has(name: str, section: Mapping, groups: dict[str, _Group]) -> Problem:
    here = {rule for group in groups.values() for rule in group.defaults()}
    every = _all_default_ids()
    if name in every:
        kind = every[name]
        return problem("W205", section.keys[name], rule=name, kind_zh=kind.name.zh, kind_en=kind.name.en)
    return problem("E120", section.keys[name], given=name, **near(name, here if nearest(name, here) else every))


@cache
def _all_default_ids() -> dict[str, DeviceClass]:
    """Return every class's default rules; costs a read of the whole catalogue, so only for a mistake."""
    return {rule.id: kind for kind in map(load_class, class_names()) for rule in (*kind.rules, *common_rules())}


def _check_added(
    name: str, node: object, section: Mapping, groups: dict[str, _Group], devices: Devices
) -> Iterator[Problem]:
    at = section.keys[name]
    if not re.fullmatch(Id, name):
        yield problem("E112", at, given=name)
    if any(name in group.defaults() for group in groups.values()):
        yield problem("E127", at, given=name)
    if not isinstance(node, Mapping):
        return
    yield from _unknown_devices(node, devices)
    named = [devices.found[each] for each in _device_ids(node) if each in devices.found]
    kinds = {device.kind.id for device in named}
    if len(kinds) > 1:
        known = ", ".join(f"{device.id}: {device.kind.name.zh}" for device in named)
        yield problem("E128", node.entries["devices"].place, known=known)
    elif named:
        yield from _check_conditions(node, groups[named[0].kind.id], named)
    yield from check_actions(node, f"rules.add.{name}", devices, _able(named, node.text("when"), node.text("clear")))


def _device_ids(node: Mapping) -> list[str]:
    found = node.get("devices")
    return [item.value for item in found.items if isinstance(item.value, str)] if isinstance(found, Sequence) else []


def _unknown_devices(node: Mapping, devices: Devices) -> Iterator[Problem]:
    found = node.get("devices")
    for item in found.items if isinstance(found, Sequence) else ():
        if isinstance(item.value, str) and item.value not in devices.ids:
            yield problem("E122", item.place, given=item.value, **near(item.value, devices.ids))


def _check_conditions(node: Mapping, group: _Group, named: list[FoundDevice]) -> Iterator[Problem]:
    """Check ``when`` and ``clear`` against the class, and against what each device named can report."""
    for key in ("when", "clear"):
        condition = node.get(key)
        if not isinstance(condition, Scalar):
            continue
        tree, found = check_condition(condition, group.kind, group.reported)
        yield from found
        if tree is None or found:
            continue
        for device in named:
            for point in points(tree):
                if point not in device.points:
                    yield problem("W206", condition.place, device=device.id, point=point)


def resolve_rules(form: GatewayForm, devices: Devices) -> tuple[RuleSettings, ...]:
    """Return the rules in effect, for a file without errors. No device has the same rule twice."""
    made: list[RuleSettings] = []
    groups = _groups(devices)
    if form.rules.use == "defaults":
        for group in groups.values():
            for rule in group.defaults().values():
                if rule.effective:
                    made += _default(rule, group, form.rules.change.get(rule.id))
    for name, added in form.rules.add.items():
        if added.enabled is not False:
            kind = devices.found[added.devices[0]].kind
            made += _own(name, added, kind, [devices.found[each] for each in added.devices])
    return tuple(made)


def _default(rule: ClassRule, group: _Group, change: RuleChangeForm | None) -> Iterator[RuleSettings]:
    if change is None:
        yield from _effective(rule, None, group, group.devices)
        return
    only = set(change.devices or (device.id for device in group.devices))
    yield from _effective(rule, None, group, [device for device in group.devices if device.id not in only])
    yield from _effective(rule, change, group, [device for device in group.devices if device.id in only])


def _effective(
    rule: ClassRule, change: RuleChangeForm | None, group: _Group, devices: list[FoundDevice]
) -> Iterator[RuleSettings]:
    changed: dict[str, Any] = change.model_dump(exclude_none=True) if change else {}
    if not changed.get("enabled", rule.enabled):
        return
    when = changed.get("when", rule.when)
    clear = changed.get("clear", rule.clear)
    ids = tuple(device.id for device in _able(devices, when, clear))
    if not ids:
        return
    own = None if change is None or change.action is None else own_actions(change.action)
    for part, actions in [(ids, own)] if own is not None else default_actions(rule, group.kind, group.devices, ids):
        yield RuleSettings(
            id=rule.id,
            kind=group.kind.id,
            when=when,
            level=changed.get("level", rule.level),
            for_s=changed.get("hold", rule.for_s),
            clear=clear,
            clear_for_s=changed.get("clear_for", rule.clear_for_s),
            latch=changed.get("latch", rule.latch),
            devices=part,
            say=changed.get("say", {"zh": f"{{name}} {rule.text.zh}", "en": f"{{name}}: {rule.text.en}"}),
            actions=actions,
        )


def _able(devices: Iterable[FoundDevice], when: str | None, clear: str | None) -> list[FoundDevice]:
    """Return the devices that report every point of the conditions: elsewhere they could never be known."""
    needed = _points(when, clear)
    return [device for device in devices if needed <= device.points]


def _own(name: str, rule: RuleAddForm, kind: DeviceClass, devices: list[FoundDevice]) -> Iterator[RuleSettings]:
    ids = tuple(device.id for device in _able(devices, rule.when, rule.clear))
    if ids:
        yield RuleSettings(
            id=name,
            kind=kind.id,
            when=rule.when,
            level=rule.level,
            for_s=rule.hold or 0.0,
            clear=rule.clear,
            clear_for_s=rule.clear_for or 0.0,
            latch=rule.latch or False,
            devices=ids,
            say={str(lang): text for lang, text in rule.say.items()},
            actions=own_actions(rule.action or ()),
        )
