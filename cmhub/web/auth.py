"""Signing up, in and out, and a new password, by plain forms."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cmhub.errors import CMHubError, Invalid, TooMany
from cmhub.integrations.mail import outbox_is_shown
from cmhub.services import accounts
from cmhub.services.sessions import resolve_session
from cmhub.web.boot import request_language
from cmhub.web.cookies import (
    client_address,
    device,
    drop_session,
    keep_language,
    keep_look,
    keep_session,
    keep_step,
    session_token,
    who,
)
from cmhub.web.forms import Form, View, from_our_pages, go, local_path, page, read_form

SIGN_IN = "/auth/sign-in/"


def _refused(request: Request, template: str, form: Form, error: CMHubError) -> Response:
    """Answer with the form again, everything kept but the password."""
    form.tell(error, request_language(request))
    form.values.pop("password", None)
    status = 429 if isinstance(error, TooMany) else 422
    return page(request, template, status=status, form=form, next=local_path(form.value("next")))


async def show_sign_up(request: Request) -> Response:
    """Show the form that makes an account and an agency."""
    if await who(request):
        return go("/")
    return page(request, "auth/sign_up.html")


@from_our_pages
async def sign_up(request: Request) -> Response:
    """Make them, unless the address has an account: the answer is the same."""
    form = await read_form(request)
    try:
        await accounts.sign_up(
            name=form.value("name"),
            email=form.value("email"),
            password=form.value("password"),
            agency_name=form.value("agency_name"),
            language=request_language(request),
            time_zone=form.value("time_zone"),
            address=client_address(request),
        )
    except CMHubError as error:
        return _refused(request, "auth/sign_up.html", form, error)
    return go("/auth/sent/?for=confirm")


async def show_sent(request: Request) -> Response:
    """Say that a mail is on its way, if there is a reason to send one."""
    purpose = request.query_params.get("for")
    return page(
        request,
        "auth/sent.html",
        purpose=purpose if purpose in accounts.LASTING else "reset",
        outbox=outbox_is_shown(client_address(request), request.headers.get("host", "")),
    )


async def show_sign_in(request: Request) -> Response:
    """Show the door; who is in already goes on."""
    wanted = local_path(request.query_params.get("next"))
    if await who(request):
        return go(wanted or "/")
    done = request.query_params.get("done")
    return page(
        request,
        "auth/sign_in.html",
        next=wanted,
        done=done if done in ("reset", "out", "gone", "step", "moved", "ended") else "",
    )


@from_our_pages
async def sign_in(request: Request) -> Response:
    """Open a session under a new token; one that the browser had before ends."""
    form = await read_form(request)
    wanted = local_path(form.value("next"))
    try:
        token = await accounts.sign_in(
            form.value("email"), form.value("password"), device(request), client_address(request)
        )
    except accounts.FactorNeeded as needed:
        return _ask_code(needed, wanted)
    except CMHubError as error:
        if isinstance(error, Invalid) and error.params["reason"] == "not_confirmed":
            form.values["unconfirmed"] = "yes"
        else:
            form.values.pop("unconfirmed", None)
        return _refused(request, "auth/sign_in.html", form, error)
    return await enter(request, token, wanted or "/")


def _ask_code(needed: accounts.FactorNeeded, wanted: str) -> Response:
    answer = go("/auth/code/" + (f"?{urlencode({'next': wanted})}" if wanted else ""))
    keep_step(answer, needed.step)
    return answer


async def enter(request: Request, token: str, path: str) -> Response:
    """Answer with the cookies of a new session and of its user's language; an old one ends."""
    before = session_token(request)
    if before:
        await accounts.sign_out(before)
    answer = go(path)
    keep_session(answer, token)
    info = await resolve_session(token)
    if info:
        keep_language(answer, info.language)
    await keep_look(answer, token)
    return answer


@from_our_pages
async def sign_out(request: Request) -> Response:
    """End the session of this browser."""
    token = session_token(request)
    if token:
        await accounts.sign_out(token)
    wanted = local_path(request.query_params.get("next"))
    answer = go(wanted or f"{SIGN_IN}?done=out")
    drop_session(answer)
    return answer


async def show_confirm(request: Request) -> Response:
    """Show a button and change nothing: scanners of mails open every link."""
    if await accounts.token_is_good("confirm", request.path_params["token"]):
        return page(request, "auth/confirm.html")
    if await who(request):
        return go("/")
    return page(request, "auth/stale.html", status=410, purpose="confirm")


@from_our_pages
async def confirm(request: Request) -> Response:
    """Hold the address for proven and sign its owner in."""
    token = request.path_params["token"]
    try:
        session = await accounts.confirm(token, device(request), client_address(request))
    except accounts.FactorNeeded as needed:
        return _ask_code(needed, "/start/")
    except Invalid:
        if await who(request):
            return go("/")
        return page(request, "auth/stale.html", status=410, purpose="confirm")
    return await enter(request, session, "/start/")


@from_our_pages
async def send_confirmation(request: Request) -> Response:
    """Send the mail that proves an address again."""
    form = await read_form(request)
    try:
        await accounts.request_confirmation(form.value("email"), address=client_address(request))
    except CMHubError as error:
        return _refused(request, "auth/again.html", form, error)
    return go("/auth/sent/?for=confirm")


async def show_again(request: Request) -> Response:
    """Show the form that has that mail sent."""
    return page(request, "auth/again.html")


async def show_forgot(request: Request) -> Response:
    """Show the form that has a link for a new password sent."""
    return page(request, "auth/forgot.html")


@from_our_pages
async def forgot(request: Request) -> Response:
    """Send that link, if the address has an account: the answer is the same."""
    form = await read_form(request)
    try:
        await accounts.request_reset(form.value("email"), address=client_address(request))
    except CMHubError as error:
        return _refused(request, "auth/forgot.html", form, error)
    return go("/auth/sent/?for=reset")


async def show_reset(request: Request) -> Response:
    """Show the form for a new password, while the link is good."""
    if await accounts.token_is_good("reset", request.path_params["token"]):
        return page(request, "auth/reset.html")
    return page(request, "auth/stale.html", status=410, purpose="reset")


@from_our_pages
async def reset(request: Request) -> Response:
    """Set the new password; every session of the user ends, this browser's too."""
    form = await read_form(request)
    try:
        await accounts.reset(request.path_params["token"], form.value("password"))
    except Invalid as error:
        if error.params["reason"] == "link":
            return page(request, "auth/stale.html", status=410, purpose="reset")
        return _refused(request, "auth/reset.html", form, error)
    answer = go(f"{SIGN_IN}?done=reset")
    drop_session(answer)
    return answer


async def add_slash(request: Request) -> Response:
    """Send on to the same address with a slash at its end."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{request.url.path}/{query}", status_code=308)


_PAGES = (
    ("/auth/sign-up", show_sign_up, sign_up),
    ("/auth/sign-in", show_sign_in, sign_in),
    ("/auth/sent", show_sent, None),
    ("/auth/confirm", show_again, send_confirmation),
    ("/auth/confirm/{token}", show_confirm, confirm),
    ("/auth/forgot", show_forgot, forgot),
    ("/auth/reset/{token}", show_reset, reset),
)


def routes_of(path: str, show: View, take: View | None) -> list[BaseRoute]:
    """Return the routes of a page and of the form on it; the slash at the end may be missing.

    A mailed link has none: what is not changed on the way cannot be lost there.
    """
    if path.endswith("}"):
        found: list[BaseRoute] = [Route(path, show, methods=["GET"])]
    else:
        found = [Route(path, add_slash, methods=["GET"])]
        path += "/"
        found.append(Route(path, show, methods=["GET"]))
    if take is not None:
        found.append(Route(path, take, methods=["POST"]))
    return found


routes: list[BaseRoute] = [
    *(route for each in _PAGES for route in routes_of(*each)),
    Route("/auth/sign-out/", sign_out, methods=["POST"]),
]
