"""Every refusal as an RFC 9457 problem document with one clear sentence."""

from __future__ import annotations

import http
import json

import grpc.aio
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hiercoop.errors import HierCoopError, outcome_of
from hiercoop.logs import get_logger
from services.upper_edge.web.models import Problem

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


def problem_response(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem document; ASCII only, so that whatever a client sent can be quoted."""
    problem = Problem(status=status, title=title, detail=detail)
    body = json.dumps(problem.model_dump(), ensure_ascii=True)
    return Response(body, status, headers, MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The OpenAPI entries of these problem statuses."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": http.HTTPStatus(status).phrase, "content": content} for status in statuses}


def install_problems(app: FastAPI) -> None:
    """Answers all errors of this application with problem documents."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(HierCoopError, _known)
    app.add_exception_handler(grpc.aio.AioRpcError, _refused)
    app.add_exception_handler(Exception, _unexpected)


async def _invalid(_: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    return problem_response(422, "Invalid request", _sentence(first))


def _sentence(error: dict[str, object]) -> str:
    location = error.get("loc", ())
    place = ".".join(map(str, location)) if isinstance(location, tuple) else str(location)
    message = str(error.get("msg", "invalid")).removeprefix("Value error, ")
    if error.get("type") == "extra_forbidden":
        return f"{place} is not a key of this request; remove it or check its spelling"
    value = _quoted(error.get("input"))
    return f"{place}={value}: {message}" if value else f"{place}: {message}"


def _quoted(value: object) -> str:
    if not isinstance(value, str | int | float | bool):
        return ""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


async def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    title = http.HTTPStatus(error.status_code).phrase
    detail = title if error.detail == title else str(error.detail)
    return problem_response(error.status_code, title, detail, dict(error.headers or {}))


async def _known(_: Request, error: Exception) -> Response:
    if not isinstance(error, HierCoopError):
        raise error
    outcome = outcome_of(error)
    headers = {"Retry-After": "1"} if outcome.http_status == 503 else None
    return problem_response(outcome.http_status, outcome.title, str(error), headers)


GRPC_TO_HTTP = {
    grpc.StatusCode.INVALID_ARGUMENT: 422,
    grpc.StatusCode.OUT_OF_RANGE: 422,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.UNIMPLEMENTED: 501,
}


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, grpc.aio.AioRpcError):
        raise error
    status = GRPC_TO_HTTP.get(error.code(), 502)
    return problem_response(status, "The simulator refused", error.details() or error.code().name)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("request failed", path=request.url.path, error=repr(error))
    return problem_response(500, "Internal error", "this request failed for a reason of the server's own; see its log")
