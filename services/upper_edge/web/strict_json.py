"""Request bodies that are JSON by the letter and of bounded size: no NaN, no lone surrogates, nothing endless."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine

import pydantic_core
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

MAX_BODY_BYTES = 65_536


class _StrictJsonRequest(Request):
    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            received = bytearray()
            async for chunk in self.stream():
                received += chunk
                if len(received) > MAX_BODY_BYTES:
                    raise HTTPException(413, f"the body must be at most {MAX_BODY_BYTES} bytes; send less")
            self._body = bytes(received)
        return self._body

    async def json(self) -> object:
        body = await self.body()
        try:
            return pydantic_core.from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise json.JSONDecodeError(str(error), "", 0) from error


class StrictJsonRoute(APIRoute):
    """A route whose body is refused with 422 where it is not JSON, with 413 where it is too long."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
        """The handler, reading the body strictly."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(_StrictJsonRequest(request.scope, request.receive))

        return handle_strictly
