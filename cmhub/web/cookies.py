"""The cookie of a session, and who stands behind it."""

from starlette.requests import Request
from starlette.responses import Response

from cmhub.config import settings
from cmhub.services.sessions import LONGEST, SessionInfo, resolve_session
from cmhub.web.boot import LANGUAGE_COOKIE

_YEAR = 365 * 24 * 3600


def session_cookie_name() -> str:
    """Return the cookie's name; with TLS one that browsers bind to this host and to TLS."""
    return "__Host-cmhub_session" if settings().secure else "cmhub_session"


def session_token(request: Request) -> str:
    """Return the token of the request's session, or an empty string."""
    return request.cookies.get(session_cookie_name(), "")


async def who(request: Request) -> SessionInfo | None:
    """Return who is signed in on this browser."""
    token = session_token(request)
    return await resolve_session(token) if token else None


def keep_session(answer: Response, token: str) -> None:
    """Have the browser keep the session: no script reads it, no other site's POST carries it."""
    answer.set_cookie(
        session_cookie_name(),
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="lax",
    )


def drop_session(answer: Response) -> None:
    """Have the browser forget the session."""
    answer.delete_cookie(
        session_cookie_name(),
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="lax",
    )


def keep_language(answer: Response, language: str) -> None:
    """Have the browser keep the language of its user's account."""
    answer.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=_YEAR,
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="lax",
    )


def client_address(request: Request) -> str:
    """Return the network address that the request came from."""
    return request.client.host if request.client else ""


def device(request: Request) -> str:
    """Return what the browser says it is, for the list of one's sessions."""
    return request.headers.get("user-agent", "")[:200]
