"""The ladder of a deaf radio: the mildest first, all of it within a minute, and seldom where nothing seems broken."""

from itertools import pairwise

from drivers.ble.recovery import LONGEST_PAUSE_S, PATIENCE_S, RARELY_S, Ladder, Rung, Step


def rounds(ladder: Ladder, now: float, until: float, *, well: bool) -> list[Step]:
    """Return the steps of a radio that stays deaf from ``now`` to ``until``."""
    steps = [ladder.fall(now)]
    while steps[-1].until < until:
        steps.append(ladder.further(steps[-1].until, well=well))
    return steps


def hard(steps: list[Step]) -> list[float]:
    return [step.at for step in steps if step.rung is Rung.POWER_CYCLE]


def test_a_whole_round_goes_from_the_mildest_on_and_takes_a_minute() -> None:
    steps = rounds(Ladder(), 100.0, 160.0, well=True)
    assert [step.rung for step in steps] == list(Rung)
    assert [step.at for step in steps] == [100.0, 115.0, 135.0]
    assert steps[-1].until == 160.0
    assert sum(PATIENCE_S.values()) == 60.0


def test_rounds_follow_each_other_with_growing_and_bounded_rests() -> None:
    steps = rounds(Ladder(), 0.0, 600.0, well=False)
    rests = [after.at - before.until for before, after in pairwise(steps) if after.at > before.until]
    assert rests[:4] == [5.0, 10.0, 20.0, 30.0]
    assert set(rests[3:]) == {LONGEST_PAUSE_S}


def test_where_the_stack_says_that_all_is_well_connections_are_ended_ever_more_seldom() -> None:
    moments = hard(rounds(Ladder(), 0.0, 7200.0, well=True))
    gaps = [after - before for before, after in pairwise(moments)]
    assert gaps == sorted(gaps)
    assert all(gap >= RARELY_S for gap in gaps[3:])
    assert len(moments) <= 7200 / RARELY_S + 3


def test_where_something_is_broken_every_round_goes_to_its_end() -> None:
    steps = rounds(Ladder(), 0.0, 600.0, well=False)
    whole = len(steps) // 3
    assert [step.rung for step in steps[: whole * 3]] == list(Rung) * whole


def test_a_place_where_nearly_nothing_is_heard_does_not_begin_anew_each_time() -> None:
    ladder, moments, now = Ladder(), list[float](), 0.0
    for _ in range(40):  # a lone beacon is heard now and then, always while a new scanner is given its time
        steps = rounds(ladder, now, now + 100.0, well=True)
        moments += hard(steps)
        ladder.recovered(steps[-1].until)
        now = steps[-1].until + 90.0
    assert now > 7200.0
    assert len(moments) <= now / RARELY_S + 5


def test_a_radio_that_heard_well_for_long_gets_the_whole_ladder_again() -> None:
    ladder = Ladder()
    rounds(ladder, 0.0, 3600.0, well=True)
    ladder.recovered(3600.0)
    steps = rounds(ladder, 3600.0 + RARELY_S, 3660.0 + RARELY_S, well=True)
    assert [step.rung for step in steps] == list(Rung)


def test_what_an_adapter_cannot_do_is_left_out() -> None:
    ladder = Ladder()
    ladder.cannot(Rung.RESET)
    steps = rounds(ladder, 0.0, 200.0, well=False)
    assert Rung.RESET not in {step.rung for step in steps}
    assert ladder.vain == (Rung.NEW_SCANNER, Rung.POWER_CYCLE)


def test_what_did_not_help_is_known_after_a_whole_round_and_forgotten_with_the_next_fall() -> None:
    ladder = Ladder()
    rounds(ladder, 0.0, 60.0, well=True)
    assert ladder.vain == ()
    ladder.further(60.0, well=True)
    assert ladder.vain == tuple(Rung)
    ladder.recovered(61.0)
    ladder.fall(62.0)
    assert ladder.vain == ()
