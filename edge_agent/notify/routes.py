"""To whom an alarm is told: by its level and place, by day and by night. Pure; time is passed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.channels import ChannelSettings, RouteSettings
from config.settings import GatewaySettings
from wire.alert import Level


@dataclass(frozen=True, slots=True)
class Way:
    """One channel for one alarm. It waits until ``not_before`` (µs, 0: not at all); ``repeat_s`` and ``over`` as of the
    routes that lead there.
    """

    channel: str
    not_before: int = 0
    repeat_s: float = 0.0
    over: bool = False


@dataclass(frozen=True)
class Routes:
    """The section ``notify`` of one configuration, and what it needs to know of the site's devices."""

    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)
    routes: tuple[RouteSettings, ...] = ()
    site: str = ""
    zone: tzinfo = UTC
    names: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    repeats: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def ways(self, level: Level, device: str, now: int) -> list[Way]:
        """Return each channel to which an alarm of ``device`` goes at ``now`` (µs): of several routes the one counts
        that tells it soonest.
        """
        found: dict[str, Way] = {}
        place = self.places.get(device, "")
        for route in self.routes:
            if level.value not in route.levels or not _covers(route.places, place):
                continue
            wait = quiet_until(route.quiet, self.zone, now) if route.quiet and level is not Level.RED else 0
            for channel in route.channels:
                known = found.get(channel, Way(channel, wait))
                found[channel] = Way(
                    channel,
                    min(known.not_before, wait),
                    min(filter(None, (known.repeat_s, route.repeat_s)), default=0.0),
                    known.over or route.over,
                )
        return list(found.values())

    def reds(self) -> set[str]:
        """Return the channels to which red alarms of some place go."""
        return {channel for route in self.routes if "red" in route.levels for channel in route.channels}


def routes_of(settings: GatewaySettings) -> Routes:
    """Return the routes of a configuration."""
    facts = settings.facts.devices
    return Routes(
        channels={channel.name: channel for channel in settings.notify.channels},
        routes=settings.notify.routes,
        site=settings.site.name,
        zone=_zone(settings.site.timezone),
        names={device.id: device.name for device in settings.devices},
        places={device.id: device.place for device in settings.devices},
        groups={
            device.id: (facts[device.id].building if device.id in facts else "") or device.place
            for device in settings.devices
        },
        repeats={(rule.id, one): rule.repeat_s for rule in settings.rules if rule.repeat_s for one in rule.devices},
    )


def quiet_until(quiet: tuple[int, int], zone: tzinfo, now: int) -> int:
    """Return when the daily span ``quiet`` (minutes since midnight in ``zone``) ends in which ``now`` lies, 0 if it
    lies in none (µs).
    """
    begin, end = quiet
    here = datetime.fromtimestamp(now / 1_000_000, zone)
    minute = here.hour * 60 + here.minute
    inside = begin <= minute < end if begin < end else minute >= begin or minute < end
    if not inside:
        return 0
    over = here.replace(hour=end // 60, minute=end % 60, second=0, microsecond=0)
    if minute >= end:
        over += timedelta(days=1)  # wall clock: the night on which clocks change is an hour longer or shorter
    return round(over.timestamp() * 1_000_000)


def _covers(places: tuple[str, ...], place: str) -> bool:
    """Tell whether ``place`` is one of ``places`` or below one: 3幢 has 3幢2单元 in it, and 3 has not 31."""
    return not places or any(
        place.startswith(one) and not (one[-1:].isdigit() and place[len(one) :][:1].isdigit()) for one in places
    )


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
