"""Rows and live state become what the API shows; one place for pages and for the event stream."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from collector.alarms.calls import Ear
from collector.api import alarm_models, duty_models, models, words
from collector.api.alarm_views import Devices, Names, alert_shown, flood_shown, late
from collector.fleet.presence import Link, Presence
from collector.store import alerts, calls, commands, events, fleet, floods, history
from collector.store.api import Store
from collector.store.events import Moment
from collector.store.floods import FloodRow
from collector.store.records import AlertRow, AuditRow, CommandRow, DeviceRow, GatewayRow, LatestRow
from collector.store.scope import Scope
from collector.store.tables import alert
from wire.alert import Level
from wire.codec import decode
from wire.errors import IdentityError
from wire.identity import fingerprint, public_key
from wire.inventory import DeviceInfo, PointInfo
from wire.reading import describe_quality

Counts = list[tuple[str, str, str, str, int]]


class Views:
    """Builds the API's models."""

    def __init__(self, store: Store, presence: Presence) -> None:
        self._store, self._presence = store, presence

    async def gateways(self, names: Collection[str] | None = None) -> list[models.Gateway]:
        """Return the gateways called ``names``, or every one, less those that are revoked."""
        rows, devices, counts = await self._store.read(_gateways, names)
        return [self._gateway(row, devices[row.gateway], counts[row.gateway]) for row in rows if row.revoked_at is None]

    async def gateway(self, name: str) -> models.Gateway | None:
        """Return one gateway, or ``None``."""
        return next(iter(await self.gateways([name])), None)

    async def devices(self, gateway: str | None = None, device: str | None = None) -> list[models.Device]:
        """Return devices with their newest values, of one gateway or one device where given."""
        rows, latest, counts = await self._store.read(_all_devices, gateway, device)
        by_device: dict[tuple[str, str], dict[str, LatestRow]] = {}
        for item in latest:
            by_device.setdefault((item.gateway, item.device), {})[item.key] = item
        return [self._device(row, by_device.get((row.gateway, row.device), {}), counts) for row in rows]

    async def alerts(self, rows: Sequence[AlertRow]) -> list[alarm_models.Alert]:
        """Return alerts with the names of what they are about, and what was done about them."""
        names, done, heard, seen = await self._store.read(_about_alerts, rows)
        return [
            alert_shown(row, names, done.get(row.id, []), heard.get(row.id, []), seen.get(_moment(row), ""))
            for row in rows
        ]

    async def floods(self, numbers: Collection[str]) -> list[alarm_models.Flood]:
        """Return the floods of these ids, less those that are none any more."""
        return await self.floods_of(await self._store.read(floods.summed, [alert.c.flood.in_(numbers)]))

    async def floods_of(self, rows: Sequence[FloodRow]) -> list[alarm_models.Flood]:
        """Return floods as the API shows them."""
        firsts = await self.alerts([row.first for row in rows]) if rows else []
        return [flood_shown(row, first) for row, first in zip(rows, firsts, strict=True)]

    async def commands(self, rows: Sequence[CommandRow]) -> list[duty_models.CommandRecord]:
        """Return commands with the names of their devices, and the sentences of the alerts that some are about."""
        devices, texts = await self._store.read(_about_commands, rows)
        return [_command(row, devices.get((row.gateway, row.device)), texts.get(row.alert, {})) for row in rows]

    def _gateway(self, row: GatewayRow, devices: list[str], alerts_open: int) -> models.Gateway:
        link = self._presence.link(row.gateway)
        status = self._presence.status(row.gateway)
        links = self._presence.devices(row.gateway) if link is Link.ONLINE else {}
        return models.Gateway(
            id=row.gateway,
            name=row.name,
            site=row.site,
            state=link.value,
            seen_at=self._presence.seen_at(row.gateway) or row.seen_at,
            enrolled_at=row.enrolled_at,
            version=status.version if status else row.version,
            uptime_s=status.uptime_s if status else None,
            buffer_state=status.buffer_state if status else "",
            buffer_problem=status.buffer_problem if status else "",
            pending=status.pending if status else None,
            pending_oldest_at=(status.pending_oldest_at or None) if status else None,
            devices_total=len(devices),
            devices_online=sum(device in links and links[device].state == "online" for device in devices),
            alerts_open=alerts_open,
            config_hash=status.config_hash if status and status.config_hash else row.config_hash,
            config_problem=status.config_problem if status else "",
            key_fingerprint=_fingerprint(row.public_key),
            clock=status.clock if status else "",
            clock_source=status.clock_source if status else "",
            clock_offset_s=self._presence.clock_offset_s(row.gateway),
            thinned=status.thinned if status else None,
            dropped=status.dropped if status else None,
            quarantined=status.quarantined if status else None,
            written_per_day=(status.written_per_day or None) if status else None,
            card_years=(status.card_years or None) if status else None,
        )

    def _device(self, row: DeviceRow, latest: dict[str, LatestRow], counts: Counts) -> models.Device:
        info = decode(row.info, DeviceInfo)
        up = self._presence.link(row.gateway) is Link.ONLINE
        link = self._presence.devices(row.gateway).get(row.device)
        state = link.state if link and up and link.state in ("online", "offline", "starting") else "unknown"
        own = [(Level(level), count) for gateway, device, level, _, count in counts if (gateway, device) == _name(row)]
        worst = min((level for level, _ in own), key=lambda level: level.rank, default=None)
        return models.Device(
            gateway=row.gateway,
            id=row.device,
            name=row.name,
            kind=row.kind,
            kind_text=words.class_words(row.kind),
            profile=info.profile,
            place=row.place,
            state=state,  # type: ignore[arg-type]
            seen_at=(link.seen_at or None) if link else None,
            error=link.error if link and up else "",
            alerts_open=sum(count for _, count in own),
            worst_level=worst.value if worst else None,
            points=[_point(row.kind, point, latest.get(point.key)) for point in info.points],
            commands=[
                models.Offer(
                    name=offer.name,
                    text=words.command_words(row.kind, offer.name),
                    confirm=offer.confirm,
                    args={
                        name: models.Argument(min=span.min, max=span.max, default=span.default)
                        for name, span in offer.args.items()
                    },
                )
                for offer in info.commands
            ],
        )


def counted(counts: Counts) -> models.AlertCounts:
    """Return open alerts by level from ``alerts.open_counts``."""
    levels = Counter[str]()
    for _, _, level, _, count in counts:
        levels[level] += count
    waiting = sum(count for _, _, _, state, count in counts if state.endswith("unacknowledged"))
    return models.AlertCounts(**{level.value: levels[level.value] for level in Level}, unacknowledged=waiting)


def audit_line(row: AuditRow, *, privileged: bool) -> duty_models.AuditLine:
    """Return a line of the audit; whose plate it was about only for who is ``privileged`` to know."""
    told = {name: getattr(row, name) for name in row.__struct_fields__}
    personal = row.what in ("list_put", "list_remove")
    return duty_models.AuditLine(**told | ({"detail": ""} if personal and not privileged else {}))


def typed(kind: str, value: float | None, text: str | None) -> models.Scalar:
    """Return a stored value as what its point is: text, a truth value, a whole number or a number."""
    if text is not None or value is None:
        return text
    if kind == "bool":
        return bool(value)
    return int(value) if kind in ("int", "counter") and value.is_integer() else value


def _point(kind: str, info: PointInfo, latest: LatestRow | None) -> models.Point:
    return models.Point(
        key=info.key,
        text=words.point_words(kind, info.key),
        unit=info.unit,
        kind=info.kind,
        values=list(info.values),
        value_text=words.value_words(kind, info.key),
        value=typed(info.kind, latest.value, latest.text) if latest else None,
        at=latest.at if latest else None,
        quality=latest.quality if latest else None,
        quality_text=describe_quality(latest.quality) if latest else "",
        late_s=late(latest.received_at, latest.at) if latest else None,
        withheld=info.withheld,
    )


def _command(row: CommandRow, device: DeviceRow | None, text: dict[str, str]) -> duty_models.CommandRecord:
    shown = duty_models.CommandRecord.model_fields
    fields = {name: getattr(row, name) for name in row.__struct_fields__ if name in shown}
    return duty_models.CommandRecord(**fields, device_name=device.name if device else row.device, alert_text=text)


def _name(row: DeviceRow) -> tuple[str, str]:
    return row.gateway, row.device


def _fingerprint(text: str) -> str:
    try:
        return fingerprint(public_key(text))
    except IdentityError:
        return ""


def _gateways(
    scope: Scope, names: Collection[str] | None
) -> tuple[list[GatewayRow], dict[str, list[str]], Counter[str]]:
    """Return gateways, and by gateway the ids of its devices and how many of its alerts are open."""
    devices, counts = defaultdict[str, list[str]](list), Counter[str]()
    for gateway, device in fleet.device_names(scope, names):
        devices[gateway].append(device)
    for gateway, _, _, _, count in alerts.open_counts(scope):
        counts[gateway] += count
    return fleet.gateways(scope, names), devices, counts


def _all_devices(
    scope: Scope, gateway: str | None, device: str | None
) -> tuple[list[DeviceRow], list[LatestRow], Counts]:
    if gateway is not None and device is not None:
        row = fleet.one_device(scope, gateway, device)
        rows = [row] if row else []
    else:
        rows = fleet.devices(scope, gateway)
    return rows, history.newest(scope, gateway, device), alerts.open_counts(scope)


def _about_alerts(
    scope: Scope, rows: Sequence[AlertRow]
) -> tuple[Names, dict[str, list[CommandRow]], dict[str, list[Ear]], dict[Moment, str]]:
    heard = calls.ears_of(scope, [row.id for row in rows])
    numbers = {ear.number: call for call, ears in heard.items() for ear in ears}
    done: dict[str, list[CommandRow]] = {}
    for row in commands.of_alerts(scope, [*(row.id for row in rows), *numbers]):
        done.setdefault(numbers.get(row.alert, row.alert), []).append(row)
    boxes = {row.gateway for row in rows} | {ear.gateway for ears in heard.values() for ear in ears}
    return _names(scope, boxes), done, heard, events.pictures(scope, [_moment(row) for row in rows])


def _moment(row: AlertRow) -> Moment:
    """Return where and when an event was that raised the alert, if one did."""
    return row.gateway, row.device, row.since


def _about_commands(scope: Scope, rows: Sequence[CommandRow]) -> tuple[Devices, dict[str, dict[str, str]]]:
    texts = alerts.texts(scope, [row.alert for row in rows if row.alert])
    return _names(scope, {row.gateway for row in rows})[1], texts


def _names(scope: Scope, of: Collection[str]) -> Names:
    gateways = {row.gateway: row for row in fleet.gateways(scope, of)}
    return gateways, {_name(row): row for row in fleet.every_device(scope, of)}
