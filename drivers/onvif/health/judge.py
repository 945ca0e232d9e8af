"""Judges a camera's pictures, one look after another: what is wrong begins once, stands, and ends once."""

from typing import Literal, NamedTuple

from drivers.onvif.health.picture import Look
from drivers.onvif.health.reference import Match, Reference, alike, featured

Trouble = Literal["dark", "covered", "defocused", "frozen", "moved"]
State = Literal["ok", "dark", "covered", "defocused", "frozen", "moved"]
"""How the picture stands: the words of the point ``picture_state``."""

AFTER = 3
"""So many looks in a row say the same before it is told; the same for the end of it."""

ADOPTED = 1440
"""After so many looks in a row at another place (a day of them) that place is right: it was moved on purpose."""


class Limits(NamedTuple):
    """Where judgement turns; measured on drawn places (``bench/camera_health.py``). See ``Match`` for the measures."""

    black: float = 14.0
    black_cell: float = 30.0
    bright: float = 50.0
    blank: float = 0.25
    blank_by_night: float = 0.4
    lost: float = 0.4
    gone: float = 0.2
    well: float = 0.6
    little: float = 0.5
    usual: float = 1.0
    elsewhere: float = 0.035
    strange: float = 0.15
    steady: float = 0.4
    foreign: float = 0.3
    blurred: float = 0.74
    clear: float = 0.84
    same_cells: float = 0.85
    able_cells: float = 0.25


class Judge:
    """One camera's pictures. ``turns``: it is one that people turn (pan, tilt), so that it is never called moved.

    Two references are kept, one in colour and one under infrared, since a place looks different by night; a picture is
    held against whichever it is more like. What fog, rain or headlights leave undecided leaves the state as it was.
    """

    def __init__(self, *, turns: bool = False, limits: Limits | None = None, adopted: int = ADOPTED) -> None:
        self.state: State | None = None
        self._turns, self._adopted = turns, adopted
        self._limits = limits or Limits()
        self.forget()

    def forget(self) -> None:
        """Learn the place anew: it was turned on purpose. The state stays until pictures say otherwise."""
        self._references: dict[bool, Reference] = {}
        self._last: Look | None = None
        self._same = self._strange = self._again = 0
        self._said: State | None = None
        self._well = self._lit = self._hidden = False

    def take(self, look: Look) -> State | None:
        """Return how the picture stands after this look; ``None`` as long as too little was seen to say."""
        found = self._found(look)
        self._last = look
        if found is None:
            return self.state
        self._again = self._again + 1 if found == self._said else 1
        self._said = found
        if self._again >= AFTER and (self.state is not None or found != "ok" or self._known):
            self.state = found
        if self.state == "moved" and found == "moved" and self._again >= self._adopted:
            self.forget()
        return self.state

    @property
    def _known(self) -> bool:
        return any(each.learnt for each in self._references.values())

    def _found(self, look: Look) -> State | None:
        """Return what this look says by itself; ``None`` where it says nothing either way."""
        limits = self._limits
        self._same = self._same + 1 if self._still(look) else 0
        if self._same >= AFTER:
            return "frozen"
        if self._same:
            return None
        if look.luma < limits.black and float(look.tones.max()) < limits.black_cell:
            self._hidden = self._hidden or self._lit
            return "covered" if self._hidden else "dark"
        self._lit = look.colour and look.luma >= limits.bright
        reference, match = self._best(look)
        found = self._blank(look) if match is None else self._compared(look, match)
        if found == "ok":
            self._well, self._hidden = match is None or match.kept >= limits.well, False
            self._learn(look, reference)
        elif found is None and self.state == "ok" and not self._knows(look) and self._steady(look):
            self._learn(look, None)
        return found

    def _blank(self, look: Look) -> State | None:
        return "covered" if featured(look) <= self._limits.blank else "ok"

    def _compared(self, look: Look, match: Match) -> State | None:
        return self._covered(look, match) or self._moved(look, match) or self._focus(look, match)

    def _covered(self, look: Look, match: Match) -> State | None:
        """Fog takes the picture away in many looks, what is put over the lens from one look to the next."""
        if self._is_gone(look, match) and (self._well or self._hidden):
            self._hidden = True
            return "covered"
        self._hidden = False
        if match.kept < self._limits.well:
            self._well = False
        return None

    def _is_gone(self, look: Look, match: Match) -> bool:
        """Tell whether the place is no longer seen, and no other either. A first night shows little by itself."""
        limits = self._limits
        if not self._knows(look):
            return match.kept < limits.gone and featured(look) <= limits.blank_by_night
        soft = match.sharp is None or match.sharp < limits.blurred
        return match.kept < limits.lost and match.rich < (limits.usual if soft else limits.little)

    def _moved(self, look: Look, match: Match) -> State | None:
        limits = self._limits
        if self._turns:
            return None
        if match.elsewhere >= limits.elsewhere and match.elsewhere > 0.4 * match.here:
            return "moved"
        stranger = match.alike < limits.strange and match.kept < limits.foreign and match.rich > limits.little
        self._strange = self._strange + 1 if stranger and self._knows(look) and self._steady(look) else 0
        return "moved" if self._strange > AFTER else None

    def _focus(self, look: Look, match: Match) -> State | None:
        limits = self._limits
        if match.kept < 0.5:
            return None
        if match.sharp is not None and self._knows(look):
            if match.sharp < limits.blurred:
                return "defocused"
            if match.sharp < limits.clear and self.state == "defocused":
                return None
        return "ok"

    def _still(self, look: Look) -> bool:
        """Tell whether the sensor's noise stands still; the camera's own clock may run on."""
        if self._last is None:
            return False
        tones = look.tones.ravel().tolist()
        able = [a == b for a, b, tone in zip(look.marks, self._last.marks, tones, strict=True) if 16 < tone < 240]
        return len(able) >= self._limits.able_cells * len(tones) and sum(able) >= self._limits.same_cells * len(able)

    def _knows(self, look: Look) -> bool:
        """Tell whether this light was seen before: a first night may be unlike the day and yet be the same place."""
        own = self._references.get(look.colour)
        return own is not None and own.learnt

    def _steady(self, look: Look) -> bool:
        return self._last is not None and alike(look.edges, self._last.edges) > self._limits.steady

    def _best(self, look: Look) -> tuple[Reference | None, Match | None]:
        """Return the reference that it is most like, and how; those that have seen too little do not count."""
        found = [(each, each.match(look)) for each in self._references.values() if each.learnt]
        if not found:
            return None, None
        return max(found, key=lambda pair: pair[1].alike)

    def _learn(self, look: Look, reference: Reference | None) -> None:
        own = self._references.get(look.colour)
        if own is None:
            self._references[look.colour] = Reference(look)
        elif reference is None or reference is own or not own.learnt:
            own.adapt(look)
