"""How the steps of a scenario are written: a line is a time, what a device tells, and what the rule makes of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from config.duration import parse_duration
from config.written import Level
from wire.reading import Quality, Value

Turn: TypeAlias = Literal["raised", "changed", "cleared"]

_US: Final = 1_000_000
_DURATION: Final = r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+"
_PART: Final = re.compile(r"\d+(?:\.\d+)?(?:ms|s|m|h|d)")
_WHEN: Final = re.compile(rf"(?P<at>{_DURATION})(?:\.\.(?P<until>{_DURATION})/(?P<every>{_DURATION}))?")
_WHO: Final = re.compile(r"(?P<who>[^\s=:]+):")
_PAIR: Final = re.compile(r"(?P<key>[a-z][a-z0-9_]*)=(?P<value>\"[^\"]*\"|\S+)")
_RISE: Final = re.compile(r"(?P<first>-?\d+(?:\.\d+)?)\+(?P<more>\d+(?:\.\d+)?)")
_REMARK: Final = re.compile(r"(^|\s)#.*$")
_LONGEST: Final = 20_000
"""Readings that one line may stand for."""

Reading: TypeAlias = tuple[str, Value, int]
"""A point, its value and its quality."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a device tells at one moment: readings, or an event with its fields, or that it went off line."""

    readings: tuple[Reading, ...] = ()
    event: str = ""
    fields: tuple[tuple[str, Value], ...] = ()
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """What a rule is to do at a step: the turn of the alert, and its level where one is written."""

    turn: Turn
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One moment: ``at`` µs after the scenario's start, ``device`` empty for the one that is watched.

    ``line`` counts the lines of the steps from 0.
    """

    at: int
    device: str
    told: Told | None
    expected: tuple[Expected, ...]
    line: int


class StepError(ValueError):
    """A line that is no step: what is wrong, in both languages, and where in the line."""

    def __init__(self, zh: str, en: str, line: int, offset: int = 0, length: int = 1) -> None:
        super().__init__(en)
        self.zh, self.en, self.line, self.offset, self.length = zh, en, line, offset, max(1, length)


def parse_steps(text: str) -> tuple[Step, ...]:
    """Return the steps of ``text`` in order of time; ``StepError`` for the first line that is none. ``#`` begins a
    remark.

    ``0s..14d/1h`` stands for a step every hour until then; in it ``x=1,2,3`` takes the values in turn, and
    ``x=100+0.5`` adds half a unit each time.
    """
    steps: list[Step] = []
    before = 0
    for number, line in enumerate(_REMARK.sub("", each) for each in text.splitlines()):
        if line.strip():
            found = list(_steps_of(line, number))
            if found[0].at < before:
                raise StepError(
                    "时间比上一步早", "this is earlier than the step before", number, _margin(line), len(line)
                )
            before = found[0].at
            steps += found
    return tuple(sorted(steps, key=lambda step: step.at))


def show_time(at: int) -> str:
    """Return ``at`` µs as a step has it: ``1h30m``."""
    left, parts = abs(at), []
    for unit, size in (("d", 86_400 * _US), ("h", 3_600 * _US), ("m", 60 * _US)):
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    if left or not parts:
        parts.append(f"{left / _US:.6g}s")
    return ("-" if at < 0 else "") + "".join(parts)


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _steps_of(line: str, number: int) -> Iterator[Step]:
    what, arrow, results = line.partition("->")
    when = _WHEN.match(what, _margin(what))
    if when is None or (when.end() < len(what) and not what[when.end()].isspace()):
        raise StepError(
            "一步要以时间开头, 例如 1m30s", "a step begins with its time, such as 1m30s",
            number, _margin(line), len(line.split(maxsplit=1)[0]),
        )  # fmt: skip
    at, expected = _micros(when["at"]), tuple(_results(results, number, len(what) + len(arrow))) if arrow else ()
    start = when.end() + _margin(what[when.end() :])
    who = _WHO.match(what, start)
    device, start = (who["who"], who.end()) if who else ("", start)
    if when["until"] is None:
        yield Step(at, device, _told(what, start, number, 0, single=True), expected, number)
        return
    if expected:
        raise StepError(
            "重复的一步后面不能写结果", "what follows cannot be written after a repeated step", number, len(what), 2
        )
    until, every = _micros(when["until"]), _micros(when["every"])
    if every <= 0 or until < at or (until - at) // every > _LONGEST:
        raise StepError("重复的时间不对", "this repetition cannot be", number, when.start(), when.end() - when.start())
    for index in range((until - at) // every + 1):
        yield Step(at + index * every, device, _told(what, start, number, index, single=False), (), number)


def _micros(text: str) -> int:
    return sum(round(parse_duration(part) * _US) for part in _PART.findall(text))


def _told(what: str, start: int, number: int, index: int, *, single: bool) -> Told | None:
    words = what[start:].split()
    if not words:
        return None
    if words == ["offline"]:
        return Told(offline=True)
    if words[0] == "event":
        if len(words) < 2 or "=" in words[1]:
            raise StepError("event 后面写事件名", "write the event's name after event", number, start, len("event"))
        first = what.index(words[1], what.index("event", start) + len("event")) + len(words[1])
        return Told(event=words[1], fields=tuple(_pairs(what, first, number, index, single)))
    readings = [_reading(key, value) for key, value in _pairs(what, start, number, index, single)]
    return Told(readings=tuple(readings))


def _reading(key: str, value: Value) -> Reading:
    """``?`` is no usable value, ``!`` one of bad quality: the sensor told what cannot be."""
    if value == "?":
        return key, None, Quality.STALE
    if value == "!":
        return key, None, Quality.OUT_OF_RANGE
    return key, value, Quality.GOOD


def _pairs(what: str, start: int, number: int, index: int, single: bool) -> Iterator[tuple[str, Value]]:
    at = start
    while what[at:].strip():
        at += _margin(what[at:])
        pair = _PAIR.match(what, at)
        if pair is None:
            word = what[at:].split(maxsplit=1)[0]
            raise StepError(
                f"看不懂 “{word}”, 写成 测点=值、event 事件名 或 offline",
                f"“{word}” is no point=value, event NAME or offline",
                number, at, len(word),
            )  # fmt: skip
        yield pair["key"], _value(pair["value"]) if single else _value_in_turn(pair["value"], index)
        at = pair.end()


def _value_in_turn(text: str, index: int) -> Value:
    if rise := _RISE.fullmatch(text):
        return round(float(rise["first"]) + index * float(rise["more"]), 9)
    choices = text.split(",")
    return _value(choices[index % len(choices)])


def _value(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    for number in (int, float):
        try:
            return number(text) if re.fullmatch(r"-?[\d.]+", text) else text.strip('"')
        except ValueError:
            continue
    return text


def _results(text: str, number: int, start: int) -> Iterator[Expected]:
    for part in text.split(","):
        words = part.split()
        turn, level = [*words, "", ""][:2]
        known = turn in get_args(Turn) and (not level or level in get_args(Level)) and len(words) <= 2
        if not known or (turn == "cleared" and level):
            raise StepError(
                f"看不懂结果 “{part.strip()}”, 写成 raised、changed 级别 或 cleared",
                f"“{part.strip()}” is no raised, changed LEVEL or cleared",
                number, start + _margin(text), len(part.strip()),
            )  # fmt: skip
        yield Expected(turn, level or None)  # type: ignore[arg-type]  # held against the words just above
