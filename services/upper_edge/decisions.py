"""`python -m services.upper_edge.decisions`: the edge's decision process. It hears reports, and never any channel state."""

from __future__ import annotations

import asyncio
import sys
import time

from hiercoop.errors import ConfigError, outcome_of
from hiercoop.execution.bundle import load_bundle
from hiercoop.execution.policy_path import policy_path
from hiercoop.execution.policy_shelf import PolicyShelf
from hiercoop.execution.upper_edge import UpperEdge
from hiercoop.execution.version import hiercoop_version
from hiercoop.logs import get_logger
from hiercoop.rpc.epochs import next_epoch
from hiercoop.rpc.metrics import Family, counter, serve_metrics, signalling_families
from hiercoop.rpc.process import read_settings, run_service
from hiercoop.rpc.server import RpcServer
from hiercoop.rpc.v1.upper_edge_service_pb2 import (
    DESCRIPTOR,
    FeatureReport,
    GetCountersRequest,
    GetCountersResponse,
    GetPolicyRequest,
    GetPolicyResponse,
    RegisterRequest,
    RegisterResponse,
    ReportPack,
)
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import (
    UpperEdgeServiceServicer,
    add_UpperEdgeServiceServicer_to_server,
)
from services.upper_edge.option_streams import Context, OptionStreams
from services.upper_edge.settings import EdgeSettings

log = get_logger(__name__)


class UpperEdgeServicer(UpperEdgeServiceServicer):
    """The gRPC face of an `UpperEdge`."""

    def __init__(self, edge: UpperEdge, settings: EdgeSettings) -> None:
        self._edge = edge
        self._streams = OptionStreams(edge, settings.max_streams, settings.max_report_rate_hz)

    async def GetPolicy(self, request: GetPolicyRequest, context: Context) -> GetPolicyResponse:
        """The bundle in force."""
        return self._edge.policy(request)

    async def Register(self, request: RegisterRequest, context: Context) -> RegisterResponse:
        """A cell's handshake; refused while the edge has more to do than it can."""
        self._streams.check_overload()
        response = self._edge.register(request)
        log.info("registered", cell=request.cell, attach_epoch=request.attach_epoch, run=request.run.run_epoch)
        return response

    async def Options(self, request_iterator: object, context: Context) -> None:
        """Reports of one cell in, its options out."""
        stream = self._streams.open(context)
        try:
            while isinstance(report := await context.read(), FeatureReport):
                self._streams.submit(stream, report)
        finally:
            self._streams.close(stream)
            await stream.settle()

    async def PackedOptions(self, request_iterator: object, context: Context) -> None:
        """Reports of many cells in, their options out, one pack after the other."""
        stream = self._streams.open(context)
        cells: set[tuple[int, int]] = set()
        try:
            while isinstance(pack := await context.read(), ReportPack):
                stream.check(time.perf_counter())
                answer = self._edge.submit_pack(pack)
                cells.update(zip(answer.cell, answer.attach_epoch, strict=True))
                await context.write(answer)
        finally:
            self._streams.close(stream)
            for cell, attach_epoch in cells:
                self._edge.disconnect(cell, attach_epoch)

    async def GetCounters(self, request: GetCountersRequest, context: Context) -> GetCountersResponse:
        """What the edge has counted."""
        response = self._edge.counters()
        response.decision_latency_s.extend(self._streams.latency.percentiles_s())
        response.version = hiercoop_version()
        return response


async def serve(settings: EdgeSettings, stop: asyncio.Event) -> None:
    """Decides until `stop` is set."""
    path = policy_path(settings.policy)
    bundle = load_bundle(path)
    edge = UpperEdge(bundle, next_epoch(settings.state_dir, "edge"), PolicyShelf(path))
    server = RpcServer(DESCRIPTOR.services_by_name["UpperEdgeService"].full_name)
    add_UpperEdgeServiceServicer_to_server(UpperEdgeServicer(edge, settings), server.grpc)
    port = await server.start(settings.edge_addr)
    serve_metrics(settings.metrics_port, lambda: _families(edge))
    await server.set_serving(True)
    log.info("serving", port=port, policy=bundle.digest, edge_epoch=edge.edge_epoch)
    await stop.wait()
    await server.stop()
    log.info("stopped", decisions=edge.decisions)


def _families(edge: UpperEdge) -> list[Family]:
    return [
        counter("decisions", "Options decided or confirmed.", edge.decisions),
        counter("dropped_reports", "Stale, repeated or misdirected reports.", edge.dropped),
        counter("superseded_reports", "Reports overtaken by a later one of their cell before their turn.", edge.superseded),
        *signalling_families(edge.ledger.counts()),
    ]


def main() -> int:
    """The exit code of the process: 0 done, 3 a setting or bundle that cannot be used, 4 a port taken."""
    try:
        settings = read_settings(EdgeSettings)
    except ConfigError as error:
        sys.stderr.write(f"hiercoop: {error}\n")
        return outcome_of(error).exit_code
    return run_service(lambda stop: serve(settings, stop), settings.log_level, settings.log_json)


if __name__ == "__main__":
    sys.exit(main())
