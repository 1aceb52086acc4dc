"""GET /: the built page and its files, and the health of this process alone; and what browsers are told about all answers."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException
from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UI = Path(__file__).parent.parent / "ui"
BUILT = UI / "dist"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Built files carry a digest of their content in their name."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def page() -> FileResponse:
    """The page, or one that says how to build it."""
    built = BUILT / "index.html"
    return FileResponse(built if built.is_file() else UI / "unbuilt.html", media_type="text/html")


@router.get("/unbuilt.css")
async def unbuilt_style() -> FileResponse:
    """The style of the page that says how to build the page."""
    return FileResponse(UI / "unbuilt.css", media_type="text/css")


@router.get("/assets/{name}")
async def asset(name: str) -> FileResponse:
    """One file of the built page; 404 for any other name."""
    path = BUILT / "assets" / name
    if path.suffix not in MEDIA_TYPES or not path.is_file():
        raise HTTPException(404, f"the page has no file of the name {name}; load the page again")
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], headers=FOR_EVER)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """That this process answers; it depends on no other service."""
    return {"status": "ok"}


class SecurityHeaders:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)
