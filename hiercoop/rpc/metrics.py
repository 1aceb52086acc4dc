"""Prometheus metrics of a service over HTTP, read from its counters when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from hiercoop.errors import UnreachableError
from hiercoop.rpc.v1.upper_edge_service_pb2 import SignallingCount

Family = CounterMetricFamily | GaugeMetricFamily


class _OnDemand(Collector):
    def __init__(self, read: Callable[[], Iterable[Family]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Family]:
        return self._read()


def serve_metrics(port: int, read: Callable[[], Iterable[Family]], host: str = "127.0.0.1") -> None:
    """Serves `/metrics` on a thread of its own; port 0 serves nothing. UnreachableError where the port is taken."""
    if port == 0:
        return
    registry = CollectorRegistry()
    registry.register(_OnDemand(read))
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        raise UnreachableError(f"metrics port {host}:{port} cannot be had: {error.strerror}; choose another or 0") from error


def counter(name: str, help_text: str, value: float) -> CounterMetricFamily:
    """One counter without labels."""
    return CounterMetricFamily(f"hiercoop_{name}", help_text, value=value)


def gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    """One gauge without labels."""
    return GaugeMetricFamily(f"hiercoop_{name}", help_text, value=value)


def signalling_families(counts: Iterable[SignallingCount]) -> list[Family]:
    """Messages and payload bytes by cell, type and direction, all attach epochs together."""
    labels = ("cell", "type", "direction")
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    for count in counts:
        key = (str(count.cell), count.type, "up" if count.is_up else "down")
        messages, payload_bytes = sums.get(key, (0, 0))
        sums[key] = (messages + count.messages, payload_bytes + count.payload_bytes)
    messages_family = CounterMetricFamily("hiercoop_signalling_messages", "Messages between SBS and edge.", labels=labels)
    bytes_family = CounterMetricFamily("hiercoop_signalling_payload_bytes", "Their serialised size.", labels=labels)
    for key, (messages, payload_bytes) in sorted(sums.items()):
        messages_family.add_metric(key, messages)
        bytes_family.add_metric(key, payload_bytes)
    return [messages_family, bytes_family]
