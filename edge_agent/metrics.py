"""The snapshot of a gateway as Prometheus metrics."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_COUNTERS = {
    ("buffer", "produced"): ("linli_agent_produced_entries", "Entries made durable since the journal was born"),
    ("buffer", "dropped"): ("linli_agent_dropped_entries", "Entries lost at the size limit or in memory"),
    ("buffer", "thinned"): ("linli_agent_thinned_entries", "Entries that summaries stand for, thinned under pressure"),
    ("buffer", "salvaged"): ("linli_agent_salvaged_entries", "Entries that were got out of a damaged buffer"),
    ("buffer", "commits"): ("linli_agent_buffer_commits", "Transactions since the start"),
    ("card", "written"): ("linli_agent_card_written_bytes", "Bytes that the agent caused to be written to its card"),
    ("pictures", "kept"): ("linli_agent_pictures_kept", "Pictures kept since the start"),
    ("pictures", "dropped"): ("linli_agent_pictures_dropped", "Pictures that could not be kept since the start"),
    ("uplink", "sent_chunks"): ("linli_agent_sent_chunks", "Chunks sent to the collector"),
    ("uplink", "sent_bytes"): ("linli_agent_sent_bytes", "Bytes of chunks sent to the collector"),
    ("commands", "not_believed"): ("linli_agent_commands_not_believed", "Commands with a bad signature or address"),
    ("polling", "readings"): ("linli_agent_readings", "Readings taken since the configuration was applied"),
    ("polling", "polls"): ("linli_agent_polls", "Polls since the configuration was applied"),
    ("polling", "failed"): ("linli_agent_polls_failed", "Polls that brought nothing"),
    ("polling", "missed"): ("linli_agent_polls_missed", "Polls skipped because the bus was busy"),
    ("polling", "tasks_failed"): ("linli_agent_task_failures", "Tasks restarted after an error"),
}
_GAUGES = {
    ("buffer", "pending"): ("linli_agent_pending_entries", "Entries the collector has not receipted"),
    ("buffer", "pending_chunks"): ("linli_agent_pending_chunks", "Chunks the collector has not receipted"),
    ("buffer", "quarantined"): ("linli_agent_quarantined_entries", "Entries the collector rejected for good"),
    ("buffer", "used_bytes"): ("linli_agent_buffer_used_bytes", "Bytes the buffer holds"),
    ("buffer", "kept_bytes"): ("linli_agent_buffer_kept_bytes", "Bytes of what was delivered and is kept for a while"),
    ("buffer", "free_bytes"): ("linli_agent_buffer_free_bytes", "Bytes that the disk of the buffer has left"),
    ("buffer", "full"): ("linli_agent_buffer_full", "1 while old history is being dropped"),
    ("card", "per_day"): ("linli_agent_card_bytes_per_day", "Bytes a day that are written at the present pace"),
    ("card", "budget_per_day"): ("linli_agent_card_budget_bytes_per_day", "Bytes a day that the card can bear"),
    ("card", "years"): ("linli_agent_card_years", "Years that a card written at this pace lasts, 0 for not known yet"),
    ("card", "flush_s"): ("linli_agent_commit_interval_seconds", "How far apart commits of readings are"),
    ("pictures", "count"): ("linli_agent_pictures", "Pictures in the album"),
    ("pictures", "bytes"): ("linli_agent_pictures_bytes", "Bytes of the pictures in the album"),
    ("uplink", "connected"): ("linli_agent_uplink_connected", "1 while the collector answers"),
    ("rules", "open"): ("linli_agent_alerts_open", "Alerts that stand now"),
    ("alarms", "forgotten"): ("linli_agent_alarms_forgotten", "Alarms that were too many for the book since the start"),
    ("actions", "under_way"): ("linli_agent_actions_under_way", "Rules' actions that have no outcome yet"),
}


class _FromSnapshot(Collector):
    def __init__(self, snapshot: Callable[[], dict[str, Any]]) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        now = self._snapshot()
        for (part, name), (metric, text) in _COUNTERS.items():
            if now[part] is not None:
                yield CounterMetricFamily(metric, text, value=float(now[part][name]))
        for (part, name), (metric, text) in _GAUGES.items():
            if now[part] is not None:
                yield GaugeMetricFamily(metric, text, value=float(now[part][name]))
        yield GaugeMetricFamily("linli_agent_healthy", "1 when nothing is degraded", value=float(not now["reasons"]))
        yield GaugeMetricFamily("linli_agent_uptime_seconds", "Seconds since the start", value=now["uptime_s"])
        state = GaugeMetricFamily("linli_agent_buffer_state", "1 for the state that holds", labels=["state"])
        state.add_metric([str(now["buffer"]["state"])], 1.0)
        yield state
        clock = GaugeMetricFamily("linli_agent_clock_state", "1 for the state that holds", labels=["state", "source"])
        clock.add_metric([str(now["clock"]["state"]), str(now["clock"]["source"])], 1.0)
        yield clock
        if now["clock"]["system_off_s"] is not None:
            text = "Seconds that the machine's own clock is ahead of the right time"
            yield GaugeMetricFamily("linli_agent_system_clock_off_seconds", text, value=now["clock"]["system_off_s"])
        online = GaugeMetricFamily("linli_agent_device_online", "1 while the device answers", labels=["device"])
        for device in now["devices"]:
            online.add_metric([device["device"]], float(device["state"] == "online"))
        yield online
        yield from _lines(now["buses"])
        yield from _people(now["alarms"]["states"], now["notify"])
        for part, text in (("commands", "Commands by their outcome"), ("actions", "Rules' actions by their outcome")):
            outcomes = CounterMetricFamily(f"linli_agent_{part}", text, labels=["state"])
            for word, count in now[part]["outcomes"].items():
                outcomes.add_metric([word], float(count))
            yield outcomes


def _lines(buses: list[dict[str, Any]]) -> Iterator[Metric]:
    for name, metric, text in (
        ("planned_s", "linli_agent_bus_planned_period_seconds", "The shortest period that is asked of the bus"),
        ("measured_s", "linli_agent_bus_period_seconds", "How far apart those readings came in the last minute"),
        ("load", "linli_agent_bus_load_ratio", "Part of the last minute in which the bus was busy, 0 to 1"),
        ("planned_load", "linli_agent_bus_planned_load_ratio", "The same as planned; above 1 it cannot be done"),
    ):
        family = GaugeMetricFamily(metric, text, labels=["bus"])
        for bus in buses:
            family.add_metric([bus["bus"]], bus[name])
        yield family


def _people(alarms: dict[str, int], channels: dict[str, dict[str, Any]]) -> Iterator[Metric]:
    states = GaugeMetricFamily("linli_agent_alarms", "Alarms by where they stand", labels=["state"])
    for state, count in alarms.items():
        states.add_metric([state], float(count))
    yield states
    waiting = GaugeMetricFamily("linli_agent_notices_pending", "Messages to people that wait", labels=["channel"])
    failing = GaugeMetricFamily("linli_agent_notify_failing", "1 while the last message failed", labels=["channel"])
    settled = CounterMetricFamily("linli_agent_notices", "Messages to people by fate", labels=["channel", "fate"])
    for name, channel in channels.items():
        waiting.add_metric([name], float(channel["pending"]))
        failing.add_metric([name], float(bool(channel["problem"])))
        for fate in ("sent", "failed", "given_up"):
            settled.add_metric([name, fate], float(channel[fate]))
    yield from (waiting, failing, settled)


def render(snapshot: Callable[[], dict[str, Any]]) -> bytes:
    """Return ``snapshot()`` (see ``Report.snapshot``) and the process's own figures as exposition text."""
    registry = CollectorRegistry()
    registry.register(_FromSnapshot(snapshot))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
