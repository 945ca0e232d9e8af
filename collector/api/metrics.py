"""The collector's figures for Prometheus, in a registry of its own."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from collector.store.records import Ingested

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts what happens; gauges ask at the moment they are read."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._readings = self._counter("readings", "Readings stored")
        self._duplicates = self._counter("readings_duplicate", "Readings that were already there")
        self._chunks = self._counter("chunks", "Chunks by what became of them", ("fate",))
        self._refusals = self._counter("refusals", "Requests of gateways that were refused", ("reason",))
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
        for fate, count in (("accepted", done.chunks), ("again", done.again), ("rejected", done.rejected)):
            self._chunks.labels(fate).inc(count)

    def refused(self, reason: str) -> None:
        """Count a refusal."""
        self._refusals.labels(reason).inc()

    def gauge(self, name: str, help_: str, ask: Callable[[], float]) -> None:
        """Add a gauge whose value is asked for when it is read."""
        Gauge(f"linli_collector_{name}", help_, registry=self._registry).set_function(ask)

    def page(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self._registry)

    def _counter(self, name: str, help_: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"linli_collector_{name}", help_, labels, registry=self._registry)
