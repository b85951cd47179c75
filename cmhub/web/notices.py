"""The link that ends mails of one kind, signed in or not (RFC 8058).

The secret in the address is all it takes: mail programs post to it without cookie or origin, so
the check of where a form comes from has no place here. Whoever holds it can end one kind of mail.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cmhub.errors import NotFound
from cmhub.services.notices.unsubscribing import read_token, unsubscribe
from cmhub.web.forms import page


async def show(request: Request) -> Response:
    """Show a button and change nothing: scanners of mails open every link."""
    try:
        wanted = read_token(request.path_params["token"])
    except NotFound:
        return page(request, "notices/unsubscribe.html", status=404, kind="", done=False)
    return page(request, "notices/unsubscribe.html", kind=wanted.kind, done=False)


async def end(request: Request) -> Response:
    """End the mails, for a mail program's single click and for the button alike."""
    try:
        wanted = await unsubscribe(request.path_params["token"])
    except NotFound:
        return page(request, "notices/unsubscribe.html", status=404, kind="", done=False)
    return page(request, "notices/unsubscribe.html", kind=wanted.kind, done=True)


_PATH = "/notices/unsubscribe/{token}"
routes: list[BaseRoute] = [
    Route(_PATH, show, methods=["GET"]),
    Route(_PATH, end, methods=["POST"]),
]
