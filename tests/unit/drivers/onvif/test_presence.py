"""When a camera counts as there: by the ways that carry what it is for."""

from drivers.onvif.presence import AGAIN_S, SAME_S, SILENT_S, Presences


def test_it_is_there_once_its_way_works_and_that_is_said_again_from_time_to_time() -> None:
    presences = Presences(["onvif"])
    assert presences.worked("onvif", 0.0)
    assert not presences.worked("onvif", AGAIN_S - 0.1)
    assert presences.worked("onvif", AGAIN_S)


def test_one_that_shows_pictures_and_tells_no_events_is_gone() -> None:
    presences = Presences(["onvif"])
    presences.worked("onvif", 0.0)
    assert presences.failed("onvif", "timeout", SILENT_S - 0.1) == (True, False)
    assert not presences.worked("health", SILENT_S)
    assert presences.failed("onvif", "timeout", SILENT_S) == (False, True)
    assert not presences.worked("health", SILENT_S + 1)
    assert presences.there is False
    assert presences.worked("onvif", SILENT_S + 2)


def test_one_that_was_never_there_is_gone_at_once_and_once() -> None:
    presences = Presences(["onvif"])
    assert presences.failed("onvif", "timeout", 0.0) == (True, True)
    assert presences.failed("onvif", "timeout", 1.0) == (False, False)
    assert presences.failed("onvif", "misconfigured", 2.0) == (True, False)


def test_a_secondary_way_that_fails_is_news_and_no_more() -> None:
    presences = Presences(["onvif"])
    presences.worked("onvif", 0.0)
    assert presences.failed("health", "no picture", 100.0) == (True, False)
    assert presences.there


def test_with_no_essential_way_any_will_do() -> None:
    presences = Presences([])
    assert presences.worked("health", 0.0)
    assert presences.failed("health", "timeout", SILENT_S) == (True, True)


def test_one_that_fails_again_and_again_for_the_same_reason_is_news_once_an_hour() -> None:
    presences = Presences(["onvif"])
    news = 0
    for second in range(0, int(2 * SAME_S), 10):
        news += presences.failed("onvif", "corrupt: far too much", second)[0]
        presences.worked("onvif", second + 5)
    assert news == 2
