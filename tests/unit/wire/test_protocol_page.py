"""docs/protocol.md is held to the code: every struct's fields, every word, every limit, and its worked examples."""

import json
import re
import types
from base64 import urlsafe_b64decode
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints
from zlib import crc32

import msgspec
import pytest
import zstandard

from tests.unit.wire.making import STRUCTS
from tests.unit.wire.protocol_example import COLLECTOR, COMMAND, CONTENT, GATEWAY, T, blocks, texts
from tests.unit.wire.protocol_example import PAGE as PAGE_FILE
from wire.alert import AlertState, Level
from wire.chunk import Chunk, ClockState, Codec, Lane
from wire.codec import BODY_LIMIT, MEDIA_TYPE, decode_chunks, unseal
from wire.command import SignedCommand
from wire.identity import CLOCK_LEEWAY_S, TOKEN_LIFE_S, public_key, verify_command, verify_token
from wire.outcome import OutcomeState
from wire.plates import ListKind
from wire.reading import Quality
from wire.receipt import Fate

PAGE = PAGE_FILE.read_text(encoding="utf-8")
TRAVELLING: tuple[type[msgspec.Struct], ...] = (*STRUCTS, Chunk)
PLAIN: dict[object, str] = {int: "int", float: "float", str: "str", bool: "bool", bytes: "bytes", types.NoneType: "nil"}
VALUE = "bool or int or float or str or nil"


def _table(name: str) -> list[list[str]]:
    """Return the rows of the table under ``### `name```: field, type, default, meaning."""
    found = re.search(rf"^### `{name}` .*?\n(?=#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/protocol.md has no section for {name}"
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", found[0], re.MULTILINE)
    return [list(row) for row in rows]


def _type(annotation: Any) -> str:
    inner = [_type(one) for one in get_args(annotation) if one is not ...]
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join(inner).replace(VALUE, "value")
    if get_origin(annotation) is tuple:
        return f"[{inner[0]}]"
    if get_origin(annotation) is dict:
        return f"{{{inner[0]}: {inner[1]}}}"
    name: str = annotation.__name__
    return PLAIN.get(annotation, name)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "needed"
    value = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
    return f"`{json.dumps(value)}`".replace("null", "nil")


@pytest.mark.parametrize("kind", TRAVELLING, ids=lambda kind: kind.__name__)
def test_a_struct_s_section_names_its_form_fields_types_and_defaults(kind: type[msgspec.Struct]) -> None:
    form = "array" if kind.__struct_config__.array_like else "map"
    assert f"### `{kind.__name__}` · {form}\n" in PAGE
    hints = get_type_hints(kind)
    fields = msgspec.structs.fields(kind)
    said = [(name, written.replace("`", ""), default) for name, written, default, _ in _table(kind.__name__)]
    assert said == [(field.name, _type(hints[field.name]), _default(field)) for field in fields]


def test_no_section_describes_what_does_not_travel() -> None:
    said = re.findall(r"^### `(\w+)` · (?:map|array)$", PAGE, re.MULTILINE)
    assert sorted(said) == sorted(kind.__name__ for kind in TRAVELLING)


ENUMERATIONS: list[type[Enum]] = [AlertState, Level, ClockState, Codec, Lane, OutcomeState, Quality, Fate, ListKind]


@pytest.mark.parametrize("kind", ENUMERATIONS, ids=lambda kind: str(kind.__name__))
def test_every_member_of_an_enumeration_is_there(kind: type[Enum]) -> None:
    found = re.search(rf"^\| `{kind.__name__}` \| (.+) \|$", PAGE, re.MULTILINE)
    assert found, f"docs/protocol.md does not list {kind.__name__}"
    for member in kind:
        word = f"{member.value} {member.name.lower()}" if isinstance(member.value, int) else str(member.value)
        assert f"`{word}`" in found[1]


def test_limits_and_lives_are_the_code_s() -> None:
    assert f"`{MEDIA_TYPE}`" in PAGE
    assert f"{BODY_LIMIT // 2**20} MiB (after decompression)" in PAGE
    assert f"{TOKEN_LIFE_S} s after `iat`, with {CLOCK_LEEWAY_S} s of leeway" in PAGE


EXAMPLES = blocks(PAGE)


@pytest.mark.parametrize("label", texts())
def test_a_worked_example_is_what_the_code_makes(label: str) -> None:
    assert EXAMPLES.get(label) == texts()[label], "run: python -m tests.unit.wire.protocol_example"


def test_the_token_s_claims_are_shown() -> None:
    found = re.search(r"<!-- claims -->\n```json\n(.*?)```", PAGE, re.DOTALL)
    payload = EXAMPLES["token"].split(".")[1]
    assert found
    assert json.loads(found[1]) == json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_the_examples_are_believed() -> None:
    token, key = EXAMPLES["token"], public_key(EXAMPLES["gateway-public-key"])
    claims = verify_token(token, key, collector=COLLECTOR, now=T)
    assert claims.body_sha256 == EXAMPLES["upload-sha256"]
    (chunk,) = decode_chunks(bytes.fromhex(EXAMPLES["upload"]))
    assert isinstance(chunk, Chunk)
    assert unseal(chunk) == CONTENT
    signed = SignedCommand(*(bytes.fromhex(EXAMPLES[f"command-{part}"]) for part in ("payload", "signature")))
    assert verify_command(signed, public_key(EXAMPLES["command-public-key"]), gateway=GATEWAY) == COMMAND


def test_a_stranger_with_a_msgpack_library_can_write_the_upload() -> None:
    """From plain maps and lists alone, as the page describes them."""
    bin_1 = ["bin-1", T, ["fill_pct", "distance_mm"], [62.5, 571], []]
    meter_1 = ["meter-1", T + 250_000, ["voltage_v"], [None], [17]]
    clock = {"boot": "5f0c6a52-boot", "state": "synced", "wall": T, "mono": 86_400_000_000}
    raw = msgspec.msgpack.encode({"clock": clock, "batches": [bin_1, meter_1]})
    assert raw.hex() == EXAMPLES["content"]
    body = zstandard.ZstdCompressor().compress(raw)
    chunk = ["00112233445566778899aabbccddeeff", 2, 1, 3, T, T + 250_000, 1, crc32(body), body]
    (found,) = decode_chunks(msgspec.msgpack.encode([chunk]))
    assert isinstance(found, Chunk)
    assert unseal(found) == CONTENT
