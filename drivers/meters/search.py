"""Who is on a line of meters: called all at once, then by the last digits of their numbers; nothing is ever written.

One meter alone is found by the first calls. Several answer them at once and spoil each other's answers, so they are
called by their last two digits, and those who still answer together by the two before as well.
"""

from collections.abc import AsyncIterator, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from config.address import Scalar
from config.profile import Profile
from config.samples import sample_options
from config.settings import DeviceSettings
from drivers.api.errors import CorruptAnswer, DeviceRefused, TechnicianMustAct, Timeout
from drivers.api.scans import Confidence, Match, Sighting
from drivers.meters.address import plate
from drivers.meters.dialect import Dialect, Found
from drivers.meters.line import Line
from drivers.meters.plan import Plan, make_plan
from runtime.clock import Clock
from wire.reading import Quality

_ANY = 0xAA
_SHOWN = 3
_PATIENCE = 2
"""So many items unanswered, and none answered, are enough: it is not this product."""

_MOSTLY = 0.6


class Search:
    """One search for meters of one protocol. ``look`` yields those found, and the garbled and silent calls besides."""

    def __init__(self, line: Line, clock: Clock, dialect: Dialect, profiles: Sequence[Profile]) -> None:
        self._line, self._clock, self._dialect = line, clock, dialect
        self._profiles = [profile for profile in profiles if profile.driver == dialect.name]
        self._reader = dialect.reader()
        self._found: dict[bytes, Found] = {}

    async def look(self, *, thorough: bool) -> AsyncIterator[Sighting]:
        """Yield what there is; with ``thorough`` by the last digits even where one meter alone seems to be there."""
        everybody = bytes((_ANY,)) * self._dialect.address_bytes
        heard, crowded = await self._call(everybody, range(len(self._dialect.calls(everybody))))
        if crowded or thorough:
            async for sighting in self._descend(b"", self._for_many(heard)):
                yield sighting
        elif not heard:
            yield Sighting(plate(everybody), "silent", len(self._dialect.calls(everybody)))
        for found in self._found.values():
            yield await self._identified(found)

    def _for_many(self, heard: list[int]) -> list[int]:
        """Return the ways worth going on with; the last, for the number, only where nothing else was heard."""
        every = list(range(len(self._dialect.calls(bytes(self._dialect.address_bytes)))))
        return [way for way in heard if way != every[-1]] or heard or every[:-1]

    async def _descend(self, known: bytes, ways: Collection[int]) -> AsyncIterator[Sighting]:
        """Call everybody whose number ends in two digits more than those in ``known`` (lowest first)."""
        unknown = self._dialect.address_bytes - len(known) - 1
        for digits in range(100):
            suffix = known + bytes.fromhex(f"{digits:02d}")
            heard, crowded = await self._call(suffix + bytes((_ANY,)) * unknown, ways)
            if unknown and crowded:
                async for sighting in self._descend(suffix, heard):
                    yield sighting
            else:
                number = plate(suffix + bytes((_ANY,)) * unknown)
                if crowded or not heard:
                    yield Sighting(number, "garbled" if crowded else "silent", len(ways))

    async def _call(self, address: bytes, ways: Collection[int]) -> tuple[list[int], bool]:
        """Call in ``ways``; keep who answers, and return the ways that brought anything and whether one brought more
        than one answer can be.
        """
        heard, crowded = [], False
        calls = self._dialect.calls(address)
        for way in ways:
            async with self._line.turn:
                frames, noise = await self._line.call(calls[way].frame, self._reader)
            found = [one for frame in frames if (one := calls[way].found(frame)) is not None]
            for one in found:
                before = self._found.get(one.address, one)
                self._found[one.address] = one._replace(options={**one.options, **before.options})
            crowded = crowded or noise or len(found) > 1
            if found or noise:
                heard.append(way)
        return heard, crowded

    async def _identified(self, found: Found) -> Sighting:
        """Return which products the meter may be: those whose items it has, and whose values make sense."""
        ear = _Ear(self._line, self._clock, self._dialect)
        weighed = []
        for profile in self._profiles:
            for options in self._dialect.options(profile, found):
                match = await ear.match(profile, options)
                if match is not None:
                    weighed.append(match)
                    break
        tells = {profile.id: len(profile.commands) for profile in self._profiles}
        weighed.sort(key=lambda one: (-one.good / one.points, tells[one.profile], -one.good))
        matches = tuple(_modest(place, match) for place, match in enumerate(weighed[:_SHOWN]))
        seen = tuple(f"{item} = {data.hex(' ').upper()}" for item, data in ear.raw.items())
        return Sighting(plate(found.address), "answers", ear.tries, ear.quickest_s, matches, seen)


def _modest(place: int, match: Match) -> Match:
    return replace(match, confidence="medium") if place and match.confidence == "high" else match


class _Ear:
    """Reads one meter, each item once for each way of asking, and remembers what it heard."""

    def __init__(self, line: Line, clock: Clock, dialect: Dialect) -> None:
        self.tries = 0
        self.quickest_s = 0.0
        self.raw: dict[str, bytes] = {}
        self._line, self._clock, self._dialect = line, clock, dialect
        self._heard: dict[tuple[object, ...], bytes | int] = {}

    async def match(self, profile: Profile, options: Mapping[str, Scalar]) -> Match | None:
        """Return what speaks for ``profile`` with ``options``, ``None`` where nothing does."""
        every: dict[str, Scalar | dict[str, int]] = {**sample_options(profile), **options}
        device = DeviceSettings(id="?", name="?", bus="?", unit=0, profile=profile, options=every)
        try:
            plan = make_plan(profile, every, self._dialect.units)
            answers = await self._answers(device, plan, options)
        except TechnicianMustAct:
            return None
        values, qualities = plan.decode(answers)
        rows = list(zip(plan.points, values, qualities or (0,) * len(values), strict=True))
        good = sum(not quality for _, _, quality in rows)
        if not good:
            return None
        readable = sum(isinstance(answer, bytes) for answer in answers)
        return Match(
            profile=profile.id,
            confidence=_confidence(good / len(rows)),
            identity=None,
            readable=readable,
            requests=len(answers),
            good=good,
            zero=sum(not quality and not isinstance(value, bool) and not value for _, value, quality in rows),
            implausible=sum(quality == Quality.IMPLAUSIBLE for _, _, quality in rows),
            points=len(rows),
            factory=False,
            size=0,
            values={key: value for key, value, quality in rows if not quality},
            options=dict(options),
        )

    async def _answers(self, device: DeviceSettings, plan: Plan, options: Mapping[str, Scalar]) -> list[bytes | int]:
        meter = self._dialect.meter(device)
        answers: list[bytes | int] = []
        for part in plan.parts:
            asked = (part.item, part.size, *sorted(options.items()))
            if asked not in self._heard:
                if len(answers) >= _PATIENCE and all(answer == Quality.TIMEOUT for answer in answers):
                    answers.append(int(Quality.TIMEOUT))
                    continue
                self._heard[asked] = await self._asked(meter.read(self._line, part.item, part.size), part.item)
            answers.append(self._heard[asked])
        return answers

    async def _asked(self, reading: Coroutine[Any, Any, bytes], item: str) -> bytes | int:
        self.tries += 1
        async with self._line.turn:
            began = self._clock.monotonic()
            try:
                data = await reading
            except Timeout:
                return int(Quality.TIMEOUT)
            except CorruptAnswer:
                return int(Quality.CORRUPT)
            except DeviceRefused:
                return int(Quality.BAD)
        took_s = self._clock.monotonic() - began
        self.quickest_s = min(self.quickest_s or took_s, took_s)
        self.raw.setdefault(item, data)
        return data


def _confidence(share: float) -> Confidence:
    return "high" if share == 1 else "medium" if share >= _MOSTLY else "low"
