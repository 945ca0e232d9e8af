"""A password that was not believed is kept back for a while, whoever of us wants something."""

import pytest

from drivers.api import Misconfigured
from drivers.onvif.lockout import LOCKED_OUT_S, Lockout


def test_it_is_told_again_only_after_a_while() -> None:
    lockout = Lockout()
    lockout.check(0.0)
    lockout.refused(10.0, "not believed")
    with pytest.raises(Misconfigured, match="not believed"):
        lockout.check(10.0 + LOCKED_OUT_S - 1)
    lockout.check(10.0 + LOCKED_OUT_S)
