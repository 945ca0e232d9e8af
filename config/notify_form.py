"""The section ``notify`` of a gateway file as its writer sees it: channels by a name, and routes to them."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from config.document import SecretRef
from config.written import Duration, Level, OneOrMore, Secret, Sentence, listed

_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_WEB: Final = re.compile(r"https?://[^\s/]+.*")


def span(text: str) -> tuple[int, int] | None:
    """Return a daily span such as ``22:00-07:00`` in minutes since midnight; ``None`` for anything else."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    begin_h, begin_m, end_h, end_m = map(int, found.groups())
    begin, end = begin_h * 60 + begin_m, end_h * 60 + end_m
    return None if begin == end else (begin, end)


def _span(given: Any) -> str:
    if not isinstance(given, str) or span(given) is None:
        raise PydanticCustomError("span", "not a daily span")
    return given


def _address(given: Any) -> str | SecretRef:
    if isinstance(given, SecretRef):
        return given
    if not isinstance(given, str) or not _WEB.fullmatch(given):
        raise PydanticCustomError("web_address", "not a web address")
    return given


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Words = Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(listed), OneOrMore()]
Levels = Annotated[list[Level], BeforeValidator(listed), OneOrMore()]
Port = Annotated[int | None, Field(ge=1, le=65535, description="端口 / port")]
Host = Annotated[str, Field(min_length=1, description="主机 / host")]
Username = Annotated[str, Field(max_length=100, description="用户名 / user name")]
Password = Annotated[Secret | None, Field(description="密码 / password")]


class _ChannelForm(_Form):
    lang: Annotated[Literal["zh", "en"], Field(description="语言 / language")] = "zh"
    say: Annotated[Sentence | None, Field(description="通知的话 / wording")] = None
    timeout: Annotated[Duration, Field(gt=0, le=60, description="等待应答的时间 / wait for an answer")] = 10.0


class WebhookForm(_ChannelForm):
    """A web address that takes alarms as JSON."""

    type: Literal["webhook"]
    url: Annotated[
        str | SecretRef,
        BeforeValidator(_address),
        WithJsonSchema({"type": "string", "examples": ["https://duty.example.invalid/alarms"]}),
        Field(description="地址 / address"),
    ]
    secret: Annotated[Secret | None, Field(description="签名的密钥 / key of the signature")] = None
    format: Annotated[Literal["linli", "wecom", "dingtalk"], Field(description="消息格式 / form of messages")] = "linli"


class SmtpForm(_ChannelForm):
    """A mail server."""

    type: Literal["smtp"]
    host: Host
    port: Port = None
    sender: Annotated[str, Field(alias="from", min_length=3, description="发件人 / sender")]
    to: Annotated[Words, Field(min_length=1, description="收件人 / recipients")]
    username: Username = ""
    password: Password = None
    tls: Annotated[Literal["starttls", "tls", "none"], Field(description="加密 / encryption")] = "starttls"


class BrokerForm(_ChannelForm):
    """A topic on an MQTT broker."""

    type: Literal["mqtt"]
    host: Host
    port: Port = None
    topic: Annotated[str, Field(pattern=r"^[^+#\s]+$", description="主题 / topic", examples=["linli/board"])]
    username: Username = ""
    password: Password = None
    tls: Annotated[Literal["tls", "none"], Field(description="加密 / encryption")] = "none"


class CommandForm(_ChannelForm):
    """A device here that is told something: a siren, a lamp, a sign."""

    type: Literal["command"]
    device: Annotated[str, Field(description="设备 / device")]
    command: Annotated[str, Field(description="命令 / command", examples=["sound"])]
    args: Annotated[dict[str, int], Field(description="参数 / arguments")] = {}


ChannelForm = Annotated[WebhookForm | SmtpForm | BrokerForm | CommandForm, Field(discriminator="type")]

FORMS: Final[dict[str, type[BaseModel]]] = {
    "webhook": WebhookForm,
    "smtp": SmtpForm,
    "mqtt": BrokerForm,
    "command": CommandForm,
}
"""The form of a channel by its type."""


class RouteForm(_Form):
    """Which alarms go to which channels."""

    levels: Annotated[Levels, Field(min_length=1, description="级别 / levels")]
    place: Annotated[Words | None, Field(description="位置 / places")] = None
    channels: Annotated[Words, Field(min_length=1, description="通道 / channels")]
    quiet: Annotated[
        str | None,
        BeforeValidator(_span),
        WithJsonSchema({"type": "string", "pattern": f"^{_SPAN.pattern}$", "examples": ["22:00-07:00"]}),
        Field(description="免打扰 / quiet hours"),
    ] = None
    repeat: Annotated[Duration | None, Field(ge=60, le=86400, description="没人确认时多久再通知 / told again")] = None
    over: Annotated[bool, Field(description="结束时也通知 / its end is told too")] = False


class NotifyForm(_Form):
    """How this gateway tells people of its alarms, with or without the collector."""

    channels: Annotated[dict[str, ChannelForm], Field(description="通道 / channels")] = {}
    routes: Annotated[list[RouteForm], Field(description="哪些告警走哪个通道 / which alarms go where")] = []
