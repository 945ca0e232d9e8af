"""Messages as data: which topic a device tells on, where in the JSON its points and events lie, what it is told."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from annotated_types import Gt, MinLen

Word = bool | int | float | str
Pointer = str
"""An RFC 6901 JSON Pointer (``/battery/percent``); empty: the whole message."""


class _Strict:
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class MessagePoint(_Strict):
    """A point at the pointer ``at``; a message without it, or with ``null``, says nothing about the point.

    ``type`` is what stands there: a number, which becomes ``value * scale + offset`` (``whole``: rounded), a truth
    value, or text. ``words``: what stands there, as text (``true``, ``1``, ``ON``) → word of the catalogue; anything
    else is no value. ``plausible`` is this product's own span, in the point's unit.
    """

    key: str
    at: Pointer
    type: Literal["number", "bool", "text"] = "number"
    scale: float = 1.0
    offset: float = 0.0
    whole: bool = False
    words: dict[str, Word] = field(default_factory=dict)
    plausible: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class MessageField(_Strict):
    """A field of an event: the number, truth value or text at the pointer ``at``, times ``scale``, or by ``words``."""

    at: Pointer
    scale: float = 1.0
    words: dict[str, Word] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MessageEvent(_Strict):
    """The event ``name``, if at every pointer of ``when`` one of the listed values stands (none: in any message).

    ``id`` is where the device numbers what it tells: two messages with the same number are one event.
    """

    name: str
    when: dict[Pointer, tuple[Word, ...]] = field(default_factory=dict)
    fields: dict[str, MessageField] = field(default_factory=dict)
    id: Pointer | None = None


@dataclass(frozen=True, kw_only=True)
class MessageTime(_Strict):
    """When the device says that it was: seconds or milliseconds since the epoch, or ISO 8601 with its offset from UTC.

    It is believed where it lies no more than ``late_s`` back and 5 s ahead; else the message counts from when it came.
    """

    at: Pointer
    unit: Literal["s", "ms", "iso"] = "s"
    late_s: Annotated[float, Gt(0)] = 300.0


@dataclass(frozen=True, kw_only=True)
class Message(_Strict):
    """What a device tells on ``topic``, in which ``{option}`` stands for that option of the device."""

    topic: Annotated[str, MinLen(1)]
    points: tuple[MessagePoint, ...] = ()
    events: tuple[MessageEvent, ...] = ()
    time: MessageTime | None = None


@dataclass(frozen=True, kw_only=True)
class Availability(_Strict):
    """Where somebody says whether the device is there: one of ``there`` or ``gone`` at the pointer ``at``, or as the
    plain text of the message.
    """

    topic: Annotated[str, MinLen(1)]
    at: Pointer = ""
    there: tuple[Word, ...] = ("online",)
    gone: tuple[Word, ...] = ("offline",)


@dataclass(frozen=True, kw_only=True)
class Publish(_Strict):
    """What a command says on ``topic``: ``body`` as JSON, in which the text ``{seconds}`` is that argument's number."""

    topic: Annotated[str, MinLen(1)]
    body: dict[str, Word]
