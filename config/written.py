"""How single values are written in a gateway file: durations, sizes, serial formats, secrets, sentences, addresses."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError

from config.bus_settings import SERIAL_FORMAT
from config.document import SecretRef
from config.duration import parse_duration, parse_hold

_SIZES = {"KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000}


def _duration(given: Any) -> float:
    if isinstance(given, str):
        try:
            return parse_duration(given)
        except ValueError as error:
            raise PydanticCustomError("duration", "not a duration") from error
    kind = "duration_unit" if isinstance(given, int | float) and not isinstance(given, bool) else "duration"
    raise PydanticCustomError(kind, "not a duration")


def _keeping(given: Any) -> float:
    return 0.0 if type(given) is int and given == 0 else _duration(given)


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a condition has to hold: ``seconds``, or in how many ``readings`` one after another."""

    seconds: float = 0.0
    readings: int = 0


def _hold(given: Any) -> Hold:
    if not isinstance(given, str):
        return Hold(_duration(given))
    try:
        return Hold(*parse_hold(given))
    except ValueError as error:
        raise PydanticCustomError("hold", "not a duration or a number of readings") from error


def _size(given: Any) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(KB|MB|GB|TB)", given, re.IGNORECASE) if isinstance(given, str) else None
    if match is None:
        raise PydanticCustomError("size", "not a size")
    return round(float(match[1]) * _SIZES[match[2].upper()])


def serial_format(given: Any) -> str | None:
    """Return the serial format that stands in a file, ``None`` if it is none. To YAML ``8E1`` is the number 80."""
    if isinstance(given, float):
        given = next((f"{bits}E{stops}" for bits in (7, 8) for stops in (1, 2) if given == bits * 10.0**stops), None)
    return given if isinstance(given, str) and re.fullmatch(SERIAL_FORMAT, given) else None


def _serial_format(given: Any) -> str:
    found = serial_format(given)
    if found is None:
        raise PydanticCustomError("serial_format", "not a serial format")
    return found


def _secret(given: Any) -> str:
    if not isinstance(given, SecretRef):
        raise PydanticCustomError("secret", "not a secret's name")
    return given.name


def _sentence(given: Any) -> Any:
    return {"zh": given, "en": given} if isinstance(given, str) else given


def listed(given: Any) -> Any:
    """Return ``given``, or it alone in a list."""
    return given if isinstance(given, list) else [given]


STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)
"""How a section of a gateway file is held against its form: strictly, and without keys that it does not know."""

Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)$", "examples": ["500ms", "5s", "10m"]}),
]
Keeping = Annotated[
    float,
    BeforeValidator(_keeping),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)$", "examples": ["7d"]}, {"const": 0}]}
    ),
]
"""A duration, or 0 for not at all."""
HoldFor = Annotated[
    Hold,
    BeforeValidator(_hold),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d|readings?|次)$", "examples": ["60s", "3 readings"]}
    ),
]
Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*(KB|MB|GB|TB)$", "examples": ["512MB", "2GB"]}),
]
SerialFormat = Annotated[
    str,
    BeforeValidator(_serial_format),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{SERIAL_FORMAT}$"}, {"enum": [80, 800, 70, 700]}]}),
]
Sentence = Annotated[
    dict[Literal["zh", "en"], str],
    BeforeValidator(_sentence),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}},
            ]
        }
    ),
]
Url = Annotated[
    str,
    Field(
        pattern=r"^(https?://[^\s/]+.*|mqtts?://[^\s/@]+/?)$",
        examples=["https://collector.example:8443", "mqtts://broker.example:8883"],
    ),
]
Secret = Annotated[str, BeforeValidator(_secret), WithJsonSchema({"type": "string"})]
Id = r"^[a-z0-9][a-z0-9_-]{0,62}$"
Person = r"^[A-Za-z]{1,8}-?\d{1,10}$"
"""A person's code; never a name."""

Level = Literal["red", "orange", "yellow", "blue"]
Baud = Literal[300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 38400, 57600, 115200, 230400, 460800, 921600]


class OneOrMore:
    """Beside ``BeforeValidator(listed)``: in the editors' schema one entry may stand for a list of one."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}
