"""One scenario from its setting up to its verdict, with everything that is needed to see and repeat it."""

from collections.abc import Callable
from pathlib import Path

from tests.faults.oracle import Account, account
from tests.faults.player import Player
from tests.faults.rig import Rig
from tests.faults.scenario import Scenario


def play(scenario: Scenario, folder: Path, say: Callable[[str], None] = lambda _line: None) -> Account:
    """Play ``scenario`` with everything in ``folder`` (made anew) and return the account.

    ``DemoError`` or ``RuntimeError`` when a program ends by itself or nothing arrives any more.
    """
    return play_on(Rig(folder, scenario), say)


def play_on(rig: Rig, say: Callable[[str], None]) -> Account:
    """Play the scenario of ``rig``, which is set up and struck by it; see ``play``."""
    try:
        rig.set_up()
        player = Player(rig, say)
        player.play()
        player.settle()
        return account(rig)
    finally:
        rig.strike()


def tail_of(folder: Path, lines: int = 30) -> str:
    """Return the ends of a run's logs."""
    parts = []
    for log in sorted(folder.glob("*.log")):
        text = log.read_text("utf-8", errors="replace").splitlines()[-lines:]
        parts.append(f"--- {log.name}\n" + "\n".join(text))
    return "\n".join(parts)
