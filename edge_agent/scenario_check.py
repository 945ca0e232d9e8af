"""Plays the scenarios that stand beside a gateway file against the rules in effect there, for ``edge-agent check``."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.problems import Place, Problem, located, problem
from config.scenario import Scenario, ScenarioFile, read_scenarios, stage_of
from config.settings import GatewaySettings, RuleSettings
from rules.scenario import difference, play, timeline


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one file of scenarios: how many were played, and everything wrong."""

    file: str
    count: int
    problems: tuple[Problem, ...]

    def summary(self, lang: str) -> str:
        """Return the one line that says how many scenarios were played and how many are not as written."""
        wrong = sum(each.code == "E403" for each in self.problems)
        more = len(self.problems) - wrong
        if lang == "zh":
            return f"{self.file}: {self.count} 个场景, {wrong} 个不符" + (f", {more} 处写错" if more else "")
        played = f"{self.count} scenario{'s' * (self.count != 1)}, {wrong} not as written"
        return f"{self.file}: {played}" + (f", {more} mistake{'s' * (more != 1)}" if more else "")


def files_beside(path: Path) -> list[Path]:
    """Return the scenario files of the gateway file ``path``: ``site.scenarios.yaml`` and ``site.*.scenarios.yaml``."""
    if not path.parent.is_dir():
        return []
    named = (f"{path.stem}.scenarios.yaml", f"{path.stem}.*.scenarios.yaml")
    return sorted({found for name in named for found in path.parent.glob(name)})


def play_beside(path: Path, settings: GatewaySettings) -> tuple[Played, ...]:
    """Return what came of each scenario file beside the gateway file ``path``."""
    return tuple(_played(file, settings) for file in files_beside(path))


def _played(file: Path, settings: GatewaySettings) -> Played:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = str(error)
        found = problem("E005", Place(1, 1), zh=said, en=said, fix_zh="检查文件", fix_en="check the file")
        return Played(file.name, 0, (located(found, file.name),))
    watched: dict[str, str] = {}
    for rule in settings.rules:
        watched.setdefault(rule.id, rule.devices[0])
    read = read_scenarios(text, file.name, stage_of(settings), watched.get, tuple(watched))
    wrong = [each for scenario in read.scenarios for each in _wrong(scenario, read, settings)]
    return Played(file.name, len(read.scenarios), (*read.problems, *wrong))


def _wrong(scenario: Scenario, read: ScenarioFile, settings: GatewaySettings) -> Iterator[Problem]:
    rule = _rule(scenario, settings)
    if rule is None:
        zh = f"规则 {scenario.rule} 不管 {scenario.device}"
        en = f"rule {scenario.rule} does not watch {scenario.device}"
        yield read.locate(problem("E401", scenario.at_line(0), zh=zh, en=en, fix_zh="", fix_en=""))
        return
    noted = play(scenario, rule)
    found = difference(scenario, noted)
    if found is not None:
        came_zh, came_en = timeline(noted)
        yield read.locate(problem(
            "E403", scenario.at_line(found.line), rule=scenario.rule, zh=found.zh, en=found.en,
            name_zh=scenario.name["zh"], name_en=scenario.name["en"], came_zh=came_zh, came_en=came_en,
        ))  # fmt: skip


def _rule(scenario: Scenario, settings: GatewaySettings) -> RuleSettings | None:
    return next((each for each in settings.rules if each.id == scenario.rule and scenario.device in each.devices), None)
