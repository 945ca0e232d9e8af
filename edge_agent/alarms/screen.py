"""The alarms as a page for a screen at the box: to look at, anew every few seconds, with nothing on it to press."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from edge_agent.alarms_cli.page import cells
from wire.alert import Level

REFRESH_S: Final = 5

_TITLES: Final = {"zh": "告警", "en": "Alarms"}
_NONE: Final = {"zh": "没有未了结的告警", "en": "No alarm stands"}
_COLOURS: Final = {Level.RED: "#c00", Level.ORANGE: "#d60", Level.YELLOW: "#a80", Level.BLUE: "#06c"}
_STYLE: Final = "body{font:1.2em sans-serif;margin:1em}td{padding:.3em 1em .3em 0;vertical-align:top}"


def screen(alarms: Sequence[Mapping[str, Any]], gateway: str, lang: str) -> bytes:
    """Return the page for rows as the counter lists them."""
    title = f"{_TITLES[lang]} {escape(gateway)}"
    rows = "".join(_row(one, lang) for one in alarms)
    body = f"<table>{rows}</table>" if rows else f"<p>{_NONE[lang]}</p>"
    head = f'<meta charset="utf-8"><meta http-equiv="refresh" content="{REFRESH_S}"><title>{title}</title>'
    return f"<!doctype html>{head}<style>{_STYLE}</style><h1>{title}</h1>{body}\n".encode()


def _row(one: Mapping[str, Any], lang: str) -> str:
    colour = _COLOURS[Level(one["level"])]
    return f'<tr style="color:{colour}">' + "".join(f"<td>{escape(cell)}</td>" for cell in cells(one, lang)) + "</tr>"
