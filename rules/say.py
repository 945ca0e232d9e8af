"""A rule's sentence for people: the template's ``{name}`` and ``{point}`` filled in, numbers as people write them."""

import re
from collections.abc import Mapping
from typing import Final

from wire.reading import Value

_FIELD = re.compile(r"\{([^\W\d]\w*)\}")
_TRUTH: Final = {"zh": ("否", "是"), "en": ("no", "yes")}
_NOTHING: Final = "—"


def fields(template: str) -> tuple[str, ...]:
    """Return the points that ``template`` names, each once."""
    return tuple(dict.fromkeys(name for name in _FIELD.findall(template) if name != "name"))


def fill(template: str, language: str, name: str, values: Mapping[str, Value]) -> str:
    """Return ``template`` with ``{name}`` and the points in ``values`` filled in; other braces stay as written."""

    def replace(match: re.Match[str]) -> str:
        field = match[1]
        if field == "name":
            return name
        return show(values[field], language) if field in values else match[0]

    return _FIELD.sub(replace, template)


def show(value: Value, language: str) -> str:
    """Return a value for people: at most two decimals (three digits below 1), 是/否 or yes/no, — for none."""
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return _TRUTH.get(language, _TRUTH["en"])[value]
    if isinstance(value, float):
        if value == int(value) and abs(value) < 1e15:
            return str(int(value))
        return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)
