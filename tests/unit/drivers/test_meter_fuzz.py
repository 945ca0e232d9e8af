"""A short run of the fuzzer of meter frames, always the same one; ``python -m tests.fuzz.meters`` plays long ones."""

from tests.fuzz.meters import SEEN_BY_A_SUM, Tally, play


def test_damaged_answers_are_values_that_were_sent_or_named_errors() -> None:
    tally = Tally()
    play(4_000, 645188, tally)
    outcomes = tally.outcomes
    assert sum(outcomes.values()) == 4_000
    assert all(outcomes[f"{kind}: another answer"] == 0 for kind in SEEN_BY_A_SUM)
    assert outcomes["none: the value"] > 300
    assert outcomes["torn: CorruptAnswer"] > 300
