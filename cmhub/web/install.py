"""What makes CMHub installable: its manifest, and a worker that knows one page for no connection.

The worker keeps that page and nothing else: no data of anybody is ever stored by it.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from cmhub.locales import text
from cmhub.templating import render
from cmhub.web.boot import request_language

_WORKER = Path(__file__).with_name("worker.js")
_LIGHT, _BRAND = "#f7f5f1", "#0b6176"
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language"}


def _icon(name: str, size: int, purpose: str = "any") -> dict[str, str]:
    sizes = f"{size}x{size}"
    return {"src": f"/{name}.png", "sizes": sizes, "type": "image/png", "purpose": purpose}


async def manifest(request: Request) -> Response:
    """Answer what an installed CMHub is called and looks like, in the reader's language."""
    language = request_language(request)
    told = {
        "id": "/",
        "name": text("app.name", language),
        "short_name": text("app.name", language),
        "description": text("web.install.line", language),
        "lang": language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": _LIGHT,
        "theme_color": _BRAND,
        "icons": [
            _icon("icon-192", 192),
            _icon("icon-512", 512),
            _icon("icon-maskable", 512, "maskable"),
        ],
    }
    return Response(
        json.dumps(told, ensure_ascii=False),
        media_type="application/manifest+json",
        headers=_PRIVATE,
    )


@cache
def _offline(language: str) -> str:
    return render("offline.html", language)


async def offline(request: Request) -> Response:
    """Answer the page that stands in when there is no connection; it needs nothing else."""
    return HTMLResponse(_offline(request_language(request)), headers=_PRIVATE)


@cache
def _worker() -> bytes:
    pages = "".join(_offline(language) for language in ("en", "fr"))
    kept = hashlib.sha256(pages.encode()).hexdigest()[:12]
    return _WORKER.read_text(encoding="utf-8").replace("{kept}", kept).encode()


async def worker(_request: Request) -> Response:
    """Answer the worker; browsers look for a newer one at every visit."""
    return Response(_worker(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})


routes: list[BaseRoute] = [
    Route("/manifest.webmanifest", manifest, methods=["GET"]),
    Route("/offline/", offline, methods=["GET"]),
    Route("/worker.js", worker, methods=["GET"]),
]
