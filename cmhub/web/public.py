"""Pages for everybody: what CMHub is, what it costs, its terms, and help.

Each page has an address in each language, `/en/pricing/` and `/fr/pricing/`; the address without a
language leads to the reader's. They hold nothing of anybody, so they may be kept by caches.
"""

import hashlib
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cmhub.config import settings
from cmhub.locales import LANGUAGES, text
from cmhub.services.plans import (
    BLOCK_CENTS,
    BLOCK_MESSAGES,
    PLANS,
    SEAT_CENTS,
    TRIAL_DAYS,
)
from cmhub.templating import render
from cmhub.web.boot import request_language
from cmhub.web.content import HELP, LEGAL, Article, article, neighbours, search

_KEPT = "public, max-age=300"
_PAGES = ("", "pricing/", *(f"{name}/" for name in LEGAL), "help/")


def addresses() -> list[str]:
    """Every public page, without its language: ``pricing/``, ``help/import/``."""
    return [*_PAGES, *(f"help/{name}/" for name in HELP)]


def _answer(request: Request, template: str, path: str, **values: object) -> Response:
    language = request.path_params["language"]
    shown = render(
        template,
        language,
        theme=None,
        path=path,
        here=f"{settings().base_url}/{language}/{path}",
        base=settings().base_url,
        languages=LANGUAGES,
        legal=LEGAL,
        t_in=text,
        **values,
    ).encode()
    etag = f'"{hashlib.sha256(shown).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": _KEPT, "Content-Language": language}
    if request.headers.get("if-none-match", "").removeprefix("W/") == etag:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(shown, headers=headers)


async def landing(request: Request) -> Response:
    """Show what CMHub is for."""
    return _answer(request, "public/landing.html", "")


async def pricing(request: Request) -> Response:
    """Show the plans."""
    return _answer(
        request,
        "public/pricing.html",
        "pricing/",
        plans=PLANS,
        trial=TRIAL_DAYS,
        seat=SEAT_CENTS,
        block=BLOCK_MESSAGES,
        block_price=BLOCK_CENTS,
    )


def _legal(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        found = article(request.path_params["language"], name)
        return _answer(request, "public/document.html", f"{name}/", article=_filled(found))

    return show


def _filled(found: Article) -> Article:
    """Put who publishes and hosts this installation in their places, or say that it is missing."""
    configured = settings()
    told = {
        "publisher": configured.publisher,
        "contact": configured.publisher_contact,
        "hosting": configured.hosted_by,
    }
    missing = text("public.missing", found.language)
    return found.filled({name: value or missing for name, value in told.items()})


async def help_index(request: Request) -> Response:
    """Show all articles, or those that hold what is searched for."""
    language = request.path_params["language"]
    words = request.query_params.get("q", "")[:100].strip()
    found = search(language, words) if words else [article(language, name) for name in HELP]
    return _answer(request, "public/help.html", "help/", articles=found, words=words)


async def help_article(request: Request) -> Response:
    """Show one article."""
    language, name = request.path_params["language"], request.path_params["article"]
    if name not in HELP:
        raise HTTPException(404)
    before, after = neighbours(language, name)
    return _answer(
        request,
        "public/article.html",
        f"help/{name}/",
        article=article(language, name),
        before=before,
        after=after,
    )


async def choose_language(request: Request) -> Response:
    """Lead from an address without a language to the reader's."""
    path = request.url.path.removeprefix("/")
    query = f"?{request.url.query}" if request.url.query else ""
    slash = "" if path.endswith("/") or not path else "/"
    return RedirectResponse(
        f"/{request_language(request)}/{path}{slash}{query}",
        status_code=302,
        headers={"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"},
    )


async def robots(_request: Request) -> Response:
    """Tell search engines where the public pages are listed, and that the rest is no business."""
    lines = ["User-agent: *", "Disallow: /w/", "Disallow: /a/", "Disallow: /me/"]
    lines += [
        "Disallow: /auth/",
        "Disallow: /sandbox/",
        f"Sitemap: {settings().base_url}/sitemap.xml",
    ]
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": _KEPT})


async def sitemap(_request: Request) -> Response:
    """List every public page with its other language."""
    shown = render("public/sitemap.xml", "en", base=settings().base_url, paths=addresses(),
                   languages=LANGUAGES)  # fmt: skip
    return Response(shown, media_type="application/xml", headers={"Cache-Control": _KEPT})


_VIEWS: tuple[tuple[str, Callable[[Request], Awaitable[Response]]], ...] = (
    ("pricing", pricing),
    *((name, _legal(name)) for name in LEGAL),
    ("help", help_index),
    ("help/{article}", help_article),
)


def _routes_of(name: str, show: Callable[[Request], Awaitable[Response]]) -> list[BaseRoute]:
    return [
        Route(f"/{name}", choose_language, methods=["GET"]),
        Route(f"/{name}/", choose_language, methods=["GET"]),
        *(Route(f"/{code}/{name}/", _in(code, show), methods=["GET"]) for code in LANGUAGES),
    ]


def _in(
    language: str, show: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def shown(request: Request) -> Response:
        request.path_params["language"] = language
        return await show(request)

    return shown


routes: list[BaseRoute] = [
    *(Route(f"/{code}/", _in(code, landing), methods=["GET"]) for code in LANGUAGES),
    *(route for name, show in _VIEWS for route in _routes_of(name, show)),
    Route("/robots.txt", robots, methods=["GET"]),
    Route("/sitemap.xml", sitemap, methods=["GET"]),
]
