"""What makers call plates, confidences, colours and directions, in our words; what is not said stays unsaid."""

import re
from math import isfinite
from typing import Final

from drivers.onvif.events.told import short

_NO_PLATE: Final = {"UNKNOWN", "UNKNOW", "NONE", "NULL", "NOPLATE", "UNLICENSED", "无车牌", "无牌车", "未识别", "车牌"}
_PLATE: Final = re.compile(r"[0-9A-Z\u4e00-\u9fff]{2,12}")
_BETWEEN: Final = re.compile(r"[\s·•\-.]+")
_COLOURS: Final = {
    "gray": "grey",
    "newenergygreen": "green",
    "newenergy": "green",
    "newenergyyellowgreen": "yellow_green",
    "yellowgreen": "yellow_green",
}
_WAYS: Final = {
    "in": "in", "entry": "in", "enter": "in", "car come in": "in",
    "out": "out", "exit": "out", "car go out": "out",
    "forward": "approaching", "approach": "approaching", "approaching": "approaching",
    "reverse": "leaving", "leave": "leaving", "leaving": "leaving", "departing": "leaving",
}  # fmt: skip
_UNSAID: Final = {"unknown", "unknow", "other", "undefined", "null", "none", "no"}


def plate(text: str) -> str | None:
    """Return a plate without its spaces and dots, in capitals; ``None`` for the many ways to say that none was read."""
    found = _BETWEEN.sub("", short(text)).upper()
    return found if found not in _NO_PLATE and _PLATE.fullmatch(found) else None


def confidence(text: str, full: float) -> float | None:
    """Return 0 to 1 where ``full`` is certainty in the maker's measure; ``None`` for what is outside of that measure: a
    confidence that is guessed could open a gate.
    """
    try:
        found = float(text[:20]) / full
    except ValueError:
        return None
    return round(found, 4) if isfinite(found) and 0.0 <= found <= 1.0 else None


def lane(text: str) -> int | None:
    """Return a lane's number."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else None


def kind(text: str) -> str | None:
    """Return a maker's word in small letters; ``None`` where it says that it does not know."""
    found = short(text).lower().replace(" ", "_")
    return found if found and found not in _UNSAID else None


def colour(text: str) -> str | None:
    """Return a colour's name."""
    found = kind(text)
    return None if found is None else _COLOURS.get(found, found)


def direction(text: str, facing: str) -> str | None:
    """Return ``in`` or ``out``. Most cameras say only whether a vehicle comes nearer: what that means depends on how it
    hangs. ``facing``: ``in`` where those who come in come nearer, ``out`` where those who leave do; without it
    ``approaching`` and ``leaving`` stay as they are.
    """
    way = _WAYS.get(short(text).lower())
    if way in (None, "in", "out") or not facing:
        return way
    return facing if way == "approaching" else {"in": "out", "out": "in"}[facing]


def plate_type(plate: str, colour: str) -> str | None:
    """Return the catalogue's kind of a Chinese plate where its colour alone decides it; yellow does not."""
    if not "\u4e00" <= plate[0] <= "\u9fff":
        return None
    if colour == "green":
        return "green_small" if len(plate) == 8 else None
    return {"blue": "blue", "white": "white", "black": "black", "yellow_green": "green_large"}.get(colour)
