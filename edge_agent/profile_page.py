"""What ``edge-agent profiles PROFILE`` prints: what a technician needs to wire one product and write its device."""

from collections.abc import Callable, Iterator

from config.address import Text
from config.catalog import DeviceClass
from config.command_map import CommandMap
from config.profile import Option, Profile

_WORDS = {
    "buses": ("总线", "buses"),
    "factory": ("出厂设置", "ships with"),
    "unit": ("地址", "unit"),
    "options": ("选项", "options"),
    "required": ("必填", "required"),
    "default": ("默认", "default"),
    "points": ("测点", "points"),
    "topics": ("主题", "topics"),
    "events": ("事件", "events"),
    "silence": ("多久没有消息算离线", "offline when silent for"),
    "commands": ("命令", "commands"),
    "notes": ("注意", "notes"),
    "manual": ("手册", "manual"),
    "example": ("配置写法", "in the file"),
    "name": ("名称", "name"),
    "bus": ("总线编号", "bus id"),
}

_LARGEST_UNIT = 247
"""A product that ships with a higher address gets another one before it is used."""

_TERMINALS = 64
"""An option that reaches no further is a terminal: any number shows the form. A distance has to be measured."""


def describe(profile: Profile, kind: DeviceClass, lang: str) -> str:
    """Return the page of ``profile``, of the class ``kind``, in ``zh`` or ``en``."""
    return "\n".join(_lines(profile, kind, lang))


def _lines(profile: Profile, kind: DeviceClass, lang: str) -> Iterator[str]:
    def word(name: str) -> str:
        return _WORDS[name][lang == "en"]

    transport = profile.transport
    serial = " ".join(str(part) for part in (transport.baud, transport.format) if part is not None)
    yield profile.id
    yield f"    {_say(kind.name, lang)} ({profile.kind}): {_say(profile.product, lang)}"
    yield f"{word('buses')}: {', '.join(transport.reached_over())}"
    unit = transport.unit if transport.unit <= _LARGEST_UNIT else 1
    has_unit = not (profile.items or profile.tells)
    shipped_unit, own_unit = ((f"{word('unit')} {transport.unit}",), (f"unit: {unit}",)) if has_unit else ((), ())
    if profile.tells:
        yield from _told(profile, word)
    else:
        yield f"{word('factory')}: {'  '.join((*shipped_unit, serial))}".rstrip()
    if profile.options:
        yield f"{word('options')}:"
        for name, option in profile.options.items():
            yield f"    {name}{_limits(option, word('required'), word('default'))}: {_say(option.help, lang)}"
    titles = {point.key: f"{_say(point.text, lang)} {point.unit}".rstrip() for point in kind.points}
    yield f"{word('points')}:"
    for key in profile.keys():  # noqa: SIM118 - a method of ours
        yield f"    {key}: {titles.get(key, '')}"
    happens = profile.events()
    if happens:
        yield f"{word('events')}:"
        yield from (f"    {event.name}: {_say(event.text, lang)}" for event in kind.events if event.name in happens)
    if profile.commands:
        names = {command.name: _say(command.text, lang) for command in kind.commands}
        yield f"{word('commands')}:"
        for name, command in profile.commands.items():
            yield f"    {name}: {names.get(name, '')}{_arguments(command)}"
    for title, lines in (("notes", [_say(note, lang) for note in profile.notes]), ("manual", profile.manual)):
        if lines:
            yield f"{word(title)}:"
            yield from (f"    {line}" for line in lines)
    yield f"{word('example')}:"
    parts = [f"name: {word('name')}", f"profile: {profile.id}", f"bus: {word('bus')}", *own_unit]
    parts += [f"{name}: {_sample(option)}" for name, option in profile.options.items() if _shown(option)]
    yield f"    {profile.id.split('/')[0]}-1: {{{', '.join(parts)}}}"


def _told(profile: Profile, word: Callable[[str], str]) -> Iterator[str]:
    """Yield what a product that tells by itself tells on, and how often at least."""
    yield f"{word('silence')}: {profile.silence}"
    if profile.messages:
        yield f"{word('topics')}:"
    yield from (f"    {message.topic}" for message in profile.messages)
    if profile.availability is not None:
        yield f"    {profile.availability.topic}"
    yield from (f"    {how.publish.topic} ({name})" for name, how in profile.commands.items() if how.publish)


def _say(text: Text, lang: str) -> str:
    return text.en if lang == "en" else text.zh


def _limits(option: Option, required: str, default: str) -> str:
    said = [required] if option.required else []
    if option.keys:
        said.append(", ".join(option.keys))
    if option.range is not None:
        said.append(f"{option.range[0]:g}..{option.range[1]:g}")
    if option.choices:
        said.append(" | ".join(str(choice) for choice in option.choices))
    if option.default is not None:
        said.append(f"{default} {option.default}")
    return f" ({'; '.join(said)})" if said else ""


def _arguments(command: CommandMap) -> str:
    return "".join(f"  {name} {span.range[0]}..{span.range[1]} ({span.default})" for name, span in command.args.items())


def _shown(option: Option) -> bool:
    return option.required or option.type in ("map", "mac")


def _sample(option: Option) -> str:
    if option.type == "map":
        first = int(option.range[0]) if option.range is not None else 1
        return "{" + ", ".join(f"{key}: {first + place}" for place, key in enumerate(option.keys)) + "}"
    if option.type == "mac":
        return '"AA:BB:CC:DD:EE:FF"'
    if option.type == "meter":
        return f'"{"12345678".zfill(option.digits)}"'
    if option.choices:
        return str(option.choices[0])
    return f"{option.range[0]:g}" if option.range is not None and option.range[1] <= _TERMINALS else "…"
