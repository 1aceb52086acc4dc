"""What a client of the decision service meets under load: order, the newest report, and refusals that say when to come back."""

from __future__ import annotations

import grpc
import pytest

from hiercoop.errors import OverloadError
from hiercoop.execution.upper_edge import UpperEdge
from hiercoop.load.messages import Sender, registration
from hiercoop.load.plan import ClientPlan, LoadShape
from hiercoop.rpc.channel_options import client_options
from hiercoop.rpc.client import as_error, ask
from hiercoop.rpc.interceptors import RETRY_KEY
from hiercoop.rpc.server import RpcServer
from hiercoop.rpc.v1.upper_edge_service_pb2 import FeatureReport, OptionDecision, ReportPack
from hiercoop.rpc.v1.upper_edge_service_pb2_grpc import UpperEdgeServiceStub, add_UpperEdgeServiceServicer_to_server
from services.upper_edge.decisions import UpperEdgeServicer
from services.upper_edge.settings import EdgeSettings
from tests.execution.scenes import bundle

PATIENCE_S = 30.0
NUM_CELLS = 3


class Edge:
    """A decision service in this process, its three cells registered, and a way to it."""

    def __init__(self, **settings: object) -> None:
        self.core = UpperEdge(bundle())
        self._server = RpcServer("hiercoop.rpc.v1.UpperEdgeService")
        add_UpperEdgeServiceServicer_to_server(
            UpperEdgeServicer(self.core, EdgeSettings(**settings)),  # type: ignore[arg-type]
            self._server.grpc,
        )

    async def __aenter__(self) -> Edge:
        port = await self._server.start("127.0.0.1:0")
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=client_options())
        await self._channel.channel_ready()
        self.stub = UpperEdgeServiceStub(self._channel)
        sizes = bundle().manifest.dimensions.agreed()
        shape = LoadShape(NUM_CELLS, 0.01, 0.01, seconds=1.0, max_messages=100)
        self.plan = ClientPlan("", shape, 0, 1, bundle().digest, sizes, is_echo=False)
        for cell in range(NUM_CELLS):
            await ask(self.stub.Register, registration(self.plan, cell), PATIENCE_S)
        return self

    async def __aexit__(self, *why: object) -> None:
        await self._channel.close()
        await self._server.stop(0.0)

    def sender(self, cell: int) -> Sender:
        sender = Sender(self.plan, cell)
        sender.edge_epoch = self.core.edge_epoch
        return sender


async def answers_of(stream: grpc.aio.StreamStreamCall[FeatureReport, OptionDecision]) -> list[int]:
    """Sequences of all decisions until the stream ends."""
    found = []
    while isinstance(decision := await stream.read(), OptionDecision):
        found.append(decision.sequence)
    return found


async def test_of_many_reports_sent_at_once_the_newest_is_answered_and_none_out_of_order() -> None:
    async with Edge() as edge:
        sender, stream = edge.sender(0), edge.stub.Options(timeout=PATIENCE_S)
        for number in range(1, 101):
            await stream.write(FeatureReport.FromString(sender.message(number, number)))
        found = []
        while not found or found[-1] != 100:
            decision = await stream.read()
            assert isinstance(decision, OptionDecision)
            found.append(decision.sequence)
        assert found == sorted(found)
        assert len(found) + edge.core.superseded == 100


async def test_reports_that_wait_for_their_answers_are_never_superseded() -> None:
    async with Edge() as edge:
        streams = [(edge.sender(cell), edge.stub.Options(timeout=PATIENCE_S)) for cell in range(NUM_CELLS)]
        for number in range(1, 21):
            for sender, stream in streams:
                await stream.write(FeatureReport.FromString(sender.message(number, number)))
            for _, stream in streams:
                decision = await stream.read()
                assert isinstance(decision, OptionDecision)
                assert decision.sequence == number
        assert edge.core.superseded == 0


async def test_a_stream_too_many_is_refused_and_told_when_to_come_back() -> None:
    async with Edge(max_streams=1) as edge:
        first = edge.stub.Options(timeout=PATIENCE_S)
        await first.write(FeatureReport.FromString(edge.sender(0).message(1, 1)))
        assert isinstance(await first.read(), OptionDecision)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await answers_of(edge.stub.Options(timeout=PATIENCE_S))
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        error = as_error(caught.value)
        assert isinstance(error, OverloadError)
        assert error.retry_s == int(dict(caught.value.trailing_metadata())[RETRY_KEY]) / 1000 > 0
        first.cancel()


async def test_a_stream_beyond_its_rate_is_ended_with_what_it_may_do() -> None:
    async with Edge(max_report_rate_hz=4.0) as edge:
        sender, stream = edge.sender(0), edge.stub.Options(timeout=PATIENCE_S)
        for number in (1, 2, 3):
            await stream.write(FeatureReport.FromString(sender.message(number, number)))
        with pytest.raises(grpc.aio.AioRpcError, match="MAX_REPORT_RATE_HZ") as caught:
            await answers_of(stream)
        assert isinstance(as_error(caught.value), OverloadError)


async def test_packs_are_answered_one_after_the_other() -> None:
    async with Edge() as edge:
        stream = edge.stub.PackedOptions(timeout=PATIENCE_S)
        sender = edge.sender(0)
        report = FeatureReport.FromString(sender.message(1, 1))
        for slot in (5, 9):
            pack = ReportPack(slot=slot, run_epoch=1, edge_epoch=1, roster=report.roster, cell=[2, 0], attach_epoch=[1, 1])
            pack.sequence.extend([7, 8])
            pack.option.extend([1, 1])
            pack.option_since_slot.extend([0, 0])
            pack.terminated.extend([True, False])
            pack.features.CopyFrom(report.features)
            pack.features.ClearField("shape")
            pack.features.shape.extend([2, 16])
            pack.features.data = report.features.data * 2
            await stream.write(pack)
            answer = await stream.read()
            assert (list(answer.cell), list(answer.sequence)) == ([0, 2], [8, 7])
            assert answer.option[0] == 1
        stream.cancel()
