"""A server says how it is, maps our errors, keeps its limits, and owns its port alone."""

from collections.abc import AsyncIterator

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from hiercoop.errors import HandshakeError, MessageError, UnreachableError
from hiercoop.rpc.channel_options import MAX_MESSAGE_BYTES
from hiercoop.rpc.client import ask, open_channel
from hiercoop.rpc.server import RpcServer
from hiercoop.rpc.v1.channel_sim_service_pb2 import ControlRequest, ControlResponse, WatchRequest, WatchResponse
from hiercoop.rpc.v1.channel_sim_service_pb2_grpc import (
    ChannelSimServiceServicer,
    ChannelSimServiceStub,
    add_ChannelSimServiceServicer_to_server,
)

SERVICE = "hiercoop.rpc.v1.ChannelSimService"
PATIENCE_S = 20.0


class Refusing(ChannelSimServiceServicer):
    """Refuses everything, each call in its own way."""

    async def Attach(self, request_iterator: object, context: object) -> None:
        raise MessageError("the first message must carry hello")

    async def Control(self, request: ControlRequest, context: object) -> ControlResponse:
        raise HandshakeError("digest='a' came, 'b' is wanted")

    async def Watch(self, request: WatchRequest, context: object) -> AsyncIterator[WatchResponse]:
        yield WatchResponse(slot=1)
        raise UnreachableError("gone")


@pytest.fixture
async def served() -> AsyncIterator[tuple[RpcServer, grpc.aio.Channel, int]]:
    server = RpcServer(SERVICE)
    add_ChannelSimServiceServicer_to_server(Refusing(), server.grpc)
    port = await server.start("127.0.0.1:0")
    async with open_channel(f"127.0.0.1:{port}") as channel:
        yield server, channel, port
    await server.stop()


async def test_health_follows_what_the_service_says(served: tuple[RpcServer, grpc.aio.Channel, int]) -> None:
    server, channel, _ = served
    check = health_pb2_grpc.HealthStub(channel).Check
    for is_serving in (False, True, False):
        await server.set_serving(is_serving)
        for name in ("", SERVICE):
            answer = await check(health_pb2.HealthCheckRequest(service=name), timeout=PATIENCE_S)
            assert (answer.status == health_pb2.HealthCheckResponse.SERVING) == is_serving


async def test_reflection_names_the_service(served: tuple[RpcServer, grpc.aio.Channel, int]) -> None:
    _, channel, _ = served
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=PATIENCE_S)
    names = {service.name async for answer in call for service in answer.list_services_response.service}
    assert names >= {SERVICE, "grpc.health.v1.Health"}


async def test_an_error_of_ours_comes_as_its_status_with_its_sentence(
    served: tuple[RpcServer, grpc.aio.Channel, int],
) -> None:
    stub = ChannelSimServiceStub(served[1])
    with pytest.raises(HandshakeError, match="digest='a' came, 'b' is wanted"):
        await ask(stub.Control, ControlRequest(pause=True), PATIENCE_S)
    attach = stub.Attach(timeout=PATIENCE_S)
    assert (await attach.code(), await attach.details()) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "the first message must carry hello",
    )
    watch = stub.Watch(WatchRequest(), timeout=PATIENCE_S)
    assert (await watch.read()).slot == 1
    with pytest.raises(grpc.aio.AioRpcError, match="gone"):
        await watch.read()
    assert await watch.code() == grpc.StatusCode.UNAVAILABLE


async def test_a_message_above_the_limit_is_refused(served: tuple[RpcServer, grpc.aio.Channel, int]) -> None:
    stub = ChannelSimServiceStub(served[1])
    with pytest.raises(MessageError, match="larger than max"):
        await ask(stub.Control, ControlRequest(scenario="x" * (MAX_MESSAGE_BYTES + 1)), PATIENCE_S)


async def test_a_port_in_use_is_named_with_the_way_out(served: tuple[RpcServer, grpc.aio.Channel, int]) -> None:
    other = RpcServer(SERVICE)
    with pytest.raises(UnreachableError, match=rf"127\.0\.0\.1:{served[2]}.*choose another port"):
        await other.start(f"127.0.0.1:{served[2]}")
    await other.stop()


async def test_a_service_that_is_not_there_is_unreachable(served: tuple[RpcServer, grpc.aio.Channel, int]) -> None:
    server, channel, _ = served
    await server.stop()
    with pytest.raises(UnreachableError):
        await ask(ChannelSimServiceStub(channel).Control, ControlRequest(pause=True), 2.0)
