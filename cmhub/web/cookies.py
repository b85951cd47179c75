"""The cookie of a session, and who stands behind it."""

from starlette.requests import Request
from starlette.responses import Response

from cmhub.config import settings
from cmhub.services.accounts import STEP_LASTS, find_preferences
from cmhub.services.sessions import LONGEST, SessionInfo, resolve_session
from cmhub.web.boot import LANGUAGE_COOKIE, THEME_COOKIE

_YEAR = 365 * 24 * 3600


def session_token(request: Request) -> str:
    """Return the token of the request's session, or an empty string."""
    return request.cookies.get(settings().session_cookie, "")


async def who(request: Request) -> SessionInfo | None:
    """Return who is signed in on this browser."""
    token = session_token(request)
    return await resolve_session(token) if token else None


def keep_session(answer: Response, token: str) -> None:
    """Have the browser keep the session: no script reads it, no other site's POST carries it."""
    answer.set_cookie(
        settings().session_cookie,
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
        settings().session_cookie,
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


async def keep_look(answer: Response, token: str) -> None:
    """Have the browser keep the appearance that the session's user chose, wherever they did."""
    found = await find_preferences(token)
    if found is None:
        return
    answer.set_cookie(
        THEME_COOKIE,
        found.theme,
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


def step_token(request: Request) -> str:
    """Return the token of a sign-in that waits for its second factor, or an empty string."""
    return request.cookies.get(_step_cookie(), "")


def keep_step(answer: Response, token: str) -> None:
    """Have the browser keep the step between password and second factor; it opens nothing."""
    answer.set_cookie(
        _step_cookie(),
        token,
        max_age=int(STEP_LASTS.total_seconds()),
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="lax",
    )


def drop_step(answer: Response) -> None:
    """Have the browser forget the step."""
    answer.delete_cookie(
        _step_cookie(), path="/", secure=settings().secure, httponly=True, samesite="lax"
    )


def _step_cookie() -> str:
    return f"{settings().session_cookie}_step"
