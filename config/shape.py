"""Holds a file's tree against the form of a gateway file and says each difference where it stands."""

import re
from collections.abc import Iterable
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from config.document import Mapping, Scalar, Sequence, Tree
from config.form import (
    BufferForm,
    BusForm,
    CollectorForm,
    DeviceForm,
    GatewayForm,
    HealthForm,
    SiteForm,
    TransportForm,
)
from config.notify_form import FORMS as CHANNELS
from config.notify_form import NotifyForm, RouteForm
from config.problems import Place, Problem, near, nearest, problem
from config.rule_form import ActionForm, EscalateForm, RuleAddForm, RuleChangeForm, RulesForm
from config.site_form import ListForm, PersonForm, ScheduleForm

_BUSES: Final[dict[str, type[BaseModel]]] = {
    name: form for form in get_args(get_args(BusForm)[0]) for name in get_args(form.model_fields["type"].annotation)
}
_SECTIONS: Final[dict[str, type[BaseModel]]] = {
    "site": SiteForm,
    "collector": CollectorForm,
    "buffer": BufferForm,
    "health": HealthForm,
    "notify": NotifyForm,
}
_MEMBERS: Final[dict[str, type[BaseModel]]] = {
    "devices": DeviceForm,
    "people": PersonForm,
    "schedules": ScheduleForm,
    "lists": ListForm,
}
_RULES: Final[dict[str, type[BaseModel]]] = {"change": RuleChangeForm, "add": RuleAddForm}
_OF_RULES: Final[dict[str, type[BaseModel]]] = {"action": ActionForm, "escalate": EscalateForm}
_EXPECTED: Final = {
    "string": ("一段文字", "text"),
    "int": ("一个整数", "a whole number"),
    "float": ("一个数", "a number"),
    "bool": (" true 或 false", "true or false"),
    "list": ("一个列表, 例如 [a, b]", "a list such as [a, b]"),
    "dict": ("几项 “名字: 内容”", "entries of the form “key: value”"),
    "model": ("几项 “名字: 内容”", "entries of the form “key: value”"),
    "hold": ("时间或次数, 例如 60s、10m、3 readings", "a duration or a number of readings, such as 60s or 3 readings"),
    "duration": ("时间, 例如 500ms、5s、10m", "a duration such as 500ms, 5s or 10m"),
}


_NUMBER: Final = re.compile(r"\s*([-+]?\d{1,6})\s*[^\d\s.,:]{0,4}\s*")
"""A whole number, perhaps with the unit that a technician writes after it."""


def bus_types() -> tuple[str, ...]:
    """Return the bus types that a file may name."""
    return tuple(_BUSES)


def check_shape(tree: Mapping) -> tuple[GatewayForm | None, list[Problem]]:
    """Return the filled form, ``None`` if anything is wrong with it, and what is."""
    plain = {key: value for key, value in tree.value.items() if value is not None or key in ("version", "site")}
    rules = plain.get("rules")
    if isinstance(rules, dict):
        plain["rules"] = {key: value for key, value in rules.items() if value is not None}
    try:
        return GatewayForm.model_validate(plain), []
    except ValidationError as error:
        found = [_problem(tree, dict(each)) for each in error.errors(include_url=False)]
        return None, _without_echoes(found)


def unknown_key(key: str, where: str, at: Place, known: Iterable[str]) -> Problem:
    """Return the problem of a key that does not exist at ``where``, with the nearest one that does."""
    names = list(known)
    match = nearest(key, names)
    listed = ", ".join(names)
    return problem(
        "E101", at, key=key, where=where, match=match,
        fix_zh=f"是不是想写 “{match}”?" if match else f"可用: {listed}",
        fix_en=f"did you mean “{match}”?" if match else f"there are: {listed}",
    )  # fmt: skip


def missing_key(key: str, where: str, at: Place, example: str = "") -> Problem:
    """Return the problem of a key that must be at ``where``."""
    text = f"{key}: {example or '…'}"
    return problem("E102", at, key=key, where=where, fix_zh=f"补上 {text}", fix_en=f"add {text}")


def wrong_type(expected: str, at: Place, given: object = None) -> Problem:
    """Return the problem of a value that is not of the ``expected`` kind (string, int, float, bool, list, dict).

    ``given`` is the value that stands there, where it may be shown: a number with its unit, and a number where
    text belongs, get the way to write them.
    """
    zh, en = _EXPECTED[expected]
    fix_zh, fix_en = _rewritten(expected, given)
    return problem("E104", at, zh=zh, en=en, fix_zh=fix_zh, fix_en=fix_en)


def _rewritten(expected: str, given: object) -> tuple[str, str]:
    if expected in ("int", "float") and isinstance(given, str) and (found := _NUMBER.fullmatch(given)):
        return f"只写 {found[1]}, 不写单位和引号", f"write {found[1]} alone, without unit and quotes"
    if expected == "string" and isinstance(given, bool | int | float):
        return "两边加英文引号", "put it in quotes"
    if expected in ("dict", "model"):
        return (
            "每项一行, 比上一行多缩进两格, 写成 “名字: 内容”",
            "one line each, two spaces further in, as “key: value”",
        )
    return "", ""


def where_of(path: Iterable[object]) -> str:
    """Return a path as people read it, ``buses.rs485-1``."""
    return ".".join(str(part) for part in path) or "最外层 (top level)"


def _without_echoes(found: list[Problem]) -> list[Problem]:
    """Leave out missing keys that are there, misspelt."""
    meant = {(each.fields["where"], each.fields.get("match")) for each in found if each.code == "E101"}
    return [each for each in found if each.code != "E102" or (each.fields["where"], each.fields["key"]) not in meant]


def _problem(tree: Mapping, error: dict[str, Any]) -> Problem:
    path, node, key_at = _find(tree, error["loc"])
    at = node.place if isinstance(node, Scalar) and node.value is not None else key_at
    kind: str = error["type"]
    given = node.value if isinstance(node, Scalar) else "…"
    match kind:
        case "extra_forbidden":
            return unknown_key(path[-1], where_of(path[:-1]), key_at, _known(path[:-1], tree))
        case "missing":
            return missing_key(str(error["loc"][-1]), where_of(path), at)
        case "union_tag_not_found":
            return missing_key("type", where_of(path), at, " / ".join(_types(path)))
        case "union_tag_invalid":
            return _choice(_type_node(node, at), error["ctx"]["tag"], list(_types(path)))
        case "duration_unit":
            return problem("E103", at, given=given)
        case "span":
            return problem("E173", at, given=given)
        case "web_address":
            return problem("E113", at, given=given, example="https://duty.example.invalid/alarms")
        case "size":
            return problem("E114", at, given=given)
        case "secret":
            return problem("E301", at, key=path[-1], name=f"my_{path[-1]}")
        case "serial_format":
            return problem("E105", at, given=given)
        case "string_pattern_mismatch":
            if path[0] == "collector":
                return problem(
                    "E113", at, given=given, example="https://collector.example:8443, mqtts://broker.example:8883"
                )
            return problem("E115" if path == ["site", "code"] else "E112", at, given=given)
        case "literal_error" if path[-1] == "level":
            return problem("E121", at, given=given)
        case "literal_error":
            choices = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
            return _choice(at, path[-1] if error["loc"][-1] == "[key]" else str(given), choices)
    if kind.startswith(("greater", "less", "too_", "string_too")):
        return _out_of_range(path, tree, at, given)
    return wrong_type(next((name for name in _EXPECTED if kind.startswith(name)), "string"), at, given)


def _choice(at: Place, given: str, choices: list[str]) -> Problem:
    return problem("E109", at, given=given, known=", ".join(choices), **near(given, choices))


def _types(path: list[str]) -> dict[str, type[BaseModel]]:
    """Return the forms by ``type`` at a path that has several."""
    return CHANNELS if path[:1] == ["notify"] else _BUSES


def _type_node(node: Tree, at: Place) -> Place:
    found = node.get("type") if isinstance(node, Mapping) else None
    return found.place if found is not None else at


def _out_of_range(path: list[str], tree: Mapping, at: Place, given: object) -> Problem:
    form = _form(path[:-1], tree)
    low, high = "1", "…"
    for name, field in form.model_fields.items() if form else ():
        if (field.alias or name) == path[-1]:
            for bound in field.metadata:
                low = str(getattr(bound, "ge", getattr(bound, "gt", getattr(bound, "min_length", None) or low)))
                high = str(getattr(bound, "le", getattr(bound, "max_length", None) or high))
    return problem("E108", at, given=given, low=low, high=high)


def _find(tree: Mapping, loc: tuple[int | str, ...]) -> tuple[list[str], Tree, Place]:
    """Follow pydantic's path as far as the tree has it, to a node and the place of its key (an item: its own).

    Parts that are not in the tree (union tags) are skipped.
    """
    node: Tree = tree
    path: list[str] = []
    at = Place(1, 1)
    for part in loc:
        if isinstance(node, Mapping) and str(part) in node.entries:
            at = node.keys[str(part)]
            node = node.entries[str(part)]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            at = node.place
        else:
            continue
        path.append(str(part))
    return path, node, at


def _form(path: list[str], tree: Mapping) -> type[BaseModel] | None:
    match path:
        case []:
            return GatewayForm
        case ["buses", bus]:
            return _BUSES.get(tree.mapping("buses").mapping(bus).text("type") or "")
        case ["notify", "channels", name]:
            return CHANNELS.get(tree.mapping("notify").mapping("channels").mapping(name).text("type") or "")
        case ["notify", "routes", _]:
            return RouteForm
        case [("devices" | "people" | "schedules" | "lists") as section, _]:
            return _MEMBERS[section]
        case ["devices", _, "transport"]:
            return TransportForm
        case ["rules"]:
            return RulesForm
        case ["rules", section, _, *rest]:
            keys = [each for each in rest if not each.isdigit()]  # numbers: which of a list
            return _OF_RULES.get(keys[0]) if keys else _RULES.get(section)
        case [section]:
            return _SECTIONS.get(section)
    return None


def _known(path: list[str], tree: Mapping) -> list[str]:
    form = _form(path, tree)
    return [field.alias or name for name, field in form.model_fields.items()] if form else []
