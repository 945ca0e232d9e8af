"""`edge-agent plan`: its page in both languages, its JSON, its exit status, and its advice."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers.api import Cost
from edge_agent.cli import app
from edge_agent.line_load import CostOf, line_load
from edge_agent.plan import DevicePlan, PointPlan
from edge_agent.technician.advice import Advice, Line, advise
from tests.fakes.examples import ALL, set_out
from tests.unit.edge_agent.technician.golden import check_golden

BUSY = Path(__file__).parent / "busy.yaml"


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner(env={"LANG": "zh_CN.UTF-8"})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page(runner: CliRunner, lang: str) -> None:
    result = runner.invoke(app, ["plan", str(BUSY), "--lang", lang])
    check_golden(f"plan.{lang}.txt", result.output)
    assert result.exit_code == 1


def test_the_figures_for_programs(runner: CliRunner) -> None:
    result = runner.invoke(app, ["plan", str(BUSY), "--json"])
    busy, calm = json.loads(result.output)
    assert (busy["bus"], busy["fits"], calm["fits"]) == ("rs485-1", False, True)
    # Inputs and relay of a door are two requests of 14 characters, each with 3.5 characters of silence and 20 ms.
    request_s = 14 * 10 / 4800 + 3.5 * 11 / 4800 + 0.02
    bin_s = 17 * 10 / 4800 + 3.5 * 11 / 4800 + 0.02
    assert busy["load"] == pytest.approx(2 * 2 * request_s / 0.2 + bin_s)
    assert busy["requests_per_s"] == pytest.approx(21)
    assert busy["queue_s"] == pytest.approx(4 * request_s + bin_s)
    assert busy["silent_s"] == pytest.approx(0.55)
    assert calm["load"] == pytest.approx(0.02 / 300)


def test_another_answer_time_can_be_assumed(runner: CliRunner) -> None:
    result = runner.invoke(app, ["plan", str(BUSY), "--json", "--answer", "50ms"])
    assert json.loads(result.output)[1]["load"] == pytest.approx(0.05 / 300)
    wrong = runner.invoke(app, ["plan", str(BUSY), "--answer", "50"])
    assert (wrong.exit_code, "30ms" in wrong.output) == (2, True)


def test_a_file_that_fits_is_status_0(runner: CliRunner, tmp_path: Path) -> None:
    calm = tmp_path / "calm.yaml"
    calm.write_text(BUSY.read_text("utf-8").replace("every: 200ms", "every: 1s"), encoding="utf-8")
    assert runner.invoke(app, ["plan", str(calm)]).exit_code == 0


@pytest.mark.parametrize("example", ALL, ids=lambda path: path.stem)
def test_the_examples_fit(runner: CliRunner, example: Path, tmp_path: Path) -> None:
    result = runner.invoke(app, ["plan", str(set_out(example, tmp_path))])
    assert result.exit_code == 0, result.output


def test_a_wrong_file_is_shown_as_check_shows_it(runner: CliRunner, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(BUSY.read_text("utf-8").replace("bus: lan-1", "bus: lan-7"), encoding="utf-8")
    result = runner.invoke(app, ["plan", str(wrong)])
    assert (result.exit_code, "错误[E107]" in result.output) == (2, True)


def _line(*plans: DevicePlan, busy_s: float, at: dict[int, float] | None = None) -> Line:
    def cost(one_s: float) -> list[Cost]:
        return [Cost(8, 9, 0.0, 0.0, one_s)]

    def cost_at(baud: int) -> CostOf:
        return lambda device, points: cost((at or {})[baud])

    return Line("line", plans, lambda device, points: cost(busy_s), cost_at if at else None, 9600)


def _plan(device: str, period_s: float, *, on_change: bool = False) -> DevicePlan:
    return DevicePlan(device, "line", (PointPlan("p", "float", "", (), period_s, on_change=on_change),))


def _advice(line: Line) -> dict[str, Advice]:
    return {advice.kind: advice for advice in advise(line, line_load(line.bus, line.plans, line.cost_of))}


def test_a_line_that_is_well_gets_no_advice() -> None:
    assert _advice(_line(_plan("a", 1.0), _plan("b", 1.0), busy_s=0.35)) == {}


def test_meters_are_slowed_down_before_doors() -> None:
    found = _advice(_line(_plan("door", 0.2, on_change=True), _plan("meter", 0.2), busy_s=0.1))
    assert found["every"].every == {"meter": 0.5}  # 50 % for the door and 20 % for the meter
    assert found["every"].loads == pytest.approx((0.7,))
    assert "baud" not in found


def test_a_door_is_never_told_to_look_away_for_long() -> None:
    found = _advice(_line(*(_plan(f"door-{n}", 0.5, on_change=True) for n in range(9)), busy_s=0.1))
    assert "every" not in found  # 9 doors once a second would still be 90 %
    assert [len(part) for part in found["split"].parts] == [3, 3, 3]


def test_the_slowest_speed_that_is_enough_is_advised() -> None:
    found = _advice(_line(_plan("a", 1.0), busy_s=0.9, at={19200: 0.75, 38400: 0.6, 57600: 0.5}))
    assert (found["baud"].baud, found["baud"].loads) == (38400, (0.6,))


def test_devices_of_one_box_stay_on_one_line() -> None:
    units = {"door-1": 1, "door-2": 1, "gate": 2}
    plans = [replace(_plan(name, 1.0, on_change=True), unit=unit) for name, unit in units.items()]
    line = Line("line", plans, lambda d, p: [Cost(8, 9, 0.0, 0.0, 0.3)])
    assert _advice(line)["split"].parts == (("door-1", "door-2"), ("gate",))
