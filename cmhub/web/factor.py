"""The second factor: its step of the sign-in, and the pages that turn it on and off.

These are plain pages, so that neither the secret nor the recovery codes are ever in a State.
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from cmhub.errors import CMHubError, Invalid, TooMany
from cmhub.services import factors
from cmhub.services.checks import InvalidForm
from cmhub.services.sessions import SessionInfo
from cmhub.web.auth import SIGN_IN, enter, routes_of
from cmhub.web.boot import request_language
from cmhub.web.cookies import client_address, device, drop_step, step_token, who
from cmhub.web.forms import Form, from_our_pages, go, local_path, page, read_form

FACTOR = "/me/second-factor/"


async def show_step(request: Request) -> Response:
    """Show the form for the code, while a sign-in waits for it."""
    if not await factors.step_is_good(step_token(request)):
        return go(SIGN_IN)
    wanted = local_path(request.query_params.get("next"))
    recovery = request.query_params.get("recovery") == "yes"
    return page(request, "account/step.html", next=wanted, recovery=recovery)


@from_our_pages
async def take_step(request: Request) -> Response:
    """Open the session when the code is right; too late, the sign-in begins anew."""
    form = await read_form(request)
    wanted = local_path(form.value("next"))
    try:
        token = await factors.pass_step(
            step_token(request), form.value("code"), device(request), client_address(request)
        )
    except (InvalidForm, TooMany) as error:
        values = {"next": wanted, "recovery": form.value("recovery") == "yes"}
        return _refused(request, "account/step.html", form, error, **values)
    except Invalid:
        answer = go(f"{SIGN_IN}?{urlencode({'done': 'step', 'next': wanted})}")
        drop_step(answer)
        return answer
    answer = await enter(request, token, wanted or "/")
    drop_step(answer)
    return answer


async def show_factor(request: Request) -> Response:
    """Offer a second factor, or what can be done with the one there is."""
    info = await who(request)
    return go(f"{SIGN_IN}?next={FACTOR}") if info is None else await _show(request, info, Form())


async def _show(request: Request, info: SessionInfo, form: Form, status: int = 200) -> Response:
    factor = await factors.read_factor(info.user_id)
    if factor.since is not None:
        return page(request, "account/factor_on.html", status=status, form=form, factor=factor)
    offer = factors.offered(info, form.value("offer")) or factors.offer(info)
    return page(request, "account/factor.html", status=status, form=form, offer=offer)


@from_our_pages
async def change_factor(request: Request) -> Response:
    """Turn it on or off, or make new recovery codes; codes are in this answer and nowhere else."""
    info = await who(request)
    if info is None:
        return go(f"{SIGN_IN}?next={FACTOR}")
    form = await read_form(request)
    try:
        codes = await _change(info, form, client_address(request))
    except CMHubError as error:
        form.tell(error, request_language(request))
        return await _show(request, info, form, 429 if isinstance(error, TooMany) else 422)
    return page(request, "account/codes.html", codes=codes) if codes else go("/me/security/")


async def _change(info: SessionInfo, form: Form, address: str) -> tuple[str, ...]:
    password, code = form.value("password"), form.value("code")
    match form.value("do"):
        case "on":
            return await factors.turn_on(info, form.value("offer"), password, code, address)
        case "codes":
            return await factors.renew_codes(info, password, code, address)
        case "off":
            await factors.turn_off(info, password, code, address)
            return ()
        case _:
            raise Invalid("filter")


def _refused(
    request: Request, template: str, form: Form, error: CMHubError, **values: object
) -> Response:
    form.tell(error, request_language(request))
    status = 429 if isinstance(error, TooMany) else 422
    return page(request, template, status=status, form=form, **values)


routes: list[BaseRoute] = [
    *routes_of("/auth/code", show_step, take_step),
    *routes_of("/me/second-factor", show_factor, change_factor),
]
