"""Reads a district's rules file, finding every mistake at once; a gateway file's rules are in `config/rules.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from config.catalog import CatalogError, DeviceClass, class_names, collector_rules, load_class
from config.conditions import Names, check_condition
from config.district_form import DistrictAddForm, DistrictChangeForm, DistrictForm, DistrictRulesForm, PersonForm
from config.document import Mapping, Scalar, Sequence, Tree, read_document
from config.masks import Masks
from config.problems import Place, Problem, has_errors, in_order, located, near, problem
from config.shape import missing_key, unknown_key, where_of, wrong_type

_LARGEST = 4_000_000


@dataclass(frozen=True, slots=True)
class LoadedDistrict:
    """What came of a file: ``form`` unless some problem is an error, and all problems in order of place."""

    form: DistrictForm | None
    problems: tuple[Problem, ...]


def load_district(path: Path) -> LoadedDistrict:
    """Read and check the file at ``path``. Never raises for what is in the file; an unreadable one is a problem too."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "UTF-8?"
        found = problem(
            "E005", Place(1, 1), zh=said, en=said, fix_zh="检查路径和编码", fix_en="check path and encoding"
        )
        return LoadedDistrict(None, (located(found, path.name),))
    tree, problems = read_document(text[:_LARGEST])
    form = None
    if tree is not None:
        form, wrong = _shaped(tree)
        problems = [*problems, *wrong, *_check(tree)]
    masks = Masks(text.splitlines(), tree, problems)
    found_all = tuple(located(masks.apply(each), path.name) for each in in_order(problems))
    return LoadedDistrict(None if has_errors(problems) else form, found_all)


def _shaped(tree: Mapping) -> tuple[DistrictForm | None, list[Problem]]:
    try:
        return DistrictForm.model_validate({key: value for key, value in tree.value.items() if value is not None}), []
    except ValidationError as error:
        return None, [_misshapen(tree, dict(each)) for each in error.errors(include_url=False)]


def _misshapen(tree: Mapping, error: dict[str, Any]) -> Problem:
    node: Tree = tree
    path: list[str] = []
    at = Place(1, 1)
    for part in error["loc"]:
        if isinstance(node, Mapping) and str(part) in node.entries:
            at, node = node.keys[str(part)], node.entries[str(part)]
            path.append(str(part))
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            at = node.place
    given = node.value if isinstance(node, Scalar) else "…"
    match error["type"]:
        case "extra_forbidden":
            return unknown_key(path[-1], where_of(path[:-1]), at, _keys(path[:-1]))
        case "missing":
            return missing_key(str(error["loc"][-1]), where_of(path), at)
        case "duration_unit":
            return problem("E103", at, given=given)
        case "literal_error":
            known = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
            return problem("E109", at, given=given, known=known, **near(str(given), known.split(", ")))
    said = "list" if error["type"] == "too_short" else error["type"]
    kinds = ("int", "float", "bool", "list", "dict", "model", "duration")
    return wrong_type(next((kind for kind in kinds if said.startswith(kind)), "string"), at, given)


def _keys(path: list[str]) -> list[str]:
    form: type[BaseModel] = DistrictForm
    match path:
        case ["people", _]:
            form = PersonForm
        case ["rules"]:
            form = DistrictRulesForm
        case ["rules", "change", *_]:
            form = DistrictChangeForm
        case ["rules", "add", *_]:
            form = DistrictAddForm
    return [field.alias or name for name, field in form.model_fields.items()]


def _check(tree: Mapping) -> Iterator[Problem]:
    zone = tree.get("timezone")
    if isinstance(zone, Scalar) and isinstance(zone.value, str):
        try:
            ZoneInfo(zone.value)
        except (KeyError, ValueError, OSError):
            yield problem("E109", zone.place, given=zone.value, known="Asia/Shanghai", near_zh="", near_en="")
    people = tree.mapping("people")
    groups = {name for person in people.entries.values() for name in _texts(person, "groups")}
    rules = tree.mapping("rules")
    defaults = {rule.id: (load_class(kind), rule) for kind, rule in collector_rules()}
    for name, node in rules.mapping("change").entries.items():
        if name not in defaults:
            yield problem("E120", rules.mapping("change").keys[name], given=name, **near(name, defaults))
            continue
        kind, default = defaults[name]
        for each in node.items if isinstance(node, Sequence) else (node,):
            yield from _check_rule(each, kind, default.about, people, groups)
    for name, node in rules.mapping("add").entries.items():
        if name in defaults:
            yield problem("E127", rules.mapping("add").keys[name], given=name)
        yield from _check_added(node, people, groups)


def _check_added(node: Tree, people: Mapping, groups: set[str]) -> Iterator[Problem]:
    named = node.get("class") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(named, Scalar):
        return
    try:
        kind = load_class(str(named.value))
    except CatalogError:
        known = ", ".join(class_names())
        yield problem("E109", named.place, given=named.value, known=known, **near(str(named.value), class_names()))
        return
    yield from _check_rule(node, kind, node.text("about") or "", people, groups)


def _check_rule(node: Tree, kind: DeviceClass, about: str, people: Mapping, groups: set[str]) -> Iterator[Problem]:
    if not isinstance(node, Mapping):
        return
    kind = kind.told(about)
    for key in ("when", "clear"):
        condition = node.get(key)
        if isinstance(condition, Scalar):
            names = Names(frozenset(point.key for point in kind.points), others=tuple(map(load_class, class_names())))
            yield from check_condition(condition, kind, names)[1]
    for key in ("action", "record"):
        if key in node.keys:  # devices are told by their gateway alone
            yield unknown_key(key, "rules", node.keys[key], (each for each in _keys(["rules", "add"]) if each != key))
    known = {*people.entries, *groups}
    selected = node.get("people")
    for item in selected.items if isinstance(selected, Sequence) else (selected,):
        if isinstance(item, Scalar) and item.value not in known:
            listed = ", ".join(sorted(known))
            yield problem("E109", item.place, given=item.value, known=listed, **near(str(item.value), known))


def _texts(node: Tree, key: str) -> list[str]:
    found = node.get(key) if isinstance(node, Mapping) else None
    items = found.items if isinstance(found, Sequence) else (found,)
    return [item.value for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]
