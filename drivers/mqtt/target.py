"""One device as the driver holds it: which topics are its own, and what each of them says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from config.command_map import ArgumentRange, CommandMap
from config.message import Availability, Message, Publish
from config.settings import DeviceSettings
from drivers.api.errors import Misconfigured, NotSupported
from wire.reading import Value

_HOLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Ear:
    """What a device says on one topic: its own messages, or somebody's word on whether it is there."""

    device: str
    what: Message | Availability


class Target:
    """A device and its topics; ``Misconfigured`` where its options do not make topics."""

    def __init__(self, settings: DeviceSettings) -> None:
        self.id, self._settings = settings.id, settings
        profile = settings.profile
        whats: list[Message | Availability] = list(profile.messages)
        if profile.availability is not None:
            whats.append(profile.availability)
        self.ears = tuple((self._topic(what.topic), Ear(settings.id, what)) for what in whats)

    def order(self, command: str, args: Mapping[str, Value]) -> tuple[CommandMap, str, bytes]:
        """Return how a command is done, its topic and its message.

        ``NotSupported`` where the device has no such command, ``Misconfigured`` for wrong arguments.
        """
        how = self._settings.profile.commands.get(command)
        if how is None or how.publish is None:
            raise NotSupported(f"{self.id} cannot do {command}")
        checked = _checked(how.args, args)
        return how, self._topic(how.publish.topic), _body(how.publish, checked)

    def _topic(self, pattern: str) -> str:
        def fill(hole: re.Match[str]) -> str:
            value = self._settings.options.get(hole[1])
            if not isinstance(value, str | int) or isinstance(value, bool) or not str(value):
                raise Misconfigured(f"{self.id}: the topic {pattern} needs the option {hole[1]}")
            return str(value)

        topic = _HOLE.sub(fill, pattern)
        if not topic or set(topic) & {"+", "#", "\0"} or len(topic.encode()) > 500 or topic.startswith("$"):
            raise Misconfigured(f"{self.id}: {topic!r} is no topic of one device")
        return topic


def _checked(ranges: Mapping[str, ArgumentRange], args: Mapping[str, Value]) -> dict[str, int]:
    unknown = sorted(set(args) - set(ranges))
    if unknown:
        raise Misconfigured(f"unknown argument {', '.join(unknown)}")
    checked = {}
    for name, allowed in ranges.items():
        value, (low, high) = args.get(name, allowed.default), allowed.range
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Misconfigured(f"{name} must be a whole number from {low} to {high}")
        checked[name] = value
    return checked


def _body(publish: Publish, args: Mapping[str, int]) -> bytes:
    def filled(value: Any) -> Any:
        hole = _HOLE.fullmatch(value) if isinstance(value, str) else None
        return value if hole is None else args[hole[1]]

    return msgspec.json.encode({name: filled(value) for name, value in publish.body.items()})
