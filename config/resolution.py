"""The rules in effect on a gateway: the catalogue's defaults, the site's changes to them, and the site's own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.actions import default_actions, own_actions
from config.catalog import ClassRule
from config.defaults import Able, Group, groups_of
from config.devices import Devices, FoundDevice
from config.document import Mapping as Node
from config.document import Sequence as Items
from config.facts import Facts
from config.form import GatewayForm
from config.places import Chosen
from config.rule_form import EscalateForm, RuleAddForm, RuleChangeForm, RuleForm
from config.settings import EscalateSettings, RuleSettings

_KEYS = {"hold": "for"}
"""Attributes of a form that are written otherwise."""


@dataclass(slots=True)
class _Written:
    """A rule's keys as ``RuleSettings`` has them, and of each (as it is written) where it comes from."""

    values: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)

    def over(self, below: "_Written") -> "_Written":
        """Return the two together; where both say something, this one does."""
        return _Written(below.values | self.values, below.origin | self.origin)


def resolve_rules(form: GatewayForm, tree: Node, devices: Devices, facts: Facts, file: str) -> tuple[RuleSettings, ...]:
    """Return the rules in effect, for a file without errors. No device has the same rule twice.

    ``file`` is its name, for the origin of what it says.
    """
    return tuple(_Resolver(form, tree, devices, facts, file).all())


class _Resolver:
    def __init__(self, form: GatewayForm, tree: Node, devices: Devices, facts: Facts, file: str) -> None:
        self._form = form.rules
        self._section = tree.mapping("rules")
        self._devices = devices
        self._facts = facts
        self._file = file
        self._groups = groups_of(devices)
        self._able = {device.id: Able(device, facts) for device in devices.found.values()}

    def all(self) -> Iterator[RuleSettings]:
        """Yield class by class, then the site's own."""
        for group in self._groups.values() if self._form.use == "defaults" else ():
            for rule in group.defaults().values():
                if rule.at == "gateway":
                    yield from self._default(rule, group)
        for name, added in self._form.add.items():
            yield from self._own(name, added)

    def _default(self, rule: ClassRule, group: Group) -> Iterator[RuleSettings]:
        changes = self._form.change.get(rule.id, [])
        base = _of_class(rule, group)
        own = Chosen(people=rule.people, places=rule.place)
        parts: dict[int | None, list[FoundDevice]] = {None: []}
        for device in group.devices:
            number = next((at for at, each in enumerate(changes) if self._takes(each, own, device.id)), None)
            if number is not None or self._facts.chooses(own, device.id):
                parts.setdefault(number, []).append(device)
        for number, devices in sorted(parts.items(), key=lambda part: -1 if part[0] is None else part[0]):
            change = None if number is None else changes[number]
            yield from self._changed(rule, group, change, base, devices, number or 0)

    def _takes(self, change: RuleChangeForm, own: Chosen, device: str) -> bool:
        return self._facts.chooses(_chosen(change) or own, device)

    def _changed(
        self, rule: ClassRule, group: Group, change: RuleChangeForm | None, base: _Written, devices: list[FoundDevice],
        number: int,
    ) -> Iterator[RuleSettings]:  # fmt: skip
        written, enabled, actions = base, rule.enabled, None
        if change is not None:
            node = _nth(self._section.mapping("change").entries[rule.id], number)
            written = self._of_form(change, node).over(base)
            enabled = rule.enabled if change.enabled is None else change.enabled
            actions = None if change.action is None else own_actions(change.action)
        if not enabled:
            return
        for values, ids in self._by_ability(written.values, devices, rule.patience):
            own = [(ids, actions)] if actions is not None else default_actions(rule, group.kind, group.devices, ids)
            for part, done in own:
                yield RuleSettings(
                    id=rule.id, kind=group.kind.id, devices=part, actions=done, origin=written.origin, **values
                )

    def _own(self, name: str, form: RuleAddForm) -> Iterator[RuleSettings]:
        if form.enabled is False:
            return
        node = self._section.mapping("add").mapping(name)
        written = self._of_form(form, node)
        by_kind: dict[str, list[FoundDevice]] = {}
        for device in self._devices.found.values():
            if self._facts.chooses(_chosen(form), device.id):
                by_kind.setdefault(device.kind.id, []).append(device)
        for kind, devices in by_kind.items():
            for values, ids in self._by_ability(written.values, devices, 0):
                yield RuleSettings(
                    id=name, kind=kind, devices=ids, actions=own_actions(form.action or ()), origin=written.origin,
                    **values,
                )  # fmt: skip

    def _by_ability(
        self, values: Mapping[str, Any], devices: Sequence[FoundDevice], patience: int
    ) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
        """Yield the devices in parts that know the same of the conditions, and the rule as those have it."""
        parts: dict[tuple[str, str | None], list[str]] = {}
        for device in devices:
            able = self._able[device.id]
            when, clear = able.known(values["when"], patience), able.known(values["clear"])
            if when is not None and (clear is not None or values["clear"] is None):
                parts.setdefault((when, clear), []).append(device.id)
        for (when, clear), ids in parts.items():
            yield {**values, "when": when, "clear": clear}, tuple(ids)

    def _of_form(self, form: RuleForm, node: Node) -> _Written:
        found = _Written()
        for key, value in form:
            written = _KEYS.get(key, key)
            if value is None or key in ("enabled", "people", "place"):
                continue
            found.origin[written] = f"{self._file}:{node.keys[written].line}"
            match key:
                case "devices" | "action":
                    continue
                case "hold":
                    found.values |= {"for_s": value.seconds, "for_readings": value.readings}
                case "clear_for" | "repeat":
                    found.values[f"{key}_s"] = value
                case "between":
                    found.values[key] = tuple(value)
                case "escalate":
                    found.values[key] = tuple(map(_step, value))
                case "say":
                    found.values[key] = {str(lang): text for lang, text in value.items()}
                case _:
                    found.values[key] = value
        for key in ("people", "place"):
            if getattr(form, key) is not None:
                found.origin[key] = f"{self._file}:{node.keys[key].line}"
        return _Written({"clear": None} | found.values, found.origin) if isinstance(form, RuleAddForm) else found


def _of_class(rule: ClassRule, group: Group) -> _Written:
    values = {
        "when": rule.when, "level": rule.level, "for_s": rule.for_s, "for_readings": rule.for_readings,
        "clear": rule.clear, "clear_for_s": rule.clear_for_s, "latch": rule.latch, "between": rule.between,
        "repeat_s": rule.repeat_s, "record": rule.record,
        "escalate": tuple(EscalateSettings(to=each.to, after_s=each.after_s, when=each.when) for each in rule.escalate),
        "say": {"zh": f"{{name}} {rule.text.zh}", "en": f"{{name}}: {rule.text.en}"},
    }  # fmt: skip
    where = f"class {group.kind.id}" if rule in group.kind.rules else "common"
    said = {
        "when": True, "level": True, "say": True, "for": rule.for_s or rule.for_readings, "clear": rule.clear,
        "clear_for": rule.clear_for_s, "latch": rule.latch, "between": rule.between, "repeat": rule.repeat_s,
        "record": not rule.record, "escalate": rule.escalate, "action": rule.action, "people": rule.people,
        "place": rule.place,
    }  # fmt: skip
    return _Written(values, {key: where for key, there in said.items() if there})


def _chosen(form: RuleForm) -> Chosen:
    return Chosen(form.devices or (), form.people or (), form.place or ())


def _step(form: EscalateForm) -> EscalateSettings:
    return EscalateSettings(to=form.to, after_s=form.after, when=form.when)


def _nth(node: object, number: int) -> Node:
    found = node.items[number] if isinstance(node, Items) else node
    if not isinstance(found, Node):
        raise TypeError(type(found).__name__)
    return found
