"""A line in the log for every request, and the request's name on every line it causes."""

import re
import time
from secrets import token_hex

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from cmhub.logs import log_request
from cmhub.telemetry import note_request, span

HEADER = "X-Request-Id"
# Asked again and again, and telling nothing.
_QUIET = re.compile(r"/(assets/|sandbox/matrix/|healthz$|readyz$|metrics$|ping$)")


class RequestLog:
    """Name each HTTP request and log how it was answered, without its query and its secrets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name, status, began = token_hex(8), 500, time.monotonic()

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).setdefault(HEADER, name)
            await send(message)

        path = str(scope.get("path", ""))
        method = str(scope.get("method", ""))
        with bound_contextvars(request=name), span("request", method=method):
            try:
                await self.app(scope, receive, named)
            finally:
                spent = time.monotonic() - began
                note_request(method, path, status, spent)
                if status >= 500 or not _QUIET.match(path):
                    log_request(method, path, status, spent * 1000)
