"""What plain routes answer when something is not there, not allowed, or broke.

People get a page with what to do; programs get one line.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from structlog.contextvars import get_contextvars

from cmhub.errors import CMHubError, Forbidden, NotFound, NotReady, SignedOut, TooMany
from cmhub.locales import text
from cmhub.web.boot import request_language
from cmhub.web.forms import page

logger = logging.getLogger(__name__)
Handler = Callable[[Request, Exception], Awaitable[Response]]
_STATUS: Mapping[type[CMHubError], int] = {
    NotFound: 404,
    Forbidden: 403,
    SignedOut: 401,
    TooMany: 429,
    NotReady: 503,
}
_KNOWN = {403: "forbidden", 404: "not_found", 405: "not_found"}


async def refused(request: Request, error: Exception) -> Response:
    """Answer what a route refused by its status."""
    assert isinstance(error, HTTPException)
    family = _KNOWN.get(error.status_code, "refusal")
    answer = fault(request, error.status_code, family)
    answer.headers.update(error.headers or {})
    return answer


async def expected(request: Request, error: Exception) -> Response:
    """Answer a failure that has its sentence."""
    assert isinstance(error, CMHubError)
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)
    line = text(error.key, request_language(request), **error.params)
    return fault(request, status, _KNOWN.get(status, "refusal"), line=line)


async def broken(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw, with the reference under which it stands in the log."""
    reference = str(get_contextvars().get("request") or secrets.token_hex(8))
    logger.error("unforeseen, reference %s", reference, exc_info=error)
    return fault(request, 500, "broken", reference=reference)


def fault(
    request: Request, status: int, family: str, *, line: str = "", reference: str = ""
) -> Response:
    """Answer with a page that says what happened and what to do; ``line`` may say it better."""
    language = request_language(request)
    told = line or text(f"web.{family}.line", language)
    if "text/html" not in request.headers.get("accept", ""):
        words = f"{told} {reference}".strip()
        return PlainTextResponse(words, status, headers={"Cache-Control": "no-store"})
    return page(
        request,
        "fault.html",
        status=status,
        title=text(f"web.{family}.title", language),
        line=told,
        reference=reference,
    )


handlers: Mapping[Any, Handler] = {
    HTTPException: refused,
    CMHubError: expected,
    Exception: broken,
}
