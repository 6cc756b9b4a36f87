"""The worker's figures for Prometheus, on a port of this machine when one is set."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from outreach.contact.message_health import MessageHealth, message_health
from outreach.kernel.clock import real_now
from outreach.places.queries import business_clock
from outreach.services import Services


class HealthCollector(Collector):
    """Reads the pipeline's health when it is asked for, never in between."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the gauges of this moment."""
        return gauges_of(read_health(self._services))


def read_health(services: Services) -> MessageHealth:
    """Read the pipeline's health."""
    names = [gateway.name for gateway in services.routes.gateways]
    with services.database.read() as session:
        now = business_clock(session).now()
        return message_health(session, gateways=names, now=now, real_now=real_now())


def gauges_of(health: MessageHealth) -> list[GaugeMetricFamily]:
    """Return a health as gauges; no figure says anything of a person."""
    gauges = [
        GaugeMetricFamily("outreach_messages_due", "Messages due now", value=health.due),
        GaugeMetricFamily(
            "outreach_queue_age_seconds", "Age of the oldest due message", value=health.queue_age_s
        ),
        GaugeMetricFamily(
            "outreach_sending_paused", "1 while sending is paused", value=int(health.is_paused)
        ),
        GaugeMetricFamily("outreach_workers", "Workers alive", value=health.workers_alive),
    ]
    stuck = GaugeMetricFamily("outreach_messages_stuck", "Rows that need somebody", labels=["kind"])
    for row in health.stuck:
        stuck.add_metric([row.code], row.count)
    outcomes = GaugeMetricFamily(
        "outreach_messages_day", "Messages of the last day", labels=["gateway", "outcome"]
    )
    circuit = GaugeMetricFamily(
        "outreach_circuit_open", "1 while a route is left alone", labels=["gateway"]
    )
    for gateway in health.gateways:
        for name in ("accepted", "delivered", "failed", "unknown"):
            outcomes.add_metric([gateway.name, name], getattr(gateway, name))
        circuit.add_metric([gateway.name], int(gateway.is_open))
    return [*gauges, stuck, outcomes, circuit]


def expose(registry: CollectorRegistry, services: Services, *, port: int) -> None:
    """Serve the worker's figures on this machine; port 0 means not at all."""
    if port:
        registry.register(HealthCollector(services))
        start_http_server(port, addr="127.0.0.1", registry=registry)
