"""Strategies that make any value of wire, built from the structs' own annotations and within their contracts."""

import types
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from wire.alert import AlertChange
from wire.chunk import ClockFix, ClockMark, Content, Gap, Loss, Missed, Summary
from wire.command import Command, SignedCommand
from wire.event import Event
from wire.exchange import Downlink, Enrolled, EnrolmentRequest, Hello, Refusal
from wire.inventory import ArgumentInfo, CommandInfo, DeviceInfo, Inventory, PointInfo
from wire.outcome import LocalAction, Outcome
from wire.parcel import Head
from wire.picture import PictureAnswer
from wire.plates import ListsAsked, ListsPart, PlateEntry, SignedPart
from wire.reading import Batch, Value
from wire.receipt import Receipt, Receipts
from wire.status import DeviceStatus, Status

STRUCTS: tuple[type[msgspec.Struct], ...] = (
    AlertChange,
    ArgumentInfo,
    Batch,
    ClockFix,
    ClockMark,
    Command,
    CommandInfo,
    Content,
    DeviceInfo,
    DeviceStatus,
    Downlink,
    Enrolled,
    EnrolmentRequest,
    Event,
    Gap,
    Head,
    Hello,
    Inventory,
    ListsAsked,
    ListsPart,
    LocalAction,
    Loss,
    Missed,
    Outcome,
    PictureAnswer,
    PlateEntry,
    PointInfo,
    Receipt,
    Receipts,
    Refusal,
    SignedCommand,
    SignedPart,
    Status,
    Summary,
)
"""Every struct but ``Chunk``, which ``seal`` makes."""

_INT64 = st.integers(-(2**63), 2**63 - 1)
_FINITE = st.floats(allow_nan=False, allow_infinity=False)
_TEXT = st.text(max_size=12)
_PLAIN: dict[object, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: _INT64,
    float: _FINITE,
    str: _TEXT,
    bytes: st.binary(max_size=40),
    types.NoneType: st.none(),
}

VALUES: st.SearchStrategy[Value] = st.one_of(st.none(), st.booleans(), _INT64, _FINITE, _TEXT)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Make batches whose points, values and quality have one length."""
    values = draw(st.lists(VALUES, max_size=6))
    points = tuple(draw(_TEXT) for _ in values)
    quality = tuple(draw(st.integers(0, 255)) for _ in values) if draw(st.booleans()) else ()
    return Batch(draw(_TEXT), draw(_INT64), points, tuple(values), quality)


@st.composite
def summaries(draw: st.DrawFn) -> Summary:
    """Make summaries whose columns have one length."""
    points = tuple(draw(st.lists(_TEXT, max_size=4)))
    n = tuple(draw(_INT64) for _ in points)
    columns = (tuple(draw(_FINITE) for _ in points) for _ in range(4))
    return Summary(draw(_TEXT), draw(_INT64), draw(_INT64), points, n, *columns)


def structs(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Make any ``kind``, with and without each of the fields that have a default."""
    if kind is Batch:
        return batches()
    if kind is Summary:
        return summaries()
    hints = get_type_hints(kind)
    fields = msgspec.structs.fields(kind)
    required = {field.name: _of(hints[field.name]) for field in fields if field.required}
    optional = {field.name: _of(hints[field.name]) for field in fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: kind(**given))


def _of(annotation: Any) -> st.SearchStrategy[Any]:
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    inner = get_args(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return st.one_of(*(_of(one) for one in inner))
    if get_origin(annotation) is tuple and inner[-1] is not ...:
        return st.tuples(*(_of(one) for one in inner))
    if get_origin(annotation) is tuple:
        return st.lists(_of(inner[0]), max_size=3).map(tuple)
    if get_origin(annotation) is dict:
        return st.dictionaries(_of(inner[0]), _of(inner[1]), max_size=3)
    if issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    return structs(annotation)
