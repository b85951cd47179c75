"""The pages behind mailed links that let somebody into an agency or move their account."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cmhub.config import settings
from cmhub.errors import CMHubError, Invalid, TooMany
from cmhub.services import invitations, joining, profile
from cmhub.services.joining import Landing
from cmhub.services.sessions import resolve_session
from cmhub.web.auth import SIGN_IN, enter, routes_of
from cmhub.web.boot import request_language
from cmhub.web.cookies import client_address, device, session_token, who
from cmhub.web.forms import Form, from_our_pages, go, page, read_form
from cmhub.web.start import LAST_COOKIE

_YEAR = 365 * 24 * 3600


async def show_join(request: Request) -> Response:
    """Show what an invitation offers and change nothing."""
    return await _show(request, Form())


async def _show(request: Request, form: Form, status: int = 200) -> Response:
    token = request.path_params["token"]
    try:
        offer = await invitations.open_offer(token, client_address(request))
    except TooMany as error:
        return page(request, "refusal.html", status=429, key=error.key, told=error.params)
    except Invalid:
        return page(request, "account/stale.html", status=410, what="join")
    info = await who(request)
    here = request.url.path
    return page(
        request, "account/join.html", status=status, form=form, offer=offer, info=info, here=here
    )


@from_our_pages
async def join(request: Request) -> Response:
    """Let them in: with the account that is signed in, or with the one that the form makes."""
    token, info = request.path_params["token"], await who(request)
    form = Form() if info else await read_form(request)
    try:
        if info is not None:
            landing = await joining.accept(info, token, address=client_address(request))
            return await _land(session_token(request), landing, go("/"))
        session, landing = await _make_account(request, token, form)
    except CMHubError as error:
        form.tell(error, request_language(request))
        form.values.pop("password", None)
        return await _show(request, form, 429 if isinstance(error, TooMany) else 422)
    return await _land(session, landing, await enter(request, session, "/"))


async def _make_account(request: Request, token: str, form: Form) -> tuple[str, Landing]:
    return await joining.join(
        token,
        form.value("name"),
        form.value("password"),
        language=request_language(request),
        time_zone=form.value("time_zone"),
        device=device(request),
        address=client_address(request),
    )


async def _land(session: str, landing: Landing, answer: Response) -> Response:
    """Lead to the workspace that was offered, else to one of the agency, else to make the first."""
    info = await resolve_session(session)
    places = info.places if info else ()
    slugs = [one.workspace_slug for one in places if one.agency_slug == landing.agency_slug]
    slug = landing.workspace_slug or next((one for one in slugs if one), "")
    if not slug:
        answer.headers["location"] = f"/start/?agency={landing.agency_slug}"
        return answer
    answer.set_cookie(
        LAST_COOKIE,
        f"{landing.agency_slug}/{slug}",
        max_age=_YEAR,
        secure=settings().secure,
        samesite="lax",
    )
    return answer


async def show_email(request: Request) -> Response:
    """Show a button and change nothing: scanners of mails open every link."""
    if await profile.email_token_is_good(request.path_params["token"]):
        return page(request, "account/email.html")
    return page(request, "account/stale.html", status=410, what="email")


@from_our_pages
async def change_email(request: Request) -> Response:
    """Take the new address for the account."""
    try:
        await profile.change_email(request.path_params["token"], address=client_address(request))
    except Invalid:
        return page(request, "account/stale.html", status=410, what="email")
    return go("/me/" if await who(request) else f"{SIGN_IN}?done=moved")


routes: list[BaseRoute] = [
    *routes_of("/join/{token}", show_join, join),
    *routes_of("/auth/email/{token}", show_email, change_email),
]
