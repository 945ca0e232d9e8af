"""Scenario files: what a device tells and what a rule is to make of it, read into values with every mistake located."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from config.catalog import DeviceClass, load_class
from config.document import Mapping, Scalar, Sequence, Tree, read_document
from config.masks import Masks
from config.places import building_of
from config.problems import Place, Problem, in_order, located, near, problem
from config.settings import DeviceFacts, GatewaySettings, SiteFacts
from config.shape import missing_key, unknown_key, wrong_type
from config.steps import Step, StepError, Told, parse_steps

START: Final = "2026-03-02T12:00"
"""When a scenario begins that does not say: a Monday, noon at the site."""

_KEYS: Final = ("name", "device", "now", "settings", "place", "steps")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where scenarios are played: each device's class (``anpr_camera/plate`` for a vehicle) and what it is called,
    what is known of the site, and people's groups by their code.
    """

    kinds: dict[str, str]
    names: dict[str, str]
    facts: SiteFacts = field(default_factory=SiteFacts)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def first(self) -> str:
        """Return the device that is watched where nothing else is said."""
        return next(iter(self.kinds), "")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One story about rule ``rule`` on ``device``: ``steps`` from ``start`` (µs since the epoch, UTC) on.

    ``stage`` holds what this scenario says of its devices already. ``written`` is the text of its steps, whose first
    line is line ``line`` of the file, ``col`` columns in.
    """

    rule: str
    name: dict[str, str]
    device: str
    start: int
    stage: Stage
    steps: tuple[Step, ...]
    written: tuple[str, ...]
    line: int
    col: int

    def at_line(self, index: int) -> Place:
        """Return the place of the line ``index`` of the steps."""
        text = self.written[index]
        return Place(self.line + index, self.col + len(text) - len(text.lstrip()), max(1, len(text.strip())))


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """What came of a file: those of its scenarios that can be understood, and everything wrong with it."""

    name: str
    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...]
    masks: Masks

    def locate(self, found: Problem) -> Problem:
        """Return the problem naming this file and showing its line."""
        return located(self.masks.apply(found), self.name)


def stage_of(settings: GatewaySettings) -> Stage:
    """Return the site of a gateway file as a stage."""
    return Stage(
        kinds={device.id: device.profile.kind for device in settings.devices},
        names={device.id: device.name for device in settings.devices},
        facts=settings.facts,
    )


def read_scenarios(
    text: str,
    file: str,
    stage: Stage,
    rules: Callable[[str], str | None],
    known: tuple[str, ...],
    head: tuple[str, ...] = (),
) -> ScenarioFile:
    """Return what the scenario file ``text`` says. ``rules`` gives the first device that a rule watches, ``None`` for
    a rule that is not there; ``known`` are the rules' ids, ``head`` the keys that are no rules.
    """
    tree, problems = read_document(text)
    reader = _Reader(text.splitlines(), stage, rules, known, problems)
    scenarios = tuple(reader.all(tree, head)) if tree is not None else ()
    masks = Masks(text.splitlines(), tree, reader.problems)
    found = tuple(located(masks.apply(each), file) for each in in_order(reader.problems))
    return ScenarioFile(file, scenarios, found, masks)


@dataclass(slots=True)
class _Reader:
    lines: list[str]
    stage: Stage
    rules: Callable[[str], str | None]
    known: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)

    def all(self, tree: Mapping, head: tuple[str, ...]) -> Iterator[Scenario]:
        for rule, node in tree.entries.items():
            device = self.rules(rule)
            if rule in head:
                continue
            if device is None:
                known = ", ".join(self.known)
                self.problems.append(
                    problem("E402", tree.keys[rule], given=rule, known=known, **near(rule, self.known))
                )
            elif not isinstance(node, Sequence):
                self.problems.append(wrong_type("list", node.place))
            else:
                for item in node.items:
                    yield from self._one(rule, device, item)

    def _one(self, rule: str, device: str, node: Tree) -> Iterator[Scenario]:
        before = len(self.problems)
        if not isinstance(node, Mapping):
            self.problems.append(wrong_type("dict", node.place))
            return
        for key in node.entries:
            if key not in _KEYS:
                self.problems.append(unknown_key(key, rule, node.keys[key], _KEYS))
        device = self._device(node, device)
        stage = self._stage(node, device)
        name, start, steps = self._name(node, rule), self._start(node), node.get("steps")
        if not isinstance(steps, Scalar) or not isinstance(steps.value, str):
            at = steps.place if steps is not None else node.place
            wrong = wrong_type("string", at) if steps is not None else missing_key("steps", rule, at, "|")
            self.problems.append(wrong)
            return
        line, written = self._written(steps)
        parsed = self._steps(steps.value, line, written, device)
        if len(self.problems) == before:
            indent = min((len(each) - len(each.lstrip()) for each in written if each.strip()), default=0)
            yield Scenario(
                rule=rule, name=name, device=device, start=start, stage=stage, steps=parsed,
                written=tuple(each[indent:].rstrip() for each in written), line=line, col=indent + 1,
            )  # fmt: skip

    def _name(self, node: Mapping, rule: str) -> dict[str, str]:
        found = node.get("name")
        match found.value if found is not None else None:
            case str(text):
                return {"zh": text, "en": text}
            case {"zh": str(zh), "en": str(en), **more} if not more:
                return {"zh": zh, "en": en}
        at = found.place if found is not None else node.place
        example = "{zh: 门开太久, en: open too long}"
        self.problems.append(missing_key("name", rule, at, example) if found is None else wrong_type("string", at))
        return {}

    def _device(self, node: Mapping, device: str) -> str:
        found = node.get("device")
        if found is None:
            return device
        if not isinstance(found.value, str) or found.value not in self.stage.kinds:
            self.problems.append(
                problem("E122", found.place, given=found.value, **near(str(found.value), self.stage.kinds))
            )
            return device
        return found.value

    def _stage(self, node: Mapping, device: str) -> Stage:
        """Return the stage with what the scenario says of its own device."""
        facts = self.stage.facts.devices.get(device, DeviceFacts())
        place, given = node.get("place"), node.get("settings")
        if place is not None and isinstance(where := place.value, str):
            facts = replace(facts, place=where, building=building_of(where))
        elif place is not None:
            self.problems.append(wrong_type("string", place.place))
        if given is not None:
            figures = given.value if isinstance(given, Mapping) else None
            if figures is None or not all(isinstance(each, int | float) for each in figures.values()):
                self.problems.append(wrong_type("dict", given.place))
            else:
                facts = replace(
                    facts, settings={**facts.settings, **{key: float(each) for key, each in figures.items()}}
                )
        devices = {**self.stage.facts.devices, device: facts}
        return replace(self.stage, facts=replace(self.stage.facts, devices=devices))

    def _start(self, node: Mapping) -> int:
        found = node.get("now")
        zone = ZoneInfo(self.stage.facts.timezone)
        try:
            when = datetime.fromisoformat(str(found.value) if found is not None else START)
        except ValueError:
            at = found.place if found is not None else node.place
            self.problems.append(
                problem("E401", at, zh="now 不是时间", en="now is no time", fix_zh=START, fix_en=START)
            )
            return 0
        return round(when.replace(tzinfo=when.tzinfo or zone).timestamp()) * 1_000_000

    def _written(self, steps: Scalar) -> tuple[int, list[str]]:
        """Return the number of the first line of the steps and the lines as they stand in the file."""
        block = self.lines[steps.place.line - 1][steps.place.col - 1 :].lstrip().startswith(("|", ">"))
        first = steps.place.line + block
        return first, self.lines[first - 1 : first - 1 + len(str(steps.value).splitlines())]

    def _steps(self, text: str, line: int, written: list[str], device: str) -> tuple[Step, ...]:
        try:
            steps = parse_steps(text)
        except StepError as error:
            self._wrong(error, text, line, written)
            return ()
        seen: set[tuple[int, str, str]] = set()
        for step in steps:
            for wrong in self._mismatches(step, step.device or device, text.splitlines()[step.line]):
                if (key := (step.line, wrong.zh, wrong.en)) not in seen:
                    seen.add(key)
                    self._wrong(wrong, text, line, written)
        if not steps:
            self._wrong(StepError("没有一步", "there is no step", 0), text, line, written)
        return steps

    def _wrong(self, error: StepError, text: str, line: int, written: list[str]) -> None:
        said = text.splitlines()[error.line] if text.splitlines() else ""
        shown = written[error.line] if error.line < len(written) else ""
        col = max(0, shown.find(said)) + 1 if said else 1
        at = Place(line + error.line, col + error.offset, error.length)
        self.problems.append(problem("E401", at, zh=error.zh, en=error.en, fix_zh="", fix_en=""))

    def _mismatches(self, step: Step, device: str, line: str) -> Iterator[StepError]:
        kind = self.stage.kinds.get(device)
        if kind is None:
            known = ", ".join(self.stage.kinds)
            zh, en = f"没有设备 “{device}”, 有 {known}", f"no device “{device}”; there are {known}"
            yield StepError(zh, en, step.line, max(0, line.find(device)), len(device))
        elif step.told is not None:
            for word, zh, en in mismatches(step.told, _class(kind)):
                yield StepError(zh, en, step.line, max(0, line.find(word)), len(word))


def _class(name: str) -> DeviceClass:
    """Return the class of a name like ``anpr_camera``, or ``anpr_camera/plate`` for the vehicles that it tells of."""
    kind, _, about = name.partition("/")
    return load_class(kind).told(about)


def mismatches(told: Told, kind: DeviceClass) -> Iterator[tuple[str, str, str]]:
    """Yield what a device of the class ``kind`` cannot tell: the word that is wrong, and why, in both languages."""
    for key, value, _ in told.readings:
        point = kind.point(key)
        if point is None:
            yield key, f"{kind.name.zh} 没有测点 “{key}”", f"{kind.name.en} has no point “{key}”"
        elif value is not None and not _says(point.kind, tuple(point.values), value):
            yield key, f"{key} 不会是 “{value}”", f"{key} is never “{value}”"
    if not told.event:
        return
    event = next((each for each in kind.events if each.name == told.event), None)
    if event is None:
        yield told.event, f"{kind.name.zh} 没有事件 “{told.event}”", f"{kind.name.en} has no event “{told.event}”"
        return
    for key, _ in told.fields:
        if key not in event.fields:
            yield key, f"事件 {told.event} 没有 “{key}”", f"event {told.event} has no “{key}”"


def _says(kind: str, words: tuple[str, ...], value: Any) -> bool:
    match kind:
        case "enum":
            return value in words
        case "bool":
            return isinstance(value, bool)
        case "string":
            return True
    return isinstance(value, int | float) and not isinstance(value, bool)
