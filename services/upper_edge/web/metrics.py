"""GET /metrics: the same counters for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from hiercoop.execution.signalling_cost import kind_totals
from services.upper_edge.web.board import Board, Run

router = APIRouter(include_in_schema=False)


class BoardCollector(Collector):
    """Reads the board when Prometheus asks."""

    def __init__(self, board: Board) -> None:
        self.board = board

    def collect(self) -> Iterator[Metric]:
        """All metric families; those of a run only once one is known."""
        board = self.board
        connected = GaugeMetricFamily("hiercoop_service_connected", "1 while the service is reached", labels=["service"])
        reconnects = CounterMetricFamily("hiercoop_service_reconnects", "Connections lost", labels=["service"])
        for name, link in (("channel_sim", board.simulator), ("upper_edge", board.edge)):
            connected.add_metric([name], link.is_connected)
            reconnects.add_metric([name], link.reconnects)
        yield connected
        yield reconnects
        if board.unreconciled is not None:
            found = sum(abs(one.messages) for one in board.unreconciled)
            yield GaugeMetricFamily("hiercoop_unreconciled_messages", "Between the agents' account and the edge's", found)
        if board.run is not None and board.age_s is not None:
            yield GaugeMetricFamily("hiercoop_data_age_seconds", "Since the simulator was last heard of", board.age_s)
            yield from _run_metrics(board.run)
            yield from _cell_metrics(board.run)
            yield from _signalling_metrics(board.run)


def _run_metrics(run: Run) -> Iterator[Metric]:
    told = run.response
    yield GaugeMetricFamily("hiercoop_run_epoch", "Rises with every new run", told.run_epoch)
    yield GaugeMetricFamily("hiercoop_payload_bytes", "What each vehicle has to deliver", told.payload_bytes)
    yield CounterMetricFamily("hiercoop_slots", "Slots of this run", told.slot)
    yield CounterMetricFamily("hiercoop_late_slots", "Slots that waited or ran over", told.late_slots)
    yield CounterMetricFamily("hiercoop_delivered_bits", "Bits delivered", told.delivered_bits)
    yield CounterMetricFamily("hiercoop_dropped_messages", "Stale, repeated or misdirected", told.dropped_messages)


def _cell_metrics(run: Run) -> Iterator[Metric]:
    attached = GaugeMetricFamily("hiercoop_cell_attached", "1 while the cell has an agent", labels=["cell"])
    capacity = CounterMetricFamily("hiercoop_capacity_bits", "Capacity summed over slots", labels=["cell"])
    missed = CounterMetricFamily("hiercoop_missed_slots", "Slots that kept the last allocation", labels=["cell"])
    gaps = CounterMetricFamily("hiercoop_gaps", "Times that an agent left without saying so", labels=["cell"])
    delivered = CounterMetricFamily("hiercoop_rounds_delivered", "Payloads delivered in time", labels=["cell"])
    offered = CounterMetricFamily("hiercoop_rounds_offered", "Payloads whose deadline has passed", labels=["cell"])
    for cell in run.response.cells:
        label = [str(cell.cell)]
        attached.add_metric(label, cell.is_attached)
        capacity.add_metric(label, cell.capacity_bits)
        missed.add_metric(label, cell.missed_slots)
        gaps.add_metric(label, cell.gaps)
        delivered.add_metric(label, cell.rounds_delivered)
        offered.add_metric(label, cell.rounds_offered)
    yield from (attached, capacity, missed, gaps, delivered, offered)


def _signalling_metrics(run: Run) -> Iterator[Metric]:
    labels = ["cell", "type", "direction"]
    families = {
        "messages": CounterMetricFamily("hiercoop_signalling_messages", "Messages between SBS and edge", labels=labels),
        "payload_bytes": CounterMetricFamily("hiercoop_signalling_payload_bytes", "Serialised bytes", labels=labels),
        "http2_bytes": CounterMetricFamily("hiercoop_signalling_http2_bytes", "With gRPC and HTTP/2 framing", labels=labels),
        "link_bytes": CounterMetricFamily("hiercoop_signalling_link_bytes", "With packet headers, modelled", labels=labels),
    }
    for kind in kind_totals(run.response.signalling):
        values = [str(kind.cell), kind.type, "up" if kind.is_up else "down"]
        for field, family in families.items():
            family.add_metric(values, getattr(kind, field))
    yield from families.values()


def make_registry(board: Board) -> CollectorRegistry:
    """A registry of its own for this board and this process."""
    registry = CollectorRegistry()
    registry.register(BoardCollector(board))
    ProcessCollector(registry=registry)
    return registry


@router.get("/metrics")
async def read_metrics(request: Request) -> Response:
    """All metrics in Prometheus' text format."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)
