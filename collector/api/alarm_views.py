"""Alerts and floods as the API shows them, from rows and the names that go with them."""

from collections.abc import Sequence

from collector.alarms.calls import Ear
from collector.alarms.machine import OWN
from collector.api import alarm_models, models, words
from collector.store.floods import FloodRow
from collector.store.records import AlertRow, CommandRow, DeviceRow, GatewayRow
from wire.event import SEQ

Devices = dict[tuple[str, str], DeviceRow]
Names = tuple[dict[str, GatewayRow], Devices]
"""Gateways by name, and devices by gateway and id."""


def alert_shown(
    row: AlertRow, names: Names, done: Sequence[CommandRow], heard: Sequence[Ear], picture: str
) -> alarm_models.Alert:
    """Return an alert with the names of what it is about, what was done about it, who heard it, and its picture."""
    gateways, devices = names
    gateway = gateways.get(row.gateway)
    device = devices.get((row.gateway, row.device))
    fields = {name: getattr(row, name) for name in row.__struct_fields__ if name in alarm_models.Alert.model_fields}
    return alarm_models.Alert(
        **fields,
        gateway_name=gateway.name if gateway else row.gateway,
        device_name=device.name if device else gateway.name if gateway and row.device == row.gateway else row.device,
        place=device.place if device else "",
        origin="collector" if row.alert.startswith(OWN) else "gateway",
        facts=[_fact(device.kind if device else "", key, value) for key, value in row.values.items() if key != SEQ],
        actions=[_action(one, devices.get((one.gateway, one.device))) for one in done],
        heard=[_heard(ear, names) for ear in heard],
        late_s=late(row.received_at, row.raised_at),
        picture=picture,
    )


def _heard(ear: Ear, names: Names) -> alarm_models.Heard:
    gateways, devices = names
    gateway, device = gateways.get(ear.gateway), devices.get((ear.gateway, ear.device))
    return alarm_models.Heard(
        gateway=ear.gateway,
        gateway_name=gateway.name if gateway else ear.gateway,
        device=ear.device,
        device_name=device.name if device else ear.device,
        at=ear.at,
        late_s=late(ear.received_at, ear.at),
    )


def flood_shown(row: FloodRow, first: alarm_models.Alert) -> alarm_models.Flood:
    """Return a flood; ``first`` is its first-out."""
    return alarm_models.Flood(
        id=first.id,
        kind="offline" if row.offline else "place",
        first=first,
        total=row.total,
        open=row.open,
        waiting=row.waiting,
        level=row.level,  # type: ignore[arg-type]  # only such levels are stored
        last_at=row.last_at,
    )


def _fact(kind: str, key: str, value: models.Scalar) -> alarm_models.AlertFact:
    return alarm_models.AlertFact(
        text=words.point_words(kind, key),
        unit=words.point_unit(kind, key),
        value=value,
        value_text=words.value_words(kind, key),
    )


def _action(row: CommandRow, device: DeviceRow | None) -> alarm_models.AlertAction:
    return alarm_models.AlertAction(
        device=row.device,
        device_name=device.name if device else row.device,
        name=row.name,
        text=words.command_words(device.kind if device else "", row.name),
        state=row.state,  # type: ignore[arg-type]  # only such states are stored
        reason=row.outcome_reason,
    )


def late(received_at: int, at: int) -> float:
    """Return how many seconds (0 at least) passed between two times in µs."""
    return max(0.0, (received_at - at) / 1_000_000)
