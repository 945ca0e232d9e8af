"""Bands that call for help, as their gateways tell it."""

from wire.alert import AlertChange, AlertState, Level
from wire.inventory import DeviceInfo
from wire.reading import Value


def band(device: str = "band-1", person: str = "P-007", place: str = "3栋") -> DeviceInfo:
    return DeviceInfo(device, "手环", "wearable_band", "p", place, person=person)


def call(
    gateway: str,
    at: int,
    seq: int | None = None,
    *,
    state: AlertState = AlertState.RAISED,
    device: str = "band-1",
    event: str = "sos_pressed",
    of: int | None = None,
    who: str = "",
) -> AlertChange:
    """Return what a gateway tells of a call at ``of`` (or ``at``)."""
    since = at if of is None else of
    told = "" if who else event
    values: dict[str, Value] = {} if seq is None else {"seq": seq}
    name = f"{gateway}:sos:{device}:{since:x}"
    return AlertChange(name, "sos", device, state, Level.RED, at, since, True, values=values, who=who, event=told)
