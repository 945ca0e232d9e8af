"""Lets line and gateway go before the other programs of this machine, as on a box and on copper of their own."""

import os

LINE, GATEWAY = 50, 10
"""Both need a few percent of a core; hardware, which the line stands for, waits for no gateway."""


def before_others(priority: int) -> bool:
    """Take the processor whenever there is something to do; tell whether the machine allows it (root, as a rule)."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        return False
    return True
