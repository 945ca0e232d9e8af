"""A profile held against its device class: what it reports, says and does must be known there, and be possible."""

from collections.abc import Iterator

from config.bluetooth_fitting import wrong_bluetooth
from config.device_class import DeviceClass
from config.duration import parse_duration
from config.message import Message
from config.profile import Profile, RegisterPoint

_UNSIGNED_BITS = {"u16": 16, "u32": 32, "u64": 64}


def mismatches(profile: Profile, kind: DeviceClass) -> list[str]:
    """Name everything in a profile that its class does not know or that cannot be."""
    wrong = [f"class {kind.id} has no point {key}" for key in profile.keys() if kind.point(key) is None]  # noqa: SIM118 - a method of ours
    wrong += [f"class {kind.id} has no command {name}" for name in profile.commands if kind.command(name) is None]
    for key, word in _said(profile):
        known = kind.point(key)
        if known is not None and known.kind == "enum" and word not in known.values:
            wrong.append(f"point {key} of class {kind.id} has no word {word}")
    wrong += [
        f"{key}: moves_within {within!r} is no duration"
        for key, within in profile.moves_within().items()
        if not _is_time(within)
    ]
    wrong += [
        f"{point.key}: negative_from needs a u16, u32 or u64 that reaches it, without bit and words"
        for point in profile.points
        if point.negative_from is not None and not _can_be_negative(point, point.negative_from)
    ]
    return [*wrong, *_wrong_commands(profile), *_wrong_messages(profile, kind), *wrong_bluetooth(profile, kind)]


def _can_be_negative(point: RegisterPoint, start: int) -> bool:
    fits = start < 1 << _UNSIGNED_BITS.get(point.encoding, 0)
    return fits and point.bit is None and not point.words


def _said(profile: Profile) -> Iterator[tuple[str, object]]:
    """Yield each word that a point can have, with its key."""
    said = [(point.key, point.words) for point in profile.points if not point.internal]
    said += [(point.key, point.words) for item in profile.items for point in item.points]
    said += [(point.key, point.words) for message in profile.messages for point in message.points]
    said += [(point.key, point.words) for point in (profile.bluetooth.points() if profile.bluetooth else ())]
    yield from ((key, word) for key, words in said for word in words.values())
    for state in profile.states:
        words = [case.value for case in state.cases] + [state.otherwise, *state.after, *state.after.values()]
        yield from ((state.key, word) for word in words)


def _wrong_commands(profile: Profile) -> Iterator[str]:
    for name, command in profile.commands.items():
        ways = (bool(command.writes), command.publish is not None, command.gatt is not None, command.camera is not None)
        if sum(ways) != 1:
            yield f"command {name} needs one of writes, publish, gatt and camera"
        elif command.publish is not None and (not command.expect or command.interlock is not None):
            yield f"command {name} needs expect, and no interlock: nobody can be asked whether it was done"
        elif command.publish is not None and not set(command.expect) <= set(command.readback):
            yield f"command {name} expects what it does not read back"


def _wrong_messages(profile: Profile, kind: DeviceClass) -> Iterator[str]:
    if profile.tells != bool(profile.silence):
        yield "messages or bluetooth, and silence, belong together"
    if profile.silence and not _is_time(profile.silence):
        yield f"silence {profile.silence!r} is no duration"
    for message in profile.messages:
        for event in message.events:
            known = kind.event(event.name)
            if known is None:
                yield f"class {kind.id} has no event {event.name}"
            else:
                yield from (f"event {event.name} has no field {one}" for one in event.fields if one not in known.fields)
        for pointer in _pointers(message):
            if pointer and not pointer.startswith("/"):
                yield f"{message.topic}: {pointer!r} is no JSON Pointer"


def _pointers(message: Message) -> Iterator[str]:
    yield from (point.at for point in message.points)
    if message.time is not None:
        yield message.time.at
    for event in message.events:
        yield from event.when
        yield from (one.at for one in event.fields.values())
        yield event.id or ""


def _is_time(text: str) -> bool:
    try:
        return parse_duration(text) > 0
    except ValueError:
        return False
