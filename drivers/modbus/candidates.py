"""What an address may be, purely: profiles as questions, and answers weighed in bits of evidence.

A value in the narrow span of a product says much, one in a wide span little, and zero nothing, for every map reads zero
somewhere. Each point speaks for the share of all raw values that the profile would have refused, as -log2. Registers
that are all ones say nothing either: many devices answer so for whatever they do not have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2

from config.bus_settings import BusSettings
from config.profile import Profile, RegisterPoint
from config.samples import sample_options
from drivers.api.errors import TechnicianMustAct
from drivers.api.scans import Confidence, Match
from drivers.modbus.decode import width
from drivers.modbus.layout import BITS, FUNCTION
from drivers.modbus.plan import Plan, make_plan
from wire.reading import Quality, Value

Question = tuple[int, int, int]
"""Function code, address, count."""

Heard = bytes | int | None
"""What a question brought: data, an exception code, or nothing that could be used."""

_HIGH, _MEDIUM = 12.0, 6.0
_MOST_BITS_A_POINT = 6.0
_IDENTITY_BITS, _SMALL_IDENTITY_BITS = 12.0, 6.0
_ANSWERED_BITS, _SIZE_BITS, _FACTORY_BITS = 1.5, 5.0, 2.0
_IMPLAUSIBLE_BITS, _REFUSED_BITS = -6.0, -4.0
_LEAST_PROOF_BITS = 3.0
"""What values, identity or size must say for anything above ``low``; that questions were answered is no proof."""

_SMALL_BOARD = 64
_RIVAL_BITS = 3.0
_FLOAT_DECADES = 4
"""A float is believed down to this many decades below the end of its span; smaller ones are noise read as a float."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A profile with the questions that tell it: its own polls, its identity register, and one bit too many."""

    profile: Profile
    plan: Plan

    @property
    def identity(self) -> Question | None:
        """The question for the identity register, ``None`` where the profile names none."""
        known = self.profile.identify
        return None if known is None else (FUNCTION[known.table], known.address, 1)

    @property
    def polls(self) -> tuple[Question, ...]:
        """The questions that the profile's own points take."""
        return tuple((run.function, run.address, run.count) for run in self.plan.runs)

    @property
    def too_many(self) -> Question | None:
        """A question that a small board of relays and inputs refuses and a larger one answers."""
        limit = self.profile.transport.max_coils
        function = next((run.function for run in self.plan.runs if run.function <= FUNCTION["discrete_input"]), None)
        return None if function is None or limit > _SMALL_BOARD else (function, 0, limit + 1)


def candidates(bus: BusSettings, profiles: Sequence[Profile]) -> list[Candidate]:
    """Return the profiles that can be on ``bus``, those with an identity register first."""
    found = []
    for profile in profiles:
        if profile.driver != "modbus" or bus.type not in profile.transport.reached_over():
            continue
        try:
            found.append(Candidate(profile, make_plan(profile, sample_options(profile))))
        except TechnicianMustAct:
            continue
    return sorted(found, key=lambda one: one.profile.identify is None)


def says_no(candidate: Candidate, heard: Mapping[Question, Heard]) -> bool:
    """Tell whether the identity register, as far as it was heard, speaks against the candidate."""
    question = candidate.identity
    if question is None or question not in heard:
        return False
    return _identified(candidate, heard) is False


def weigh(found: Sequence[Candidate], heard: Mapping[Question, Heard], bus: BusSettings, unit: int) -> list[Match]:
    """Return what the candidates are worth after what was ``heard``, best first, those that cannot be left out."""
    weighed = [
        (score, match) for one in found if (result := _weighed(one, heard, bus, unit)) for score, match in [result]
    ]
    sizes = {one.profile.id: len(one.profile.points) for one in found}
    weighed.sort(key=lambda pair: (-pair[0], sizes[pair[1].profile], pair[1].profile))
    matches = [match for _, match in weighed]
    manuals = {one.profile.id: set(one.profile.manual) for one in found}
    rivals = [
        match
        for score, match in weighed[1:]
        if score > weighed[0][0] - _RIVAL_BITS and not manuals[match.profile] & manuals[matches[0].profile]
    ]
    if rivals and matches[0].confidence == "high":
        matches[0] = replace(matches[0], confidence="medium")
    return matches[:1] + [_second(match) for match in matches[1:]]


def _second(match: Match) -> Match:
    """Return what is not the best: one thing cannot be two products for certain."""
    return replace(match, confidence="medium") if match.confidence == "high" else match


def _weighed(
    candidate: Candidate, heard: Mapping[Question, Heard], bus: BusSettings, unit: int
) -> tuple[float, Match] | None:
    profile, identified = candidate.profile, _identified(candidate, heard)
    answers = [heard.get(question) for question in candidate.polls]
    readable = sum(isinstance(answer, bytes) for answer in answers)
    if identified is False or readable * 3 < len(answers) * 2:
        return None
    answers = [None if _says_nothing(*pair) else pair[1] for pair in zip(candidate.polls, answers, strict=True)]
    proof, good, zero, implausible, values = _points(candidate, answers)
    if implausible > good or not (good or identified):
        return None
    exact = candidate.too_many is not None and isinstance(heard.get(candidate.too_many), int)
    factory = unit == profile.transport.unit and getattr(bus, "baud", None) in (None, profile.transport.baud)
    if identified:
        known = profile.identify.expect if profile.identify is not None else 0
        proof += _IDENTITY_BITS if known > 1 else _SMALL_IDENTITY_BITS
    proof += exact * _SIZE_BITS
    score = proof + factory * _FACTORY_BITS
    score += readable * _ANSWERED_BITS + (len(answers) - readable) * _REFUSED_BITS
    confidence = _confidence(score, proof)
    points = sum(not point.internal for point in profile.points)
    size = profile.transport.max_coils if exact else 0
    match = Match(
        profile.id,
        confidence,
        identified,
        readable,
        len(answers),
        good,
        zero,
        implausible,
        points,
        factory,
        size,
        values,
    )
    return score, match


def _says_nothing(question: Question, answer: Heard) -> bool:
    return question[0] not in BITS and isinstance(answer, bytes) and not answer.strip(b"\xff")


def _confidence(score: float, proof: float) -> Confidence:
    if proof < _LEAST_PROOF_BITS or score < _MEDIUM:
        return "low"
    return "high" if score >= _HIGH else "medium"


def _points(candidate: Candidate, answers: Sequence[Heard]) -> tuple[float, int, int, int, dict[str, Value]]:
    """Return the evidence of the points, how many are good, zero and implausible, and their values."""
    usable = [answer if isinstance(answer, bytes) else int(Quality.BAD) for answer in answers]
    decoded, qualities = candidate.plan.decode(usable, {})
    by_key = {point.key: point for point in candidate.profile.points}
    score, good, zero, implausible, values = 0.0, 0, 0, 0, dict[str, Value]()
    for key, value, quality in zip(candidate.plan.points, decoded, qualities or (0,) * len(decoded), strict=True):
        point = by_key.get(key)
        if point is None:
            continue  # a level or a state of terminals that nobody has named yet
        if quality == Quality.IMPLAUSIBLE:
            implausible += 1
            score += _IMPLAUSIBLE_BITS
        elif quality == 0:
            good += 1
            zero += not value
            score += evidence(point, value)
        if value is not None:
            values[key] = value
    return score, good, zero, implausible, values


def _identified(candidate: Candidate, heard: Mapping[Question, Heard]) -> bool | None:
    question, known = candidate.identity, candidate.profile.identify
    if question is None or known is None:
        return None
    answer = heard.get(question)
    return isinstance(answer, bytes) and int.from_bytes(answer, "big") == known.expect


def evidence(point: RegisterPoint, value: Value) -> float:
    """Return the bits that a good ``value`` of ``point`` speaks for its profile, 0 to 6."""
    if not value or point.encoding == "bool" or point.bit is not None:
        return 0.0
    space = 2.0 ** (16 * width(point.encoding))
    if point.words:
        return min(_MOST_BITS_A_POINT, log2(space / len(point.words)))
    if point.plausible is None or isinstance(value, str):
        return 0.0
    low, high = ((end - point.offset) / point.scale for end in point.plausible)
    if point.encoding == "f32":
        return min(_MOST_BITS_A_POINT, _float_bits(low, high, (float(value) - point.offset) / point.scale))
    accepted = min(space, abs(high - low) + 1)
    return min(_MOST_BITS_A_POINT, log2(space / accepted))


def _float_bits(low: float, high: float, raw: float) -> float:
    """Return the bits for a float between ``low`` and ``high``: of all 512 powers of two, with sign, so many fit."""
    largest = max(abs(low), abs(high))
    smallest = min(abs(low), abs(high)) if low * high > 0 else largest / 10**_FLOAT_DECADES
    if not largest or abs(raw) < smallest:
        return 0.0
    binades = max(1.0, log2(largest / smallest)) if smallest else 1.0
    return log2(512 / (binades * (2 if low < 0 < high else 1)))
