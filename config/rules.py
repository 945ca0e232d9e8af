"""Everything wrong with the section ``rules`` of a gateway file beyond its shape."""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Several

from config.actions import check_actions
from config.calendar import check_hours, meet, parse_span, texts
from config.conditions import Names, check_condition
from config.defaults import Able, Group, every_default, groups_of, tree_of
from config.devices import Devices, FoundDevice
from config.document import Mapping, Scalar, Sequence, Tree
from config.facts import Facts
from config.notify import channels_for
from config.places import Chosen
from config.problems import Problem, near, nearest, problem
from config.ranges import can_clear, can_fail
from config.terms import Between
from config.terms import settings as settings_in
from config.whereabouts import check_whereabouts
from config.written import Id


def check_rules(tree: Mapping, devices: Devices, facts: Facts) -> list[Problem]:
    """Return everything wrong with the section ``rules`` beyond its shape."""
    return _Check(tree, devices, facts).all()


def chosen_by(node: Mapping) -> Chosen:
    """Return what the rule in ``node`` chooses by ``devices``, ``people`` and ``place``."""
    return Chosen(texts(node, "devices"), texts(node, "people"), texts(node, "place"))


def conditions(node: Mapping) -> Iterator[Scalar]:
    """Yield every condition that the rule in ``node`` has."""
    for key in ("when", "clear"):
        if isinstance(found := node.get(key), Scalar):
            yield found
    for step in steps(node):
        if isinstance(found := step.get("when"), Scalar):
            yield found


def steps(node: Mapping) -> Iterator[Mapping]:
    """Yield each entry of ``escalate``."""
    found = node.get("escalate")
    yield from (each for each in _listed(found) if isinstance(each, Mapping))


def _listed(node: Tree | None) -> tuple[Tree, ...]:
    if node is None:
        return ()
    return node.items if isinstance(node, Sequence) else (node,)


class _Check:
    def __init__(self, tree: Mapping, devices: Devices, facts: Facts) -> None:
        self._tree = tree
        self._section = tree.mapping("rules")
        self._devices = devices
        self._facts = facts
        self._groups = groups_of(devices)
        self._able = {device.id: Able(device, facts) for device in devices.found.values()}
        self._people = {*facts.groups, *(group for groups in facts.groups.values() for group in groups)}
        self._people |= {device.person for device in facts.site.devices.values() if device.person}

    def all(self) -> list[Problem]:
        found: list[Problem] = []
        changes, added = self._section.mapping("change"), self._section.mapping("add")
        for name, node in changes.entries.items():
            found += self._changes(name, node, changes)
        for name, node in added.entries.items():
            found += self._added(name, node, added)
        return found

    def _changes(self, name: str, node: Tree, section: Mapping) -> Iterator[Problem]:
        having = [group for group in self._groups.values() if name in group.defaults()]
        if not having:
            yield self._nobody_has(name, section)
        if any(group.defaults()[name].at == "collector" for group in having):
            yield problem("W207", section.keys[name], rule=name)
        left = {device.id for group in having for device in group.devices}
        for entry in _listed(node):
            if not isinstance(entry, Mapping):
                continue
            chosen = chosen_by(entry)
            picked = {device for group in having for device in self._picked(group, chosen)}
            if picked and not picked & left:
                yield problem("W208", entry.place, rule=name)
            left -= picked
            yield from self._change(name, entry, having, chosen)

    def _change(self, name: str, entry: Mapping, having: list[Group], chosen: Chosen) -> Iterator[Problem]:
        yield from self._common(entry)
        raising: list[FoundDevice] = []
        picked: list[str] = []
        for group in having:
            rule = group.defaults()[name]
            selected = self._picked(group, chosen)
            picked += selected
            yield from self._conditions(entry, group, selected if chosen.devices else [])
            when, clear = entry.text("when") or rule.when, entry.text("clear") or rule.clear
            yield from self._clearing(entry, group, when, clear)
            raising += self._raising(selected, when, clear)
        if having and not picked:
            yield from self._chooses_nobody(entry, chosen)
        yield from check_actions(entry, f"rules.change.{name}", self._devices, raising)

    def _added(self, name: str, node: Tree, section: Mapping) -> Iterator[Problem]:
        at = section.keys[name]
        if not re.fullmatch(Id, name):
            yield problem("E112", at, given=name)
        if any(name in group.defaults() for group in self._groups.values()):
            yield problem("E127", at, given=name)
        if not isinstance(node, Mapping):
            return
        yield from self._common(node)
        chosen = chosen_by(node)
        if not chosen and not any(key in node.entries for key in ("devices", "people", "place")):
            yield problem("E148", at, given=name)
            return
        named = [device for device in self._devices.found.values() if self._facts.chooses(chosen, device.id)]
        kinds = {device.kind.id for device in named}
        if len(kinds) > 1 and chosen.devices:
            known = ", ".join(f"{device.id}: {device.kind.name.zh}" for device in named)
            yield problem("E128", node.entries["devices"].place, known=known)
            return
        if not named:
            yield from self._chooses_nobody(node, chosen)
        for group in self._meant(node, named):
            selected = [device.id for device in named if device.kind is group.kind]
            yield from self._conditions(node, group, selected if chosen.devices else [])
            yield from self._clearing(node, group, node.text("when"), node.text("clear"))
        raising = self._raising([device.id for device in named], node.text("when"), node.text("clear"))
        yield from check_actions(node, f"rules.add.{name}", self._devices, raising)

    def _chooses_nobody(self, node: Mapping, chosen: Chosen) -> Iterator[Problem]:
        if (chosen.people or chosen.places) and self._people.issuperset(chosen.people):
            yield problem("W210", node.place)

    def _meant(self, node: Mapping, named: list[FoundDevice]) -> list[Group]:
        """Return the classes that an added rule is held against: those that know all it names, else the first."""
        kinds = dict.fromkeys(device.kind.id for device in named)
        groups = [self._groups[kind] for kind in kinds]
        good = [
            group
            for group in groups
            if not any(check_condition(each, group.kind, self._names(group))[1] for each in conditions(node))
        ]
        return good or groups[:1]

    def _nobody_has(self, name: str, section: Mapping) -> Problem:
        here = {rule for group in self._groups.values() for rule in group.defaults()}
        every = every_default()
        if name in every:
            kind = every[name]
            return problem("W205", section.keys[name], rule=name, kind_zh=kind.name.zh, kind_en=kind.name.en)
        return problem("E120", section.keys[name], given=name, **near(name, here if nearest(name, here) else every))

    def _picked(self, group: Group, chosen: Chosen) -> list[str]:
        return [device.id for device in group.devices if self._facts.chooses(chosen, device.id)]

    def _raising(self, ids: list[str], when: str | None, clear: str | None) -> list[FoundDevice]:
        """Return the devices that can know the conditions."""
        able = (each for each in ids if self._able[each].known(when) is not None)
        return [
            self._devices.found[each] for each in able if clear is None or self._able[each].known(clear) is not None
        ]

    def _names(self, group: Group) -> Names:
        others = tuple(each.kind for each in self._groups.values() if each.kind is not group.kind)
        return Names(group.reported, self._facts.lists, self._facts.schedules, others)

    def _common(self, node: Mapping) -> Iterator[Problem]:
        """Check what is the same in changes and added rules, and needs no class."""
        for item in _listed(node.get("devices")):
            if isinstance(item, Scalar) and isinstance(item.value, str) and item.value not in self._devices.ids:
                yield problem("E122", item.place, given=item.value, **near(item.value, self._devices.ids))
        for item in _listed(node.get("people")):
            if isinstance(item, Scalar) and isinstance(item.value, str) and item.value not in self._people:
                yield problem("E145", item.place, given=item.value, **near(item.value, self._people))
        yield from check_hours(node, "between", self._facts.schedules)
        yield from self._never_on(node)
        for step in steps(node):
            if ("after" in step.entries) == ("when" in step.entries):
                yield problem("E147", step.place)
        if node.text("level") == "red" and "action" not in node.entries and not channels_for("red", self._tree):
            yield problem("W209", node.entries["level"].place)

    def _never_on(self, node: Mapping) -> Iterator[Problem]:
        """Yield that the hours of the rule and those in its condition have no minute in common."""
        tree, hours = tree_of(node.text("when")), self._hours(texts(node, "between"))
        if not isinstance(tree, Between) or not hours:
            return
        inner = self._hours([each if isinstance(each, str) else (each.start, each.end) for each in tree.spans])
        if inner and not meet(hours, inner):
            yield problem("E136", node.entries["between"].place)

    def _hours(self, given: Several[str | tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the daily spans that these are; none where one of them is not known to be."""
        found: list[tuple[int, int]] = []
        for each in given:
            schedule = self._facts.site.schedules.get(each) if isinstance(each, str) else None
            span = parse_span(each) if isinstance(each, str) else each
            if span is None and (schedule is None or schedule.start):
                return []
            found += [span] if span is not None else schedule.spans if schedule is not None else ()
        return found

    def _conditions(self, node: Mapping, group: Group, named: list[str]) -> Iterator[Problem]:
        """Check each condition against the class, and against what each device named can report."""
        yield from check_whereabouts(node, group.kind, self._tree, conditions(node))
        for condition in conditions(node):
            tree, found = check_condition(condition, group.kind, self._names(group))
            yield from found
            if tree is None or found:
                continue
            for device in named:
                for point in self._able[device].lacks(str(condition.value)):
                    yield problem("W206", condition.place, device=device, point=point)
            devices = named or [device.id for device in group.devices]
            for name in settings_in(tree):
                if not any(name in self._facts.site.devices[each].settings for each in devices):
                    yield problem("W211", condition.place, given=name)

    def _clearing(self, node: Mapping, group: Group, when: str | None, clear: str | None) -> Iterator[Problem]:
        """Check that the alert can end, where the file says either of the conditions."""
        tree, end = tree_of(when), tree_of(clear)
        written = node.get("clear") or node.get("when")
        if tree is None or (clear is not None and end is None) or not isinstance(written, Scalar):
            return
        if not (can_clear(tree, end, group.kind) if end is not None else can_fail(tree, group.kind)):
            yield problem("E146", written.place)
