"""What the REST API says about completeness: for each point and hour what was due, what came and what is missing."""

from pydantic import Field

from collector.api.models import Shown, Time


class Hour(Shown):
    """One point in one hour: ``expected`` = delivered - extra + unchanged + thinned + all of ``lost``."""

    device: str
    point: str
    hour: Time = Field(description="the hour's first microsecond")
    expected: int = Field(description="readings that were due")
    collected: int = Field(description="of them, those that the gateway had")
    delivered: int = Field(description="rows here, without those that only mark that a device went offline")
    extra: int = Field(description="of the delivered, those read besides what was due")
    unchanged: int = Field(description="read, and not kept because nothing had changed")
    thinned: int = Field(description="kept as lowest, mean and highest of a window")
    lost: dict[str, int] = Field(description="the rest, by reason")
    estimated: bool = Field(description="a part of lost is inferred from how often the point is due")
    behind: bool = Field(description="the gateway still holds readings of this time or was not heard since: not a loss")


class Totals(Shown):
    """The hours of an account together."""

    expected: int
    collected: int
    delivered: int
    extra: int
    unchanged: int
    thinned: int
    lost: dict[str, int]
    pending: int | None = Field(description="entries that the gateway says it still owes, of any time; null: unknown")
    pending_oldest_at: Time | None


class GapRecord(Shown):
    """What a gateway said it lost; ``attributed``: it could say whose readings they were, and the hours count them."""

    what: str
    reason: str
    count: int = Field(description="how many are missing")
    came: int = Field(description="how many more were given up for lost and came after all, on a stick say")
    start: Time
    end: Time
    attributed: bool
    received_at: Time


class Completeness(Shown):
    """What became of everything that a gateway should have measured, by point and hour."""

    items: list[Hour]
    totals: Totals
    gaps: list[GapRecord] = Field(description="the newest that touch this time")
    behind_from: Time | None = Field(description="hours that end after it are behind; null: none is")
    as_of: Time
