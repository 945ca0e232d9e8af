"""A silent unit costs its line less with every try, and one that became slow is found again."""

from drivers.modbus.patience import Patience


def test_who_answers_is_given_all_the_time_there_is() -> None:
    patience = Patience(1.0)
    assert patience.seconds() == 1.0
    for _ in range(3):
        patience.answered(0.05)
        assert patience.seconds() == 1.0


def test_who_falls_silent_is_given_what_it_used_to_need_and_all_of_it_now_and_then() -> None:
    patience = Patience(1.0)
    patience.answered(0.05)
    given = []
    for _ in range(8):
        patience.silent()
        given.append(patience.seconds())
    assert given == [0.2, 0.2, 0.2, 1.0, 0.2, 0.2, 0.2, 1.0]
    patience.answered(0.05)
    assert patience.seconds() == 1.0


def test_who_never_answered_is_given_a_quarter() -> None:
    patience = Patience(2.0)
    patience.silent()
    assert patience.seconds() == 0.5


def test_nobody_is_given_less_than_an_answer_takes_nor_more_than_the_timeout() -> None:
    quick, slow = Patience(1.0), Patience(0.3)
    quick.answered(0.001)
    slow.answered(0.25)
    for patience, least in ((quick, 0.1), (slow, 0.3)):
        patience.silent()
        assert patience.seconds() == least


def test_a_slow_answer_is_remembered_for_a_while() -> None:
    patience = Patience(10.0)
    patience.answered(1.0)
    patience.answered(0.01)
    patience.silent()
    assert 3.9 < patience.seconds() < 4.0
