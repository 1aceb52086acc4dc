"""A gRPC server with what every service of HierCoop has: health, reflection, mapped errors, limits, a clean end."""

from __future__ import annotations

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from hiercoop.errors import UnreachableError
from hiercoop.rpc.channel_options import MAX_MESSAGE_BYTES, server_options
from hiercoop.rpc.interceptors import ErrorMapping

_Status = health_pb2.HealthCheckResponse


class RpcServer:
    """One server for one service; NOT_SERVING until `set_serving(True)`.

    Add the servicer to `.grpc` before `start`.
    """

    def __init__(self, service: str, max_receive_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self.grpc = grpc.aio.server(interceptors=[ErrorMapping()], options=server_options(max_receive_bytes))
        self._service = service
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self.grpc)
        reflection.enable_server_reflection((service, health.SERVICE_NAME, reflection.SERVICE_NAME), self.grpc)

    async def start(self, address: str) -> int:
        """Listens at host:port (port 0: any free one) and returns the port; UnreachableError where it cannot be had."""
        await self.set_serving(False)
        try:
            port = self.grpc.add_insecure_port(address)
        except RuntimeError as error:
            raise UnreachableError(
                f"cannot listen at {address}: the port is in use or the address is not this machine's; choose another port"
            ) from error
        await self.grpc.start()
        return port

    async def set_serving(self, is_serving: bool) -> None:
        """What health checks hear, for the server as a whole and for its service."""
        for name in ("", self._service):
            await self._health.set(name, _Status.SERVING if is_serving else _Status.NOT_SERVING)

    async def stop(self, grace_s: float = 0.5) -> None:
        """Says NOT_SERVING, refuses new calls, and gives those in progress this long to end."""
        await self._health.enter_graceful_shutdown()
        await self.grpc.stop(grace_s)
