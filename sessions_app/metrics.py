"""What this process carries, for whoever watches the servers: numbers only, in Prometheus' text."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from .live import hub


class HubCollector:
    """Read at each scrape, out of what the hub already knows: no query, no lock."""

    def collect(self) -> Iterator[Metric]:
        rooms = list(hub.rooms.values())
        sockets = [each for room in rooms for each in list(room.sockets)]
        candidates = sum(each.candidate_id is not None for each in sockets)
        yield GaugeMetricFamily("pix_rooms", "Sessions with a socket here.", len(rooms))
        told = GaugeMetricFamily("pix_sockets", "Open sockets, by whose they are.", labels=["of"])
        told.add_metric(["candidate"], candidates)
        told.add_metric(["supervisor"], len(sockets) - candidates)
        yield told
        behind = sum(room.heard - room.version for room in rooms)
        yield GaugeMetricFamily("pix_versions_behind", "Changes heard and not yet shown.", behind)
        yield GaugeMetricFamily("pix_stopping", "1 once told to stop.", int(hub.is_stopping))


registry = CollectorRegistry()
registry.register(HubCollector())
ProcessCollector(registry=registry)


def as_text() -> tuple[bytes, str]:
    """The page of metrics and its content type."""
    return generate_latest(registry), CONTENT_TYPE_LATEST
