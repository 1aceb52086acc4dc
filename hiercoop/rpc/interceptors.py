"""One place where an error of ours becomes a gRPC status with its sentence."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import grpc

from hiercoop.errors import HierCoopError, OverloadError, outcome_of
from hiercoop.logs import get_logger

log = get_logger(__name__)

RETRY_KEY = "grpc-retry-pushback-ms"
"""Trailing metadata by which a gRPC server says when to come back [ms] (gRFC A6)."""

# The classes take type arguments in their stubs only.
if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]
    Context = grpc.aio.ServicerContext[Any, Any]


class ErrorMapping(grpc.aio.ServerInterceptor):
    """Ends a call that raised a HierCoopError with the status that hiercoop.errors lists for it, and logs it."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """The method's handler with its errors mapped; unknown methods pass through."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        kind = _KINDS.get((bool(handler.request_streaming), bool(handler.response_streaming)))
        if kind is None:
            return handler
        attribute, make_handler = kind
        mapped = _mapped(getattr(handler, attribute), handler_call_details.method)
        return make_handler(mapped, handler.request_deserializer, handler.response_serializer)


_KINDS: dict[tuple[bool, bool], tuple[str, Callable[..., Handler]]] = {
    (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler),
    (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler),
    (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler),
}


def _mapped(behaviour: Callable[..., Any], method: str) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(behaviour):

        async def generate(request: object, context: Context) -> AsyncIterator[object]:
            try:
                async for response in behaviour(request, context):
                    yield response
            except HierCoopError as error:
                await _abort(context, error, method)

        return generate

    async def answer(request: object, context: Context) -> object:
        try:
            return await behaviour(request, context)
        except HierCoopError as error:
            return await _abort(context, error, method)

    return answer


async def _abort(context: Context, error: HierCoopError, method: str) -> object:
    outcome = outcome_of(error)
    log.warning("call refused", method=method, status=outcome.grpc_status, reason=str(error))
    retry: tuple[tuple[str, str], ...] = ()
    if isinstance(error, OverloadError):
        retry = ((RETRY_KEY, str(round(error.retry_s * 1000))),)
    return await context.abort(grpc.StatusCode[outcome.grpc_status], str(error), retry)
