"""What a gateway file says of the site beside its devices and rules, checked and gathered for the rule engine."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config.calendar import read_holidays, read_schedules, texts, zone_of
from config.devices import Devices
from config.document import Mapping, Scalar
from config.lists import read_lists
from config.places import Chosen, building_of
from config.problems import Problem, near, problem
from config.settings import DeviceFacts, SiteFacts
from config.written import Person


@dataclass(slots=True)
class Facts:
    """``site`` is what the engine gets; ``groups`` by person's code; names that the file gives, good or not, are in
    ``schedules`` and ``lists``.
    """

    site: SiteFacts = field(default_factory=SiteFacts)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    schedules: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    problems: list[Problem] = field(default_factory=list)

    def chooses(self, chosen: Chosen, device: str) -> bool:
        """Tell whether a rule's choice has ``device``."""
        facts = self.site.devices.get(device, DeviceFacts())
        return chosen.has(device, facts, self.groups.get(facts.person, frozenset()))


def read_facts(tree: Mapping, devices: Devices, home: Path) -> Facts:
    """Return the facts in ``tree``; lists are read from below ``home``."""
    zone, problems = zone_of(tree)
    schedules, more = read_schedules(tree)
    problems += more
    holidays, more = read_holidays(tree)
    problems += more
    lists, more = read_lists(tree, home, zone)
    problems += more
    people = tree.mapping("people")
    groups = {code: frozenset(texts(people.mapping(code), "groups")) for code in people.entries}
    problems += _check_people(tree, people)
    site = SiteFacts(
        timezone=zone.key,
        devices={name: _device(device.node, people) for name, device in devices.found.items()},
        schedules=schedules,
        holidays=holidays,
        lists=lists,
    )
    named = {section: frozenset(tree.mapping(section).entries) for section in ("schedules", "lists")}
    return Facts(site, groups, named["schedules"], named["lists"], problems)


def _check_people(tree: Mapping, people: Mapping) -> Iterator[Problem]:
    for code in people.entries:
        if not re.fullmatch(Person, code):
            yield problem("E303", people.keys[code])
    for node in tree.mapping("devices").entries.values():
        person = node.get("person") if isinstance(node, Mapping) else None
        if not isinstance(person, Scalar) or not isinstance(person.value, str):
            continue
        if not re.fullmatch(Person, person.value):
            yield problem("E303", person.place)
        elif people.entries and person.value not in people.entries:
            yield problem("E145", person.place, given=person.value, **near(person.value, people.entries))


def _device(node: Mapping, people: Mapping) -> DeviceFacts:
    person = node.text("person") or ""
    place = node.text("place") or people.mapping(person).text("place") or ""
    figures = {
        key: float(item.value)
        for key, item in node.mapping("settings").entries.items()
        if isinstance(item, Scalar) and isinstance(item.value, int | float) and not isinstance(item.value, bool)
    }
    return DeviceFacts(
        place=place, building=node.text("building") or building_of(place), person=person, settings=figures
    )
