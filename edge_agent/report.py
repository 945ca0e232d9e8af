"""How this gateway is at this moment, told three ways: to the collector, to the local page, to a metrics scraper."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import msgspec

from edge_agent.buffer import Buffer, BufferState
from edge_agent.commands import Commands
from edge_agent.devices import BusLoop
from edge_agent.plate_lists.book import COLLECTOR
from edge_agent.plate_lists.kept import ListKeeper
from edge_agent.site import CurrentSite
from edge_agent.timekeeper import Timekeeper
from edge_agent.uplink.api import Uplink
from wire.outcome import OutcomeState
from wire.status import DeviceStatus, Status

VERSION = version("linli")


class Report:
    """Reads the running parts and changes nothing; ``snapshot`` may be called from another thread.

    ``uplink`` returns the present uplink, ``None`` while the gateway is not enrolled; ``problem`` the sentence about
    a configuration that was not taken, empty where all is well.
    """

    def __init__(
        self,
        *,
        gateway: Callable[[], str],
        current: CurrentSite,
        buffer: Buffer,
        commands: Commands,
        uplink: Callable[[], Uplink | None],
        problem: Callable[[], str],
        clock: Timekeeper,
        lists: ListKeeper | None = None,
    ) -> None:
        self._lists = lists
        self._gateway, self._current, self._buffer, self._commands = gateway, current, buffer, commands
        self._uplink, self._problem, self._clock = uplink, problem, clock
        self._started = clock.monotonic()

    def gateway(self) -> str:
        """Return the name of this gateway."""
        return self._gateway()

    def status(self) -> Status:
        """Return the heartbeat for the collector."""
        stats, site = self._buffer.stats, self._current.site
        return Status(
            at=self._clock.now(),
            boot=self._clock.boot,
            version=VERSION,
            uptime_s=self._uptime_s(),
            journal=stats.journal,
            buffer_state=stats.state.value,
            produced=stats.produced,
            pending=stats.pending,
            pending_oldest_at=stats.pending_oldest_at,
            buffer_problem=stats.problem,
            buffer_bytes=stats.used_bytes,
            quarantined=stats.quarantined,
            thinned=stats.thinned,
            dropped=stats.dropped,
            written_per_day=stats.card.per_day,
            card_years=stats.card.years,
            config_hash=site.settings.hash,
            config_problem=self._problem(),
            devices=tuple(DeviceStatus(link.device, link.state, link.seen_at, link.error) for link in site.links()),
            clock=self._clock.state.value,
            clock_source=self._clock.source,
            lists_version=self._lists.version if self._lists is not None else 0,
            lists_at=self._lists.taken_at if self._lists is not None else 0,
        )

    def snapshot(self) -> dict[str, Any]:
        """Return the same and more as a JSON-able tree; ``status`` is ``ok`` or ``degraded`` with its ``reasons``."""
        site, stats, uplink = self._current.site, self._buffer.stats, self._uplink()
        link = uplink.state if uplink is not None else None
        buses = list(site.buses.values())
        devices = [
            {"device": one.device, "state": one.state, "seen_at": one.seen_at, "error": one.error}
            for one in site.links()
        ]
        channels = self._current.notifier.snapshot()
        album = self._current.pictures
        pictures = None if album is None else album.figures()
        reasons = self._reasons(devices, channels, pictures)
        return {
            "status": "degraded" if reasons else "ok",
            "reasons": reasons,
            "gateway": self._gateway(),
            "version": VERSION,
            "at": self._clock.now(),
            "uptime_s": self._uptime_s(),
            "clock": self._clock.describe(),
            "config": {"hash": site.settings.hash, "problem": self._problem()},
            "buffer": msgspec.to_builtins(stats),
            "card": msgspec.to_builtins(stats.card),
            "uplink": None if link is None else {name: getattr(link, name) for name in link.__dataclass_fields__},
            "rules": {"open": len(site.rules.open_alerts())},
            "plate_lists": self._listed(),
            "commands": self._commanded(),
            "actions": self._acted(),
            "alarms": {"states": self._current.alarms.counts(), "forgotten": self._current.alarms.forgotten},
            "notify": channels,
            "pictures": pictures,
            "polling": {
                "readings": site.pipeline.polled,
                "polls": sum(bus.polls for bus in buses),
                "failed": sum(bus.failures for bus in buses),
                "missed": sum(bus.missed for bus in buses),
                "tasks_failed": sum(site.failures.values()),
            },
            "buses": [_line(bus, site.planned_load[bus.bus], self._clock.monotonic()) for bus in buses],
            "devices": devices,
        }

    def _reasons(
        self, devices: list[dict[str, Any]], channels: dict[str, dict[str, Any]], pictures: dict[str, Any] | None
    ) -> list[str]:
        """Return what is degraded now."""
        stats, uplink = self._buffer.stats, self._uplink()
        holds = {
            "buffer": stats.full or stats.state is not BufferState.DURABLE,
            "config": bool(self._problem()),
            "uplink": uplink is not None and not uplink.state.connected,
            "pictures": pictures is not None and pictures["failing"],
            "notify": any(channel["problem"] for channel in channels.values()),
            "devices": any(one["state"] == "offline" for one in devices),
        }
        return [reason for reason, held in holds.items() if held]

    def _commanded(self) -> dict[str, Any]:
        return {
            "outcomes": _counts(self._commands.outcomes),
            "not_believed": self._commands.refused_signatures,
        }

    def _listed(self) -> dict[str, Any]:
        kept = self._lists
        delivered = (kept.version, kept.taken_at, kept.count) if kept is not None else (0, 0, 0)
        site = sum(len(one.spans) for one in self._current.plates.book.listings if one.origin != COLLECTOR)
        return dict(zip(("version", "taken_at", "entries"), delivered, strict=True)) | {"site_entries": site}

    def _acted(self) -> dict[str, Any]:
        actions = self._current.actions
        return {"outcomes": _counts(actions.outcomes), "under_way": actions.under_way}

    def _uptime_s(self) -> float:
        return round(self._clock.monotonic() - self._started, 3)


def _counts(outcomes: Mapping[OutcomeState, int]) -> dict[str, int]:
    return {state.value: count for state, count in outcomes.items()}


def _line(bus: BusLoop, planned_load: float, now: float) -> dict[str, Any]:
    kept = bus.pace.kept(now)
    line = {"bus": bus.bus, "planned_s": 0.0, "measured_s": 0.0, "load": 0.0, "planned_load": planned_load}
    if kept is not None:
        line |= {"planned_s": kept.planned_s, "measured_s": kept.measured_s, "load": kept.load}
    return line
