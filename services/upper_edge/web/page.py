"""GET /: the page, its two files, and the health of this process alone; and what browsers are told about all answers."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UI = Path(__file__).parent.parent / "ui"
MEDIA_TYPES = {"page.js": "text/javascript", "style.css": "text/css", "icon.svg": "image/svg+xml"}

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
    """The page."""
    return FileResponse(UI / "index.html", media_type="text/html")


def _add_file(name: str, media_type: str) -> None:
    @router.get(f"/ui/{name}", name=name)
    async def file() -> FileResponse:
        return FileResponse(UI / name, media_type=media_type)


for _name, _media_type in MEDIA_TYPES.items():
    _add_file(_name, _media_type)


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
