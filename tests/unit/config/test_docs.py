"""docs/configuration.md and the editors' schema, held to the form of a gateway file and to the codes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args, get_origin

import pytest
from pydantic import BaseModel

from config.codes import CODES
from config.form import GatewayForm
from config.rule_form import RuleAddForm, RuleChangeForm
from config.schema import SCHEMA_FILE, gateway_schema, schema_text

DOCS = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^### (.+)$", DOCS, re.MULTILINE)


def _models(annotation: object) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the forms within an annotation, with what a path adds to reach them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "", annotation
    for part in get_args(annotation):
        step = ".*" if get_origin(annotation) is dict else ""
        for more, model in _models(part):
            yield step + more, model


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = prefix + (field.alias or name)
        yield path
        for step, inner in _models(field.annotation):
            rules = inner in (RuleAddForm, RuleChangeForm)
            yield from _keys(inner, "rules.*.*." if rules else f"{path}{step}.")


KEYS = sorted(set(_keys(GatewayForm)))


def test_the_walk_finds_keys_at_every_depth() -> None:
    assert {"version", "site.code", "buses.*.baud", "devices.*.every", "rules.*.*.for"} <= set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_a_heading(key: str) -> None:
    assert f"`{key}`" in HEADINGS


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_heading(code: str) -> None:
    assert code in HEADINGS


def test_no_heading_is_left_over() -> None:
    known = {f"`{key}`" for key in KEYS} | set(CODES)
    assert [heading for heading in HEADINGS if heading not in known] == ["型号自己的选项 / Options of a profile"]


@pytest.mark.parametrize("code", CODES)
def test_both_languages_say_the_same_things(code: str) -> None:
    def fields(text: str) -> set[str]:
        return {re.sub(r"_(zh|en)$", "", name) for _, name, _, _ in Formatter().parse(text) if name} - {"zh", "en"}

    wording = CODES[code]
    assert re.fullmatch(r"[EW]\d{3}", code)
    assert fields(wording.zh) == fields(wording.en)
    assert fields(wording.fix_zh) == fields(wording.fix_en)


def test_the_schema_file_is_the_form() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run: python -m config.schema"


def test_the_schema_speaks_of_durations_as_text() -> None:
    schema = json.loads(json.dumps(gateway_schema()))
    every = schema["$defs"]["DeviceForm"]["properties"]["every"]
    assert any(choice.get("type") == "string" for choice in every["anyOf"])
    assert "for" in schema["$defs"]["RuleAddForm"]["properties"]
