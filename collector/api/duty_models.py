"""What the REST API says about people's work: commands, the audit, and invitations of gateways."""

from typing import Literal

from pydantic import Field

from collector.api.models import Scalar, Shown, Time, Typed

CommandState = Literal["queued", "sent", "executed", "refused", "expired", "unknown"]


class CommandRequest(Shown):
    """What a person asks of a device, and why."""

    gateway: Typed = Field(max_length=200)
    device: Typed = Field(max_length=200)
    name: Typed = Field(max_length=200)
    args: dict[str, Scalar] = Field(default_factory=dict)
    reason: Typed = Field(default="", max_length=2000)


class CommandRecord(Shown):
    """One command and what came of it."""

    id: str
    gateway: str
    device: str
    device_name: str
    name: str
    args: dict[str, Scalar]
    reason: str
    by: str = Field(description="a person, or `rule:` and the rule of the gateway that asked for it")
    alert: str = Field(description="the alert whose rule asked for it; empty where a person did")
    alert_text: dict[str, str] = Field(description="that alert's sentence, by language")
    issued_at: Time
    expires_at: Time
    state: CommandState
    outcome_at: Time | None
    outcome_reason: str
    outcome_detail: str
    readback: dict[str, Scalar] = Field(description="points read from the device after the command")


class Commands(Shown):
    """Commands, newest first."""

    items: list[CommandRecord]


class AuditLine(Shown):
    """One thing that somebody did or tried."""

    id: int
    at: Time
    who: str
    what: str
    target: str
    result: str
    detail: str
    address: str


class Audit(Shown):
    """A page of the audit, newest first."""

    items: list[AuditLine]
    next_before: int | None


class EnrolmentOrder(Shown):
    """For which gateway a one-time code is wanted."""

    gateway: Typed = Field(max_length=63)
    name: Typed = Field(default="", max_length=100)


class Invitation(Shown):
    """A one-time code for one gateway."""

    gateway: str
    code: str
    expires_at: Time
