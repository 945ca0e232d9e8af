"""A camera's clock is believed as far as it deserves."""

import pytest

from drivers.onvif.events import Belief, Quirks, meanings
from drivers.onvif.events.moments import moment
from tests.unit.drivers.onvif.saying import NOW, vector

MOMENTS = [
    ("2026-01-01T08:00:00Z", NOW, Belief.NEAR),
    ("2026-01-01T16:00:00+08:00", NOW, Belief.NEAR),
    ("2026-01-01T08:00:00.250Z", NOW + 250_000, Belief.NEAR),
    ("2026-01-01T08:00:05Z", NOW + 5_000_000, Belief.NEAR),
    ("2026-01-01T08:00:06Z", NOW + 6_000_000, Belief.FAR),
    ("2026-01-01T07:58:59Z", NOW - 61_000_000, Belief.FAR),
    ("2026-01-01T10:00:00Z", NOW + 7_200_000_000, Belief.FAR),
    ("2026-01-01T08:00:00", NOW, Belief.ZONELESS),
    ("1970-01-01T00:00:07Z", 7_000_000, Belief.IMPOSSIBLE),
    ("1767254400", NOW, Belief.NEAR),
    ("", None, Belief.UNSAID),
    ("yesterday", None, Belief.UNSAID),
    ("9" * 30, None, Belief.UNSAID),
    ("0001-01-01T00:00:00+23:59", None, Belief.IMPOSSIBLE),
]


@pytest.mark.parametrize(("written", "at", "belief"), MOMENTS)
def test_a_time_is_read_and_judged(written: str, at: int | None, belief: Belief) -> None:
    found = moment(written, True, NOW)
    assert found.belief == belief
    if at is not None:
        assert found.at == at
        assert found.offset_s == (at - NOW) / 1e6


def test_a_device_that_writes_local_time_as_utc_is_zoneless() -> None:
    (found,) = meanings(vector("31_spec_lpr_recognition.xml"), NOW, Quirks(local_time=True))
    assert found.moment.belief == Belief.ZONELESS


def test_a_count_of_seconds_that_is_the_local_hour_is_zoneless() -> None:
    line = b'Code=AccessControl;action=Pulse;index=0;data={"Status":1,"UTC":1767254400,"LocaleTime":"%s"}'
    local, other = line % b"2026-01-01 08:00:00", line % b"2026-01-01 16:00:00"
    assert meanings(local, NOW)[0].moment == (NOW, Belief.ZONELESS, 0.0)
    assert meanings(other, NOW)[0].moment == (NOW, Belief.NEAR, 0.0)
