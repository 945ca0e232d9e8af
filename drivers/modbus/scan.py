"""Looks at one address of a Modbus line: is anybody there, and what is it; reads with functions 1 to 4 and no other."""

from collections.abc import Sequence
from typing import Final

from config.bus_settings import BusSettings
from config.profile import Profile
from drivers.api.errors import CorruptAnswer, DeviceRefused, Timeout
from drivers.api.scans import Sighting
from drivers.modbus.candidates import Candidate, Heard, Question, candidates, says_no, weigh
from drivers.modbus.line import Line
from drivers.modbus.pdu import read
from runtime.clock import Clock

_ANYBODY: Final[tuple[Question, ...]] = ((3, 0, 1), (4, 0, 1), (1, 0, 1))
"""A device answers one of these, if only with a refusal; their number is ``drivers.api.QUESTIONS``."""

_TRIES = 3
_SHOWN = 3
_PATIENCE = 2
"""So often a function may go unanswered before it is taken for one that the device does not know."""


async def look(line: Line, bus: BusSettings, clock: Clock, unit: int, profiles: Sequence[Profile]) -> Sighting:
    """Return what is at ``unit``; see ``drivers.api.Scans``."""
    ear = _Ear(line, clock, unit)
    for question in _ANYBODY:
        await ear.ask(question, tries=_TRIES)
        if ear.answered:
            break
        if ear.garbled >= _TRIES:
            return Sighting(unit, "garbled", ear.tries)
    if not ear.answered:
        return Sighting(unit, "garbled" if ear.garbled else "silent", ear.tries)
    found = candidates(bus, profiles)
    for candidate in found:
        await _ask_all(ear, candidate)
    matches = tuple(weigh(found, ear.heard, bus, unit)[:_SHOWN])
    if not matches:
        for question in _ANYBODY:
            await ear.ask(question)
    return Sighting(unit, "answers", ear.tries, ear.quickest_s, matches, tuple(_seen(ear)))


async def _ask_all(ear: "_Ear", candidate: Candidate) -> None:
    """Ask what tells this candidate, and stop where it is out of the question."""
    if candidate.identity is not None:
        await ear.ask(candidate.identity)
        if says_no(candidate, ear.heard):
            return
    answers = [await ear.ask(question) for question in candidate.polls]
    if candidate.too_many is not None and any(isinstance(answer, bytes) for answer in answers):
        await ear.ask(candidate.too_many)


def _seen(ear: "_Ear") -> list[str]:
    """Return what each kind of question brought first, as a technician writes it."""
    seen: dict[int, str] = {}
    for (function, address, _), heard in ear.heard.items():
        if isinstance(heard, bytes):
            said = f"FC{function:02} {address}=0x{heard[:2].hex().upper()}"
        elif heard is not None:
            said = f"FC{function:02} ✘{heard}"
        else:
            continue
        if function not in seen or (isinstance(heard, bytes) and "✘" in seen[function]):
            seen[function] = said
    return [seen[function] for function in sorted(seen)]


class _Ear:
    """Asks one unit, each question once, and remembers what it heard."""

    def __init__(self, line: Line, clock: Clock, unit: int) -> None:
        self.heard: dict[Question, Heard] = {}
        self.tries = self.garbled = 0
        self.quickest_s = 0.0
        self.answered = False
        self._line, self._clock, self._unit = line, clock, unit
        self._unanswered: dict[int, int] = {}

    async def ask(self, question: Question, tries: int = 1) -> Heard:
        """Return what came, asking again only what came garbled."""
        function, address, count = question
        if question in self.heard and self.heard[question] is not None:
            return self.heard[question]
        if self.answered and self._unanswered.get(function, 0) >= _PATIENCE:
            return None
        for _ in range(tries):
            self.tries += 1
            try:
                heard = await self._asked(function, address, count)
            except Timeout:
                self._unanswered[function] = self._unanswered.get(function, 0) + 1
                self.heard[question] = None
                return None
            except CorruptAnswer:
                self.garbled += 1
                self.heard[question] = None
            else:
                self.heard[question] = heard
                self.answered = True
                return heard
        return None

    async def _asked(self, function: int, address: int, count: int) -> bytes | int:
        await self._line.turn.take()
        try:
            began = self._clock.monotonic()
            data: bytes | int = await self._line.ask(read(self._unit, function, address, count), 0.0, patient=True)
        except DeviceRefused as error:
            data = error.code
        finally:
            self._line.turn.give()
        took_s = self._clock.monotonic() - began
        self.quickest_s = min(self.quickest_s or took_s, took_s)
        return data
