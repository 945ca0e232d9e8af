"""The catalogue's own scenarios: for each class a file, its pretend devices at its head, its rules as they ship."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from config.catalog import ClassRule, class_names, common_rules, load_class
from config.document import read_document
from config.places import Chosen, building_of
from config.scenario import Scenario, ScenarioFile, Stage, read_scenarios
from config.settings import DeviceFacts, EscalateSettings, ListSettings, RuleSettings, SiteFacts

COMMON: Final = "common"
"""Stands for a class where the rules of every class are meant."""

HEAD: Final = ("devices", "people", "lists")
"""Keys of these files that are no rules: ``devices`` (id: name, place, settings, person, class where it is another),
the first of which is watched unless a scenario says ``device``; ``people`` (code: groups); ``lists`` (name: entries).
"""

_HOME: Final = Path(__file__).parent / "scenarios"


def groups() -> tuple[str, ...]:
    """Return the names of all files: the classes, and the common rules."""
    return (*class_names(), COMMON)


def rules_of(group: str) -> tuple[ClassRule, ...]:
    """Return the rules whose scenarios are in the file ``group``."""
    return common_rules() if group == COMMON else load_class(group).rules


@cache
def load_scenarios(group: str) -> ScenarioFile:
    """Return what the file ``group`` says, cached; an empty one where there is none."""
    path = _HOME / f"{group}.yaml"
    text = path.read_text(encoding="utf-8") if path.exists() else "{}"
    tree, _ = read_document(text)
    head = {key: tree.mapping(key).value for key in HEAD} if tree is not None else {}
    ids = tuple(rule.id for rule in rules_of(group))
    stage = _stage(group, head)
    return read_scenarios(text, path.name, stage, lambda rule: stage.first() if rule in ids else None, ids, HEAD)


def _stage(group: str, head: dict[str, Any]) -> Stage:
    devices: dict[str, dict[str, Any]] = head.get("devices") or {}
    people: dict[str, dict[str, Any]] = head.get("people") or {}
    lists: dict[str, list[Any]] = head.get("lists") or {}
    return Stage(
        kinds={key: str(each.get("class", group)) for key, each in devices.items()},
        names={key: str(each.get("name", key)) for key, each in devices.items()},
        groups={code: tuple(each.get("groups", ())) for code, each in people.items()},
        facts=SiteFacts(
            devices={key: _facts(each) for key, each in devices.items()},
            lists={
                key: ListSettings(entries=dict.fromkeys(map(str, each), (None, None))) for key, each in lists.items()
            },
        ),
    )


def _facts(device: dict[str, Any]) -> DeviceFacts:
    place = str(device.get("place", ""))
    return DeviceFacts(
        place=place,
        building=building_of(place),
        person=str(device.get("person", "")),
        settings={key: float(each) for key, each in (device.get("settings") or {}).items()},
    )


def as_shipped(rule: ClassRule, scenario: Scenario) -> RuleSettings:
    """Return the catalogue's ``rule`` as it watches the scenario's device, in effect or not; its ``devices`` are empty
    where its people or places do not choose the device.
    """
    device, stage = scenario.device, scenario.stage
    facts = stage.facts.devices.get(device, DeviceFacts())
    chosen = Chosen(people=rule.people, places=rule.place).has(device, facts, stage.groups.get(facts.person, ()))
    return RuleSettings(
        id=rule.id,
        kind=stage.kinds[device],
        when=rule.when,
        level=rule.level,
        for_s=rule.for_s,
        for_readings=rule.for_readings,
        clear=rule.clear,
        clear_for_s=rule.clear_for_s,
        latch=rule.latch,
        between=rule.between,
        escalate=tuple(EscalateSettings(to=each.to, after_s=each.after_s, when=each.when) for each in rule.escalate),
        devices=(device,) if chosen else (),
        say={"zh": f"{{name}} {rule.text.zh}", "en": f"{{name}}: {rule.text.en}"},
    )
