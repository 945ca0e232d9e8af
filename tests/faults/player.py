"""Does to a rig what a scenario says, when it says so; then makes everything well and waits until all has arrived."""

import http.client
import random
import signal
import time
from collections.abc import Callable

from config.duration import parse_duration
from simulators.demo.programs import Program, wait_for
from tests.faults.damage import DAMAGES, WHILE_RUNNING
from tests.faults.disk.power import cuts, read_log
from tests.faults.rig import Rig
from tests.faults.scenario import Moment, moments

DRAIN_S = 90.0
"""So long what was held up may take to arrive once everything is well again."""

REFUSED = 2
"""The status with which an agent ends whose buffer another one has."""

HARDLY_ANYTHING = 200
"""Entries that are on their way at any time."""


class Player:
    """Plays the scenario of a rig that is set up; ``say`` hears what happens."""

    def __init__(self, rig: Rig, say: Callable[[str], None]) -> None:
        self._rig, self._say = rig, say
        self._dice = random.Random(rig.scenario.seed)
        self._away_since = 0
        self._since: dict[tuple[str, str], int] = {}
        self._other: Program | None = None
        self._laid_out: dict[str, bytes] = {}

    def play(self) -> None:
        """Do everything at its time; a deed that takes long delays what follows."""
        begin = time.monotonic()
        for moment in moments(self._rig.scenario):
            _wait_until(begin + moment.at)
            if moment.begins:
                self._since[moment.verb, moment.thing] = time.time_ns() // 1000
            ends = "" if moment.begins else " ends"
            self._say(f"{time.monotonic() - begin:6.1f} s  {moment.verb} {moment.thing}{ends}")
            self._do(moment)
            if not moment.begins:
                spell = self._since.pop((moment.verb, moment.thing), 0), time.time_ns() // 1000
                self._rig.spells.append((moment.verb, moment.thing, *spell))
        _wait_until(begin + parse_duration(self._rig.scenario.lasts))

    def settle(self) -> None:
        """Wait until hardly anything is owed, then stop the agent and the community in order."""
        for _ in range(3):
            wait_for(self._arrived, "what was held up to arrive", *self._rig.programs.values(), deadline_s=DRAIN_S)
            self._rig.polling = self._rig.health()["polling"]
            self._rig.blind.append((time.time_ns() // 1000, 1 << 62))
            self._rig.end = time.time_ns() // 1000
            self._stop("agent")
            if not self._rig.buffer()["pending"]:
                break
            self._rig.start_agent()
        self._stop("community")

    def _arrived(self) -> bool:
        try:
            found = self._rig.health()
        except (OSError, ValueError, http.client.HTTPException):
            return False
        return bool(found["uplink"] and found["uplink"]["connected"]) and found["buffer"]["pending"] < HARDLY_ANYTHING

    def _do(self, moment: Moment) -> None:
        assert self._rig.disk is not None
        verb, thing = moment.verb, moment.thing
        if verb == "link":
            self._rig.change_link(thing if moment.begins else "open")
        elif verb == "disk":
            (self._rig.disk.suffer if moment.begins else self._rig.disk.heal)(thing)
        elif verb == "damage":
            self._damage(thing, moment.begins)
        elif verb == "second":
            self._second(moment.begins)
        else:
            for name in ("agent", "collector") if thing == "both" else (thing,):
                self._treat(verb, name, moment.begins)

    def _second(self, begins: bool) -> None:
        """Start another agent on the same file, which has to say that it must not and leave the first one alone."""
        if begins:
            self._other = self._rig.second_agent()
        elif self._other is not None and (code := self._other.stop()) != REFUSED:
            raise RuntimeError(f"a second agent on the same file ended with code {code}")

    def _treat(self, verb: str, name: str, begins: bool) -> None:
        if name == "agent":
            self._away(begins)
        if verb == "freeze":
            self._rig.programs[name].send(signal.SIGSTOP if begins else signal.SIGCONT)
        elif begins and verb == "stop":
            self._stop(name)
        elif begins:
            self._kill(name)
            if verb == "power":
                self._lose_power()
        elif name == "agent":
            self._rig.start_agent()
        else:
            self._rig.start_collector()

    def _away(self, begins: bool) -> None:
        now = time.time_ns() // 1000
        if begins:
            self._away_since = now
        else:
            self._rig.blind.append((self._away_since, now))

    def _stop(self, name: str) -> None:
        if code := self._rig.stop(name):
            raise RuntimeError(f"{name} ended with code {code}")

    def _kill(self, name: str) -> None:
        self._rig.programs.pop(name).kill()
        self._rig.kills += name == "agent"

    def _lose_power(self) -> None:
        """Leave of the buffer's files what the disk may have; the next life is recorded from there."""
        disk = self._rig.disk
        assert disk is not None
        records = read_log(disk.log)
        ((_, files),) = cuts(records, self._laid_out, [len(records)], self._dice)
        for path in self._rig.database.parent.glob(f"{self._rig.database.name}*"):
            path.unlink()
        for name, data in files.items():
            with open(name, "wb") as file:
                file.write(data)
        self._laid_out = files
        disk.log.unlink()

    def _damage(self, kind: str, begins: bool) -> None:
        """Damage the file between two lives of the agent; of one that runs only what it has open is there."""
        if kind in WHILE_RUNNING:
            if begins:
                DAMAGES[kind](self._rig.database, self._dice)
            return
        self._treat("kill", "agent", begins)
        if begins:
            self._rig.produced = self._rig.buffer()["produced"]
            DAMAGES[kind](self._rig.database, self._dice)
            self._record_from_here()

    def _record_from_here(self) -> None:
        """What was done to the files behind the agent's back is not in its record: begin another with what is there."""
        assert self._rig.disk is not None
        if self._rig.scenario.recorded:
            place = self._rig.database
            self._laid_out = {str(path): path.read_bytes() for path in place.parent.glob(f"{place.name}*")}
            self._rig.disk.log.unlink(missing_ok=True)


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
