"""Makes of many frames one answer: the reads of a vehicle's passage vote, and the passage is told once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from drivers.api.plates import Direction, Passage, PlateRead

GAP_US = 1_500_000
"""A passage ends when its plate was not seen for so long."""

LONGEST_US = 30_000_000
"""A vehicle that waits before the barrier is told after so long, and again only when it has been away."""

MOST = 8
"""So many vehicles are followed at once; the oldest is told when another comes."""

KEPT = 120
"""So many frames of one passage vote, the newest."""

GROWTH = 1.15
"""A plate that is so many times wider at the end than at the beginning has come nearer."""

_MISREAD = 2
_STEP_US, _STEP_WIDTHS = 400_000, 0.5


class Frame(NamedTuple):
    """One frame's read of a plate: when (µs), what, and how the sender calls the picture."""

    at: int
    read: PlateRead
    picture: str


@dataclass
class Track:
    """A vehicle that is followed: its newest frames, its first, how many there were, and how surely it was told."""

    frames: list[Frame]
    first: Frame
    count: int = 1
    told: float | None = None

    @property
    def direction(self) -> Direction:
        """Return where it went so far."""
        grown = self.frames[-1].read.width / max(self.first.read.width, 1.0)
        direction = Direction.approaching if grown >= GROWTH else Direction.unknown
        return Direction.leaving if grown * GROWTH <= 1 else direction

    def take(self, frame: Frame) -> None:
        """Add its newest frame."""
        self.frames = [*self.frames[-KEPT + 1 :], frame]
        self.count += 1

    def is_of(self, frame: Frame) -> bool:
        """Tell whether ``frame`` shows the vehicle followed: read nearly alike, or hardly moved since a moment ago."""
        last = self.frames[-1]
        if apart(last.read.text, frame.read.text) <= _MISREAD:
            return True
        moved = abs(complex(*last.read.centre) - complex(*frame.read.centre))
        return frame.at - last.at <= _STEP_US and moved <= _STEP_WIDTHS * last.read.width

    def passage(self) -> Passage:
        """Return its passage so far; from now on it counts as told."""
        best = vote(self.frames)
        self.told = best.read.confidence
        return Passage(best.read, self.direction, self.first.at, self.frames[-1].at, self.count, best.picture)


class Passages:
    """Follows the plates before one camera; times are those of the frames, in their order."""

    def __init__(self, gap_us: int = GAP_US, longest_us: int = LONGEST_US) -> None:
        """Take how long a plate may be out of sight, and how long a passage lasts before it is told (µs)."""
        self._gap, self._longest = gap_us, longest_us
        self.tracks: list[Track] = []

    def see(self, at: int, reads: Sequence[PlateRead], picture: str = "") -> list[Passage]:
        """Take what was read of the frame at ``at`` (µs), called ``picture``; return the passages to tell now."""
        tell = self.until(at)
        free = list(self.tracks)
        for frame in (Frame(at, read, picture) for read in reads):
            track = next((one for one in free if one.is_of(frame)), None)
            if track is None:
                self.tracks.append(Track([frame], frame))
            else:
                free.remove(track)
                track.take(frame)
        crowded, self.tracks = self.tracks[:-MOST], self.tracks[-MOST:]
        tell += self.over(crowded)
        return tell + [track.passage() for track in self.tracks if self.ready(track, at)]

    def until(self, now: int) -> list[Passage]:
        """Return the passages that are over at ``now`` (µs); to be called also while no frame comes."""
        over = [track for track in self.tracks if now - track.frames[-1].at > self._gap]
        self.tracks = [track for track in self.tracks if track not in over]
        return self.over(over)

    def ready(self, track: Track, at: int) -> bool:
        """Tell whether a vehicle that is still there is to be told at ``at``."""
        return track.told is None and at - track.first.at >= self._longest

    def over(self, tracks: Sequence[Track]) -> list[Passage]:
        """Return the passages to tell of vehicles that are gone."""
        return [track.passage() for track in tracks if track.told is None]


def vote(frames: Sequence[Frame]) -> Frame:
    """Return the best frame of the text that wins, its confidence that of the vote; there must be a frame.

    Each frame weighs its confidence times the square of its plate's width, since a far plate is a blurred one. The
    winner's confidence is that of its surest frame times its share of all weight: frames of one camera err alike, so
    many of them make nothing surer than the best is, but a contradiction makes it less sure.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    for frame in frames:
        weights[frame.read.text] += frame.read.confidence * frame.read.width**2
    total = sum(weights.values()) or 1.0
    text = max(weights, key=lambda each: weights[each])
    best = max((frame for frame in frames if frame.read.text == text), key=lambda frame: frame.read.confidence)
    share = weights[text] / total
    rivals = [(other, round(weight / total, 4)) for other, weight in weights.items() if other != text]
    others = sorted(rivals, key=lambda each: -each[1])
    confidence = round(best.read.confidence * share, 4)
    told = replace(best.read, confidence=confidence, others=tuple(others) or best.read.others)
    return best._replace(read=told)


def apart(one: str, other: str) -> int:
    """Return how many characters have to be changed, put in or left out to make ``other`` of ``one``."""
    row = list(range(len(other) + 1))
    for index, character in enumerate(one, 1):
        above, row[0] = row[0], index
        for column, against in enumerate(other, 1):
            above, row[column] = row[column], min(above + (character != against), row[column] + 1, row[column - 1] + 1)
    return row[-1]
