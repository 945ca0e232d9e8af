"""REST of how well alarms work, for whoever looks after the rules."""

from typing import Annotated

from fastapi import APIRouter, Query

from collector.access.roles import Right, may
from collector.alarms.performance import Case, Performance, Source, measure
from collector.api import alarm_models, words
from collector.api.errors import ApiError
from collector.api.people import Lent, Somebody
from collector.api.persons import without_persons
from collector.store import alerts, cases, fleet
from collector.store.records import AlertRow, DeviceRow
from collector.store.scope import Scope
from collector.store.tables import alert

router = APIRouter(tags=["alarms"])
_DAY_US = 86_400_000_000
_LONGEST_DAYS = 92
_Devices = dict[tuple[str, str], DeviceRow]


@router.get("/alarms/metrics")
async def metrics(
    person: Somebody,
    parts: Lent,
    start: Annotated[int | None, Query(alias="from", ge=0, lt=1 << 62)] = None,
    end: Annotated[int | None, Query(alias="to", ge=0, lt=1 << 62)] = None,
) -> alarm_models.Performance:
    """Tell how the alarms raised between two times worked, the last seven days by default; 422 ``too_long``."""
    end = end or parts.clock.now()
    start = max(0, end - 7 * _DAY_US) if start is None else start
    if not 0 < end - start <= _LONGEST_DAYS * _DAY_US:
        raise ApiError(422, "too_long", f"up to {_LONGEST_DAYS} days")
    found, kinds, devices, standing = await parts.store.read(_measured, start, end)
    rules = [
        alarm_models.RuleCount(
            **one._asdict(),
            text=words.rule_words(kinds.get(one.rule, ""), one.rule),
            false_rate=one.false / one.disposed if one.disposed else None,
        )
        for one in found.rules
    ]
    shown = await parts.views.alerts(standing)
    if not may(person.role, Right.PERSONAL):
        shown = [without_persons(one) for one in shown]
    return alarm_models.Performance(
        start=start,
        end=end,
        raised=found.raised,
        levels=found.levels,
        answers={name: alarm_models.Answer(**answer._asdict()) for name, answer in found.answers.items()},
        rules=rules,
        top=[_source(one, devices) for one in found.top],
        flapping=[_source(one, devices) for one in found.flapping],
        standing=shown,
    )


def _source(source: Source, devices: _Devices) -> alarm_models.Source:
    device = devices.get((source.gateway, source.device))
    return alarm_models.Source(
        **source._asdict(),
        device_name=device.name if device else source.device or source.gateway,
        text=words.rule_words(device.kind if device else "", source.rule),
    )


def _measured(scope: Scope, start: int, end: int) -> tuple[Performance, dict[str, str], _Devices, list[AlertRow]]:
    """Return the figures, the class of a device that each rule is about, the devices, and what stands too long."""
    raised = cases.raised(scope, start, end)
    found = measure(raised, cases.standing(scope), end)
    about = {case.gateway for case in raised}
    devices = {(row.gateway, row.device): row for row in fleet.every_device(scope, about)}
    return found, _kinds(raised, devices), devices, alerts.chosen(scope, [alert.c.id.in_(found.standing)])


def _kinds(raised: list[Case], devices: _Devices) -> dict[str, str]:
    known = ((case.rule, devices.get((case.gateway, case.device))) for case in raised)
    return {rule: device.kind for rule, device in known if device is not None}
