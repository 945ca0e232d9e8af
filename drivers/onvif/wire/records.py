"""What a camera says of its own recordings (Search, Recording): how far back they go, and whether it records now."""

import datetime

from drivers.api.errors import DeviceRefused, NotSupported
from drivers.onvif.calls import Recorded
from drivers.onvif.wire.asking import Asking
from drivers.onvif.wire.reading import text
from drivers.onvif.wire.soap import Operation, element
from runtime.clock import Clock

_SUMMARY = Operation("tse:GetRecordingSummary")
_JOBS = Operation("trc:GetRecordingJobs")
_RECORDS = {"Active": True, "PartiallyActive": True, "Idle": False, "Error": False}
_DAY_US = 86_400e6
_UNSAID = (NotSupported, DeviceRefused)


async def recorded(asking: Asking, clock: Clock) -> Recorded:
    """See ``Calls.recorded``; ``NotSupported`` where it has neither of both services."""
    services = [await _has(asking, one) for one in ("tse", "trc")]
    if not any(services):
        raise NotSupported("the camera tells nothing of recordings")
    return Recorded(
        await _days(asking, clock) if services[0] else None, await _running(asking) if services[1] else None
    )


async def _has(asking: Asking, prefix: str) -> bool:
    try:
        await asking.service(prefix)
    except NotSupported:
        return False
    return True


async def _days(asking: Asking, clock: Clock) -> float | None:
    """Return how old its oldest recording is by its own clock."""
    try:
        said = await asking.read(_SUMMARY)
        oldest = datetime.datetime.fromisoformat(text(said, "Summary", "DataFrom"))
        if text(said, "Summary", "NumberRecordings") == "0":
            return 0.0
    except (*_UNSAID, ValueError, OverflowError):
        return None
    if oldest.tzinfo is None:
        oldest = oldest.replace(tzinfo=datetime.UTC)
    age_us = clock.now() + (asking.offset_s or 0.0) * 1e6 - oldest.timestamp() * 1e6
    return max(0.0, age_us / _DAY_US)


async def _running(asking: Asking) -> bool | None:
    """Tell whether one of its jobs records; a job that should and does not is none that does."""
    try:
        said = await asking.read(_JOBS)
        jobs = [text(one, "JobToken") for one in said.all("JobItem")]
        states = [await _state(asking, job) for job in jobs[:8]]
    except _UNSAID:
        return None
    known = [_RECORDS[state] for state in states if state in _RECORDS]
    return any(known) if known or not jobs else None


async def _state(asking: Asking, job: str) -> str:
    said = await asking.read(Operation("trc:GetRecordingJobState", element("trc:JobToken", job)))
    return text(said, "State", "State")
