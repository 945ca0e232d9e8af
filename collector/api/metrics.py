"""The collector's figures for Prometheus, in a registry of its own."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from collector.store.records import Ingested

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts what happens; gauges ask at the moment they are read."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._readings = self._counter("readings", "Readings stored")
        self._duplicates = self._counter("readings_duplicate", "Readings that were already there")
        self._corrected = self._counter("readings_corrected", "Readings whose time was put right")
        self._beside = self._counter("readings_beside", "Readings moved on by microseconds: another had their time")
        self._forgotten = self._counter("quarantine_forgotten", "Chunks for which the quarantine had no more room")
        self._chunks = self._counter("chunks", "Chunks by what became of them", ("fate",))
        self._refusals = self._counter("refusals", "Requests of gateways that were refused", ("reason",))
        self._escalations = self._counter("alert_escalations", "Steps that alerts climbed unacknowledged", ("level",))
        self.floods = self._counter("alert_floods", "Floods of alerts that were folded into one")
        self.uploads = Histogram(
            "linli_collector_upload_seconds",
            "From an upload's last byte to its receipts",
            registry=self._registry,
            buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )

    def ingested(self, done: Ingested) -> None:
        """Count a committed upload."""
        self._readings.inc(done.readings)
        self._duplicates.inc(done.duplicates)
        self._corrected.inc(done.corrected)
        self._beside.inc(done.beside)
        self._forgotten.inc(done.forgotten)
        for fate, count in (("accepted", done.chunks), ("again", done.again), ("rejected", done.rejected)):
            self._chunks.labels(fate).inc(count)

    def escalated(self, level: str) -> None:
        """Count a step that an alert climbed because nobody took note of it."""
        self._escalations.labels(level).inc()

    def refused(self, reason: str) -> None:
        """Count a refusal."""
        self._refusals.labels(reason).inc()

    def gauges(self, name: str, help_: str, label: str, ask: Callable[[], Mapping[str, float]]) -> None:
        """Add a gauge for each of what ``ask`` returns, named by ``label``; asked for when they are read."""
        self._registry.register(_Asked(f"linli_collector_{name}", help_, label, ask))

    def gauge(self, name: str, help_: str, ask: Callable[[], float]) -> None:
        """Add a gauge whose value is asked for when it is read."""
        Gauge(f"linli_collector_{name}", help_, registry=self._registry).set_function(ask)

    def page(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self._registry)

    def _counter(self, name: str, help_: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"linli_collector_{name}", help_, labels, registry=self._registry)


class _Asked(Collector):
    def __init__(self, name: str, help_: str, label: str, ask: Callable[[], Mapping[str, float]]) -> None:
        self._name, self._help, self._label, self._ask = name, help_, label, ask

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(self._name, self._help, labels=(self._label,))
        for name, value in self._ask().items():
            family.add_metric((name,), value)
        yield family
