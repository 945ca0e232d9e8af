"""`edge-agent plan` of radios: how long a round of visits takes, what does not fit, and what to change."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.bus_settings import BleBus
from drivers.api import Round, Turn
from edge_agent.cli import app
from edge_agent.technician.round_load import round_load
from tests.unit.edge_agent.technician.golden import check_golden

RADIO = Path(__file__).parent / "radio.yaml"
BUS = BleBus(id="radio", type="ble")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page(lang: str) -> None:
    result = CliRunner().invoke(app, ["plan", str(RADIO), "--lang", lang])
    check_golden(f"plan-radio.{lang}.txt", result.output)
    assert result.exit_code == 1


def test_the_figures_for_programs() -> None:
    result = CliRunner().invoke(app, ["plan", str(RADIO), "--json"])
    radio, calm, beacons = (line["round"] for line in json.loads(result.output))
    # 1.5 s to connect, two characteristics of 0.5 s each, 20 s to stay, 2.5 s to disconnect
    assert radio["groups"][0]["busy_s"] == pytest.approx(25.0)
    assert radio["load"] == pytest.approx(110 * 25 / 900 / 3)
    assert radio["round_s"] == pytest.approx(25 + 109 * 25 / 3)
    assert radio["troubled_s"] == pytest.approx(25 + 109 * 25 / 2)
    assert (radio["visited"], radio["fitting"], radio["seen"], radio["streams"]) == (110, 108, ["cuff-1"], ["heart-1"])
    assert (calm["lanes"], calm["fitting"], calm["stream_slots"], calm["advice"]) == (6, 2, 10, [])
    assert beacons["visited"] == 0


def _round(count: int, period_s: float = 900.0, streams: int = 0) -> Round:
    turns = tuple(Turn(f"band-{n}", period_s, 25.0) for n in range(count))
    return Round(3, 2, turns, streams=tuple(f"heart-{n}" for n in range(streams)), stream_slots=3)


@pytest.mark.parametrize(("count", "fitting"), [(0, 0), (1, 1), (108, 108), (109, 108), (200, 108)])
def test_how_many_fit(count: int, fitting: int) -> None:
    load = round_load(BUS, _round(count))
    assert (load.fitting, load.fits) == (fitting, count <= 108)


def test_more_streams_than_slots_do_not_fit() -> None:
    assert round_load(BUS, _round(1, streams=3)).fits
    assert not round_load(BUS, _round(1, streams=4)).fits


@pytest.mark.parametrize("count", [90, 150, 400, 4000])
def test_each_advice_is_enough_by_itself(count: int) -> None:
    load = round_load(BUS, _round(count))
    assert [one.kind for one in load.advice] == ["every", "adapters"]
    slower, more = load.advice
    assert _round(count, slower.period_s).load == pytest.approx(slower.load)
    assert slower.load <= 0.7
    assert load.round.load / more.adapters == pytest.approx(more.load)
    assert more.load <= 0.7
    assert load.round.load / (more.adapters - 1) > 0.7


def test_a_round_that_is_well_is_left_alone() -> None:
    assert round_load(BUS, _round(80)).advice == ()
    assert [group.real_s for group in round_load(BUS, _round(80)).groups] == [900.0]
