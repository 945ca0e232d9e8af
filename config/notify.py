"""Checks the section ``notify`` beyond its shape, and resolves it to settings."""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Values
from typing import Final

from config.actions import check_order
from config.channels import (
    BrokerSettings,
    ChannelSettings,
    CommandSettings,
    NotifySettings,
    RouteSettings,
    SmtpSettings,
    WebhookSettings,
)
from config.devices import Devices
from config.document import Mapping, Scalar, SecretRef, Sequence
from config.hidden import Secret
from config.notify_form import BrokerForm, ChannelForm, NotifyForm, RouteForm, SmtpForm, WebhookForm, span
from config.problems import Problem, near, problem
from config.written import Id

FIELDS: Final = ("level", "text", "name", "place", "site", "time", "rule", "device")
"""What a channel's wording may name in braces."""

_SMTP_PORTS: Final = {"tls": 465, "starttls": 587, "none": 25}
_BROKER_PORTS: Final = {True: 8883, False: 1883}
_NEAR: Final = ("127.0.0.1", "localhost", "::1")


def channels_for(level: str, tree: Mapping) -> tuple[str, ...]:
    """Return the channels, as they are defined in the file, to which some route sends alarms of ``level``."""
    section = tree.mapping("notify")
    found: dict[str, None] = {}
    for route in _routes(section):
        if level in _words(route, "levels"):
            found |= dict.fromkeys(_words(route, "channels"))
    return tuple(name for name in found if name in section.mapping("channels").entries)


def check_notify(tree: Mapping, devices: Devices) -> Iterator[Problem]:
    """Yield what is wrong with the section ``notify`` beyond its shape."""
    section = tree.mapping("notify")
    channels = section.mapping("channels")
    used: set[str] = set()
    for route in _routes(section):
        yield from _check_route(route, channels)
        used.update(_words(route, "channels"))
    for name, node in channels.entries.items():
        at = channels.keys[name]
        if not re.fullmatch(Id, name):
            yield problem("E112", at, given=name)
        if name not in used:
            yield problem("W172", at, given=name)
        if isinstance(node, Mapping):
            yield from _check_channel(name, node, devices)


def resolve_notify(form: NotifyForm, secrets: Values[str, Secret]) -> NotifySettings:
    """Return the settings of a section without errors."""
    return NotifySettings(
        channels=tuple(_channel(name, channel, secrets) for name, channel in form.channels.items()),
        routes=tuple(_route(route) for route in form.routes),
    )


def _check_route(route: Mapping, channels: Mapping) -> Iterator[Problem]:
    for item in _items(route, "channels"):
        if isinstance(item.value, str) and item.value not in channels.entries:
            known = ", ".join(channels.entries) or "—"
            yield problem("E171", item.place, given=item.value, known=known, **near(item.value, channels.entries))
    if route.get("quiet") is not None and "red" in _words(route, "levels"):
        yield problem("W171", route.keys["quiet"])


def _check_channel(name: str, node: Mapping, devices: Devices) -> Iterator[Problem]:
    match node.text("type"):
        case "webhook":
            yield from _check_webhook(name, node)
        case "smtp":
            if node.text("tls") == "none" and node.text("host") not in _NEAR:
                yield problem("W173", node.entries["tls"].place, given=name)
        case "mqtt":
            if node.text("tls") != "tls" and node.text("host") not in _NEAR and "host" in node.entries:
                yield problem("W173", node.entries["host"].place, given=name)
        case "command":
            yield from _check_command(name, node, devices)
    yield from _check_wording(node)


def _check_webhook(name: str, node: Mapping) -> Iterator[Problem]:
    url = node.get("url")
    if not isinstance(url, Scalar) or not isinstance(url.value, str):
        return
    if node.text("format") in ("wecom", "dingtalk"):
        yield problem("E301", url.place, key="url", name=f"{name}_url")
    elif re.match(r"http://(?!127\.0\.0\.1|localhost)", url.value):
        yield problem("W173", url.place, given=name)


def _check_command(name: str, node: Mapping, devices: Devices) -> Iterator[Problem]:
    device = node.get("device")
    if not isinstance(device, Scalar) or not isinstance(device.value, str):
        return
    if device.value not in devices.ids:
        yield problem("E122", device.place, given=device.value, **near(device.value, devices.ids))
    elif device.value in devices.found:
        yield from check_order(node, f"notify.channels.{name}", devices.found[device.value])


def _check_wording(node: Mapping) -> Iterator[Problem]:
    said = node.get("say")
    for text in said.entries.values() if isinstance(said, Mapping) else (said,):
        if isinstance(text, Scalar) and isinstance(text.value, str):
            for named in re.finditer(r"\{(\w*)\}", text.value):
                if named[1] not in FIELDS:
                    at = text.part(named.start(), len(named[0]))
                    yield problem("E172", at, given=named[1], known=", ".join(FIELDS), **near(named[1], FIELDS))


def _routes(section: Mapping) -> Iterator[Mapping]:
    found = section.get("routes")
    for item in found.items if isinstance(found, Sequence) else ():
        if isinstance(item, Mapping):
            yield item


def _items(node: Mapping, key: str) -> tuple[Scalar, ...]:
    found = node.get(key)
    items = found.items if isinstance(found, Sequence) else (found,)
    return tuple(item for item in items if isinstance(item, Scalar))


def _words(node: Mapping, key: str) -> tuple[str, ...]:
    return tuple(item.value for item in _items(node, key) if isinstance(item.value, str))


def _channel(name: str, form: ChannelForm, secrets: Values[str, Secret]) -> ChannelSettings:
    lang, say, timeout_s = form.lang, {str(one): text for one, text in (form.say or {}).items()}, form.timeout
    if isinstance(form, WebhookForm):
        url = secrets[form.url.name] if isinstance(form.url, SecretRef) else Secret(form.url)
        secret = secrets[form.secret] if form.secret else None
        return WebhookSettings(
            name=name, lang=lang, say=say, timeout_s=timeout_s, url=url, secret=secret, format=form.format
        )
    if isinstance(form, SmtpForm):
        return SmtpSettings(
            name=name, lang=lang, say=say, timeout_s=timeout_s, host=form.host, sender=form.sender, to=tuple(form.to),
            port=form.port or _SMTP_PORTS[form.tls], username=form.username, tls=form.tls,
            password=secrets[form.password] if form.password else None,
        )  # fmt: skip
    if isinstance(form, BrokerForm):
        tls = form.tls == "tls"
        return BrokerSettings(
            name=name, lang=lang, say=say, timeout_s=timeout_s, host=form.host, port=form.port or _BROKER_PORTS[tls],
            topic=form.topic, username=form.username, password=secrets[form.password] if form.password else None,
            tls=tls,
        )  # fmt: skip
    return CommandSettings(
        name=name,
        lang=lang,
        say=say,
        timeout_s=timeout_s,
        device=form.device,
        command=form.command,
        args=dict(form.args),
    )


def _route(form: RouteForm) -> RouteSettings:
    return RouteSettings(
        levels=tuple(dict.fromkeys(form.levels)),
        places=tuple(form.place or ()),
        channels=tuple(dict.fromkeys(form.channels)),
        quiet=span(form.quiet) if form.quiet else None,
        repeat_s=form.repeat or 0.0,
        over=form.over,
    )
