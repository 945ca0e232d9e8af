"""The settings of notifications: the channels on which a gateway tells people, and which alarms go to which of them."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from config.hidden import Secret

Level: TypeAlias = Literal["red", "orange", "yellow", "blue"]


@dataclass(frozen=True, kw_only=True)
class _Channel:
    name: str
    lang: Literal["zh", "en"] = "zh"
    say: dict[str, str] = field(default_factory=dict)
    timeout_s: float = 10.0


@dataclass(frozen=True, kw_only=True)
class WebhookSettings(_Channel):
    """A web address that takes a message as JSON: in our own form, or as a group robot of 企业微信 or 钉钉 takes it.
    ``secret`` signs it.
    """

    type: Literal["webhook"] = "webhook"
    url: Secret
    secret: Secret | None = None
    format: Literal["linli", "wecom", "dingtalk"] = "linli"


@dataclass(frozen=True, kw_only=True)
class SmtpSettings(_Channel):
    """A mail server. ``tls``: from the first byte, after STARTTLS, or none."""

    type: Literal["smtp"] = "smtp"
    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    username: str = ""
    password: Secret | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"


@dataclass(frozen=True, kw_only=True)
class BrokerSettings(_Channel):
    """A topic on an MQTT 5 broker."""

    type: Literal["mqtt"] = "mqtt"
    host: str
    port: int
    topic: str
    username: str = ""
    password: Secret | None = None
    tls: bool = False


@dataclass(frozen=True, kw_only=True)
class CommandSettings(_Channel):
    """A device here that is told something: a siren, a lamp, a sign."""

    type: Literal["command"] = "command"
    device: str
    command: str
    args: dict[str, int] = field(default_factory=dict)


ChannelSettings: TypeAlias = WebhookSettings | SmtpSettings | BrokerSettings | CommandSettings


@dataclass(frozen=True, kw_only=True)
class RouteSettings:
    """Alarms of these ``levels``, at one of the ``places`` or below (none: everywhere), go to these ``channels``.

    ``quiet`` is a daily span in minutes since midnight by the site's clock in which they wait, red ones excepted;
    ``repeat_s`` how often an alarm that nobody took note of is told again (0: never); with ``over`` its end is told.
    """

    levels: tuple[Level, ...]
    places: tuple[str, ...] = ()
    channels: tuple[str, ...]
    quiet: tuple[int, int] | None = None
    repeat_s: float = 0.0
    over: bool = False


@dataclass(frozen=True, kw_only=True)
class NotifySettings:
    """How this gateway tells people of its alarms."""

    channels: tuple[ChannelSettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()
