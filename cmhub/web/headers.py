"""Security headers and a strict content policy on every answer."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmhub.config import settings

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TWO_YEARS = "max-age=63072000; includeSubDomains"
_HASHED_ASSET = re.compile(r"^/assets/[^/]+-[\w-]{8,}\.(js|css)$")
_FOREVER = "public, max-age=31536000, immutable"


def same_origin(scope: Scope) -> bool:
    """Say whether a request that changes something was sent by one of our own pages.

    Browsers send `Origin` with every POST; one without it, or from elsewhere, is not ours.
    """
    headers = Headers(scope=scope)
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin", "")
    return origin in (settings().base_url, f"{scope.get('scheme', 'http')}://{headers.get('host')}")


class _InlineScripts(HTMLParser):
    """Collects the text of every script that stands in the page itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and not any(name == "src" for name, _ in attrs)
        if self._inside:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False


def script_hashes(folder: Path) -> list[str]:
    """Return the policy's sources for all inline scripts of the built pages, sorted.

    An empty or absent build has none: the build itself imports the application.
    """
    texts: set[str] = set()
    for page in sorted(folder.rglob("*.html")):
        parser = _InlineScripts()
        parser.feed(page.read_text(encoding="utf-8"))
        texts.update(parser.found)
    return sorted(f"'sha256-{_digest(words)}'" for words in texts)


def _digest(words: str) -> str:
    return base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()


def content_policy(hashes: Iterable[str], socket: str) -> str:
    """Return the Content-Security-Policy; ``socket`` is the origin of the websocket."""
    parts: Mapping[str, Iterable[str]] = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *hashes],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", socket],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in parts.items())


class SecurityHeaders:
    """Add the headers to every HTTP answer; a route's own policy stays."""

    def __init__(self, app: ASGIApp, built: Path) -> None:
        self.app = app
        self._hashes = script_hashes(built)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope)
            await send(message)

        await self.app(scope, receive, with_headers)

    def _add(self, headers: MutableHeaders, scope: Scope) -> None:
        for name, value in _FIXED.items():
            headers.setdefault(name, value)
        if settings().secure:
            headers.setdefault("Strict-Transport-Security", _TWO_YEARS)
        headers.setdefault("Content-Security-Policy", content_policy(self._hashes, _socket(scope)))
        path = str(scope.get("path", ""))
        if _HASHED_ASSET.match(path):
            headers.setdefault("Cache-Control", _FOREVER)
        elif headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("Cache-Control", "no-cache")


def _socket(scope: Scope) -> str:
    """Return the origin of the websocket on the host that was asked (Safari needs it named)."""
    host = Headers(scope=scope).get("host", "")
    if not re.fullmatch(r"[\w.\-\[\]:]+", host):
        host = urlsplit(settings().base_url).netloc
    secure = settings().secure or scope.get("scheme") == "https"
    return f"{'wss' if secure else 'ws'}://{host}"
