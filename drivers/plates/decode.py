"""Reads a plate off a recogniser's probabilities: the likeliest texts that the grammar allows, each with its share.

A recogniser gives for each of T steps along the strip the probability of each character and of "nothing new" (CTC).
Summed over all alignments this is the probability of a text (Graves et al. 2006). A beam of prefixes is followed that
never leaves the grammar; what the network would rather read stays in the sum, so that a text which merely could be a
plate (a brand, a shop sign) keeps a small share.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drivers.plates.grammar import ALPHABET, SEPARATORS, START, Place, following

BEAM = 12
"""So many prefixes are followed."""

BRANCHES = 4
"""So many characters are tried at each step behind each prefix."""

CANDIDATES = 5
_NOTHING, _TINY = 0.9999, 1e-7
_READ_AS = {"O": "O0", "I": "1"}
"""What a recogniser of any text says where a plate can only have something else."""

COLUMNS = {character: index + 1 for index, character in enumerate(ALPHABET)}
"""The column of each character in what ``Folding`` returns; column 0 is "nothing new"."""

Steps = NDArray[np.float32]


class Folding:
    """Brings a recogniser's characters down to those of plates."""

    def __init__(self, characters: Sequence[str]) -> None:
        """Take the recogniser's ``characters`` in the order of its outputs, the first being "nothing new"."""
        pairs = [(0, 0)]
        for index, character in enumerate(characters[1:], 1):
            upper = character.upper()
            if character in SEPARATORS:
                pairs.append((index, 0))
            pairs += [(index, COLUMNS[each]) for each in _READ_AS.get(upper, upper) if each in COLUMNS]
        self._sources = np.array([source for source, _ in pairs])
        self._onto = np.zeros((len(pairs), len(ALPHABET) + 1), np.float32)
        self._onto[np.arange(len(pairs)), [column for _, column in pairs]] = 1

    def __call__(self, steps: Steps) -> Steps:
        """Return T x (1 + plate characters) for T x (recogniser's characters)."""
        return np.asarray(steps[:, self._sources] @ self._onto, np.float32)


Ends = dict[tuple[str, Place], tuple[float, float]]
"""For each prefix and its place: the probability so far, ending with "nothing new" and with its last character."""


def texts(steps: Steps) -> list[tuple[str, float]]:
    """Return whole plates and their probabilities, likeliest first, at most ``CANDIDATES``; maybe none."""
    ends: Ends = {("", START): (1.0, 0.0)}
    for row in steps:
        ends = _advanced(ends, row)
    whole = [(text, nothing + last) for (text, place), (nothing, last) in ends.items() if place.ends_as()]
    return sorted(whole, key=lambda each: -each[1])[:CANDIDATES]


def _advanced(ends: Ends, row: NDArray[np.float32]) -> Ends:
    nothing = float(row[0])
    after: Ends = {}
    for (text, place), (quiet, spoken) in ends.items():
        known = after.get((text, place), (0.0, 0.0))
        again = spoken * float(row[COLUMNS[text[-1]]]) if text else 0.0
        after[text, place] = (known[0] + (quiet + spoken) * nothing, known[1] + again)
        if nothing > _NOTHING:
            continue
        onward = following(place)
        for chance, character in sorted(((float(row[COLUMNS[c]]), c) for c in onward), reverse=True)[:BRANCHES]:
            if chance < _TINY:
                break
            grown = (quiet if text and character == text[-1] else quiet + spoken) * chance
            key = (text + character, onward[character])
            known = after.get(key, (0.0, 0.0))
            after[key] = (known[0], known[1] + grown)
    if len(after) <= BEAM:
        return after
    return dict(sorted(after.items(), key=lambda each: -sum(each[1]))[:BEAM])
