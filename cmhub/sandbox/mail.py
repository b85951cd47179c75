"""The mails of an installation on one's own machine, on a page."""

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from cmhub.integrations.mail import outbox, outbox_is_shown
from cmhub.locales import LANGUAGES, preferred_language
from cmhub.templating import render

_MOST = 30
_LINK = re.compile(r"https?://\S+")
_THEMES = {"light": "cmhub", "dark": "cmhub-dark"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a mail's text, with the address when it is a link."""

    text: str
    link: str = ""


def pieces(text: str) -> list[Piece]:
    """Return the text cut at its links."""
    found: list[Piece] = []
    end = 0
    for match in _LINK.finditer(text):
        found.append(Piece(text[end : match.start()]))
        found.append(Piece(match.group(), match.group()))
        end = match.end()
    return [*found, Piece(text[end:])]


async def show_outbox(request: Request) -> Response:
    """Show the mails that were kept last, to nobody but who sits at this machine."""
    address = request.client.host if request.client else ""
    if not outbox_is_shown(address, request.headers.get("host", "")):
        return Response(status_code=404)
    mails = await outbox().newest(_MOST)
    shown = render(
        "sandbox/mail.html",
        _language(request),
        theme=_THEMES.get(request.cookies.get("cmhub_theme", "")),
        mails=[(mail, pieces(mail.text)) for mail in mails],
    )
    return HTMLResponse(shown, headers={"Cache-Control": "no-store"})


def _language(request: Request) -> str:
    chosen = request.cookies.get("cmhub_lang", "")
    if chosen in LANGUAGES:
        return chosen
    return preferred_language(request.headers.get("accept-language"))


routes = [Route("/sandbox/mail/", show_outbox, methods=["GET"])]
