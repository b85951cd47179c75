"""Pages with a form: what was typed comes back with what to do about it, field by field."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cmhub.errors import CMHubError
from cmhub.locales import text
from cmhub.services.checks import InvalidForm
from cmhub.templating import render
from cmhub.web.boot import request_language, request_theme
from cmhub.web.headers import same_origin

View = Callable[[Request], Awaitable[Response]]

_LONGEST_FORM = 32 * 1024
_MOST_FIELDS = 20
_LONGEST_NEXT = 500
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_THEMES = {"light": "cmhub", "dark": "cmhub-dark"}


@dataclass(slots=True)
class Form:
    """What was typed, the fault of each field, and the one of the whole, as sentences."""

    values: dict[str, str] = field(default_factory=dict[str, str])
    faults: dict[str, str] = field(default_factory=dict[str, str])
    fault: str = ""

    def value(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.values.get(name, "")

    def tell(self, error: CMHubError, language: str) -> None:
        """Take in what a service refused; the faults stand in the order of the page."""
        if isinstance(error, InvalidForm):
            page_order = sorted(error.faults, key=[*self.values, *error.faults].index)
            for name in page_order:
                fault = error.faults[name]
                self.faults[name] = text(fault.key, language, **fault.params)
        else:
            self.fault = text(error.key, language, **error.params)


class UnreadableForm(Exception):
    """The body is no form of ours; ``status`` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def read_form(request: Request) -> Form:
    """Read a posted form: short, URL-encoded, each field once.

    Raises:
        UnreadableForm: it is something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UnreadableForm(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise UnreadableForm(413)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise UnreadableForm(400) from None
    return Form(values=dict(pairs))


def from_our_pages(view: View) -> View:
    """Refuse a POST that another site's page sent, and one that is no form."""

    @wraps(view)
    async def guarded(request: Request) -> Response:
        if not same_origin(request.scope):
            return refusal(request, "error.other_origin", 403)
        try:
            return await view(request)
        except UnreadableForm as unreadable:
            return refusal(request, "error.refused", unreadable.status)

    return guarded


def page(request: Request, template: str, *, status: int = 200, **values: object) -> Response:
    """Answer with a page in the reader's language and theme.

    It is not stored: it may hold what was typed, or the address of a mailed link.
    """
    shown = render(
        template,
        request_language(request),
        theme=_THEMES.get(request_theme(request)),
        **{"form": Form(), **values},
    )
    return HTMLResponse(shown, status, headers={"Cache-Control": "no-store"})


def go(path: str) -> RedirectResponse:
    """Answer a POST: the browser asks for a page of ours anew."""
    return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})


def refusal(request: Request, key: str, status: int, **params: str | int) -> Response:
    """Answer with a page of one sentence."""
    return page(request, "refusal.html", status=status, key=key, params=params)


def local_path(value: str | None) -> str:
    """Return a path of ours to go on to, or an empty string for anything that leads elsewhere.

    Browsers read a backslash as a slash and drop tabs and line breaks, so that ``/\\evil.example``
    and ``/<tab>/evil.example`` are other hosts.
    """
    wanted = value or ""
    if len(wanted) > _LONGEST_NEXT or not _LOCAL.fullmatch(wanted):
        return ""
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or parts.path.startswith("/auth/"):
        return ""
    return wanted
