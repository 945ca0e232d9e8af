"""What the REST API says about alarms: alerts, what happened to them, floods, what is out of sight, and figures."""

from typing import Literal

from pydantic import Field

from collector.api.duty_models import CommandState
from collector.api.models import Level, Scalar, Shown, Time, Typed, Words

Disposition = Literal["", "real", "false", "test", "drill", "duplicate", "device_fault"]
AlertStateWord = Literal[
    "unacknowledged",
    "acknowledged",
    "returned_unacknowledged",
    "latched",
    "shelved",
    "suppressed",
    "out_of_service",
    "closed",
]
MAX_SHELF_MIN = 480


class AlertFact(Shown):
    """What a point said when the alert was raised, with the names to show it by."""

    text: Words
    unit: str
    value: Scalar
    value_text: dict[str, Words] | None


class AlertAction(Shown):
    """What the alert's rule had the gateway do by itself, and what came of it."""

    device: str
    device_name: str
    name: str
    text: Words
    state: CommandState
    reason: str


class Heard(Shown):
    """A gateway that heard a call, at which device, when, and how long it took to tell."""

    gateway: str
    gateway_name: str
    device: str
    device_name: str
    at: Time
    late_s: float


class Alert(Shown):
    """One alert, from raised to closed."""

    id: str
    gateway: str
    gateway_name: str
    device: str
    device_name: str
    place: str
    origin: Literal["gateway", "collector"] = Field(description="whose rule raised it")
    rule: str
    level: Level
    state: AlertStateWord
    latched: bool = Field(description="stays open until a person resets it after its condition ended")
    since: Time
    raised_at: Time
    cleared_at: Time | None
    acknowledged_at: Time | None
    acknowledged_by: str
    note: str
    reset_at: Time | None
    reset_by: str
    escalation: int = Field(description="how many steps it was taken up because nobody took note")
    escalated_at: Time | None
    aside_until: Time | None = Field(description="when it comes back into sight; nothing where somebody must bring it")
    aside_by: str
    aside_note: str = Field(description="why it is out of sight: a person's reason, or `gateway_offline`")
    disposition: Disposition = Field(description="what it turned out to be")
    flood: str = Field(description="the flood that it is folded into; empty where into none")
    text: dict[str, str]
    values: dict[str, Scalar]
    facts: list[AlertFact] = Field(description="those that tell people something, with their names")
    actions: list[AlertAction] = Field(description="what its rule had the gateway do, as far as it is known")
    heard: list[Heard] = Field(description="of a call for help: the gateways that heard it, the first one first")
    late_s: float = Field(description="seconds from the alert to its arrival here")
    picture: str = Field(description="reference of the picture of what raised it, empty where there is none")


class Flood(Shown):
    """Many alerts of one place within minutes, or many devices of one gateway that went offline together."""

    id: str
    kind: Literal["offline", "place"]
    first: Alert = Field(description="the first-out: the alert that began it")
    total: int
    open: int
    waiting: int = Field(description="how many of them wait for a person")
    level: Level = Field(description="the gravest of those that are open")
    last_at: Time


class Alerts(Shown):
    """A page of alerts, newest first."""

    items: list[Alert]
    floods: list[Flood] = Field(description="with `fold`: what the alerts that are left out are folded into")
    next_before: str | None = Field(description="pass as `before` for the next page")
    as_of: Time


class AlertChange(Shown):
    """One thing that happened to an alert."""

    at: Time
    received_at: Time
    what: str
    level: Level
    who: str
    note: str
    source: Literal["gateway", "console", "collector"]
    until: Time | None
    disposition: Disposition
    counts: bool = Field(description="false for an acknowledgement after the first, and whatever else came to nothing")


class History(Shown):
    """Everything that happened to an alert, in the order of its own times."""

    items: list[AlertChange]


class AckRequest(Shown):
    """What a person notes when acknowledging or resetting, and what it turned out to be."""

    note: Typed = Field(default="", max_length=500)
    disposition: Disposition = ""


class DispositionRequest(Shown):
    """What an alert turned out to be."""

    note: Typed = Field(default="", max_length=500)
    disposition: Literal["real", "false", "test", "drill", "duplicate", "device_fault"]


class ShelveRequest(Shown):
    """For how long an alert is to be out of sight, and why."""

    minutes: int = Field(ge=1, le=MAX_SHELF_MIN)
    reason: Typed = Field(min_length=1, max_length=500)


class AsideRequest(Shown):
    """Why a device is taken out of service or brought back."""

    reason: Typed = Field(min_length=1, max_length=500)


class MaintenanceRequest(Shown):
    """Until when a gateway is under maintenance, and why."""

    until: Time
    reason: Typed = Field(min_length=1, max_length=500)


class Aside(Shown):
    """A device out of service, or with ``device`` empty a gateway under maintenance."""

    gateway: str
    device: str
    kind: Literal["out_of_service", "maintenance"]
    at: Time
    who: str
    note: str
    until: Time | None


class Asides(Shown):
    """What is out of sight now."""

    items: list[Aside]
    as_of: Time


class Answer(Shown):
    """How soon people took note."""

    acknowledged: int
    median_s: float | None
    p95_s: float | None


class RuleCount(Shown):
    """How often a rule was right, as far as people said: ``false_rate`` is of those with a disposition."""

    rule: str
    text: Words
    raised: int
    disposed: int
    false: int
    false_rate: float | None


class Source(Shown):
    """One rule at one device, and how often it raised an alert (for ``flapping``: the most within an hour)."""

    gateway: str
    device: str
    device_name: str
    rule: str
    text: Words
    raised: int


class Performance(Shown):
    """The figures of the alarms raised in a stretch of time."""

    start: Time
    end: Time
    raised: int
    levels: dict[str, int]
    answers: dict[str, Answer] = Field(description="by level, and of `all`")
    rules: list[RuleCount]
    top: list[Source]
    flapping: list[Source] = Field(description="four or more within an hour")
    standing: list[Alert] = Field(description="standing for more than a day")
