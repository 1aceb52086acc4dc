"""Calls to a service: channels, deadlines on every unary call, and a pause between attempts that grows and jitters."""

from __future__ import annotations

import random
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from hiercoop.errors import BundleError, HandshakeError, HierCoopError, MessageError, OverloadError, UnreachableError
from hiercoop.rpc.channel_options import MAX_MESSAGE_BYTES, client_options, edge_options
from hiercoop.rpc.interceptors import RETRY_KEY

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

_ERRORS: dict[grpc.StatusCode, type[HierCoopError]] = {
    grpc.StatusCode.FAILED_PRECONDITION: HandshakeError,
    grpc.StatusCode.INVALID_ARGUMENT: MessageError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: MessageError,
    grpc.StatusCode.NOT_FOUND: BundleError,
}


def open_channel(address: str, max_receive_bytes: int = MAX_MESSAGE_BYTES) -> grpc.aio.Channel:
    """A channel to host:port on a connection of its own; it connects by itself, and again after a failure."""
    return grpc.aio.insecure_channel(address, options=client_options(max_receive_bytes))


def open_edge_channel(address: str, ping_timeout_s: float) -> grpc.aio.Channel:
    """The same from an agent to its edge, whose silence is noticed sooner."""
    return grpc.aio.insecure_channel(address, options=edge_options(ping_timeout_s))


async def ask(
    method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
    request: Request,
    timeout_s: float,
    waits_for_server: bool = False,
) -> Response:
    """The answer to one call within the timeout; a refusal comes as the error of ours that the server raised.

    A server that is out of reach is an error at once, or only at the end of the timeout where the call waits for it.
    """
    try:
        return await method(request, timeout=timeout_s, wait_for_ready=waits_for_server)
    except grpc.aio.AioRpcError as error:
        raise as_error(error) from error


def as_error(error: grpc.aio.AioRpcError) -> HierCoopError:
    """The error of ours that a gRPC status stands for; what is no refusal means that the service is out of reach."""
    details = error.details() or error.code().name
    retry_ms = dict(error.trailing_metadata() or ()).get(RETRY_KEY)
    if isinstance(retry_ms, str) and retry_ms.isdigit():
        return OverloadError(details, int(retry_ms) / 1000)
    return _ERRORS.get(error.code(), UnreachableError)(details)


class Backoff:
    """Pauses between attempts: from `first_s`, doubling to `longest_s`, each spread by half so that agents do not queue up."""

    def __init__(self, first_s: float = 0.05, longest_s: float = 0.1) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._pause_s = first_s

    def next_s(self) -> float:
        """The next pause [s]."""
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, self._longest_s)
        # Chance here moves nothing that is recorded, so it takes no seed.
        return pause_s * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """The next failure is a first one again."""
        self._pause_s = self._first_s
