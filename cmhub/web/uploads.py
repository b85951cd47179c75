"""Nothing comes in or goes out by Reflex's upload address."""

from starlette.types import ASGIApp, Receive, Scope, Send

_ADDRESS = "/_upload"


class NoUploads:
    """Answer 404 to everything under `/_upload`.

    Reflex takes files there from anyone, of any length, and serves them to anyone. Files have
    their own authorised routes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = str(scope.get("path", ""))
        if scope["type"] == "http" and _is_upload(path):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send)


def _is_upload(path: str) -> bool:
    first = "/" + path.lstrip("/").split("/", 1)[0]
    return first == _ADDRESS
