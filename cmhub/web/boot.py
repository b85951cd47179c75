"""What a page needs before it is painted: language, theme, words; and the choice of both.

`/boot.js` is the only script that a page waits for. It is made per language and theme, not per
user, and holds nothing but words, so it may be asked for without a session.
"""

import gzip
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from cmhub.config import settings
from cmhub.locales import LANGUAGES, catalogue, preferred_language, text
from cmhub.services import accounts
from cmhub.services.accounts import THEMES
from cmhub.web.headers import same_origin

LANGUAGE_COOKIE = "cmhub_lang"
THEME_COOKIE = "cmhub_theme"
_YEAR = 365 * 24 * 3600
# The first sets up what pages call, and is called with the words; the other waits for events.
_CODE = Path(__file__).with_name("boot.js")
_HANDS = Path(__file__).with_name("hands.js")
# Words of mails, of pages made by the server and of the command line are not looked up here.
_NOT_ON_SCREEN = ("mail.", "web.", "cli.", "public.")
_ON_DESIGN_PAGE = ("design.",)
# Words that no page is first painted with, or that only a few pages need: they come after it.
_LATER = (
    "audit.", "auth.", "denied.", "error.", "exports.", "failures.", "fault.", "hours.",
    "imports.", "labels.", "people.", "profile.", "saved.", "security.", "settings.",
    "workspaces.",
)  # fmt: skip


class _Script(NamedTuple):
    plain: bytes
    packed: bytes
    etag: str


def request_language(request: Request) -> str:
    """Return the language of the reader: their choice, else what their browser prefers."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return preferred_language(request.headers.get("accept-language"))


def request_theme(request: Request) -> str:
    """Return the reader's choice of light, dark or system."""
    chosen = request.cookies.get(THEME_COOKIE, "system")
    return chosen if chosen in THEMES else "system"


def _words(language: str) -> dict[str, Any]:
    hidden = _NOT_ON_SCREEN if settings().design_page else _NOT_ON_SCREEN + _ON_DESIGN_PAGE
    return {key: said for key, said in catalogue(language).items() if not key.startswith(hidden)}


@cache
def _later(language: str) -> _Script:
    """The words that come after the first paint, or at once when a page asks for one of them."""
    words = {key: said for key, said in _words(language).items() if key.startswith(_LATER)}
    return _packed(json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode())


def _packed(plain: bytes) -> _Script:
    etag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
    return _Script(plain, gzip.compress(plain, mtime=0), etag)


@cache
def _script(language: str, theme: str) -> _Script:
    texts = {key: said for key, said in _words(language).items() if not key.startswith(_LATER)}
    later = f"/words.json?language={language}&kept={_later(language).etag[1:17]}"
    given = json.dumps(
        {"language": language, "theme": theme, "later": later, "texts": texts},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    hands, code = (path.read_text(encoding="utf-8").strip() for path in (_HANDS, _CODE))
    plain = f"{hands}\n{code}({given});\n".encode()
    return _packed(plain)


async def boot(request: Request) -> Response:
    """Answer `/boot.js`: sets language and theme before the first paint and brings the words."""
    script = _script(request_language(request), request_theme(request))
    headers = {
        "ETag": script.etag,
        "Cache-Control": "private, no-cache",
        "Vary": "Cookie, Accept-Language, Accept-Encoding",
    }
    if request.headers.get("if-none-match", "").removeprefix("W/") == script.etag:
        return Response(status_code=304, headers=headers)
    body = script.plain
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = script.packed, "gzip"
    return Response(body, media_type="text/javascript", headers=headers)


async def words(request: Request) -> Response:
    """Answer the words that `/boot.js` left for later; its address names which ones they are."""
    language = request.query_params.get("language", "")
    found = _later(language if language in LANGUAGES else request_language(request))
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    body = found.plain
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = found.packed, "gzip"
    return Response(body, media_type="application/json", headers=headers)


async def preferences(request: Request) -> Response:
    """Keep the reader's language or theme and send them back to where they were."""
    if not same_origin(request.scope):
        words = text("error.other_origin", request_language(request))
        return PlainTextResponse(words, status_code=403)
    form = await request.form(max_fields=8, max_files=0)
    answer = RedirectResponse(_back(request), status_code=303)
    for name, key, allowed in (
        ("language", LANGUAGE_COOKIE, LANGUAGES),
        ("theme", THEME_COOKIE, THEMES),
    ):
        value = form.get(name)
        if isinstance(value, str) and value in allowed:
            answer.set_cookie(
                key, value, max_age=_YEAR, httponly=True, samesite="lax", secure=settings().secure
            )
            keep = accounts.keep_language if name == "language" else accounts.keep_theme
            if token := request.cookies.get(settings().session_cookie):
                await keep(token, value)
    return answer


def _back(request: Request) -> str:
    """Return the path of the page that the form stood on, never another site's."""
    came_from = urlsplit(request.headers.get("referer", ""))
    path = came_from.path if came_from.netloc == request.headers.get("host") else ""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    return f"{path}?{came_from.query}" if came_from.query else path


routes = [
    Route("/boot.js", boot, methods=["GET"]),
    Route("/words.json", words, methods=["GET"]),
    Route("/preferences", preferences, methods=["POST"]),
]
