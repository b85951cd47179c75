"""A client's look over HTTP: the style of its colour, and the logos that people bring."""

import hashlib
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cmhub.actor import Actor, Permission
from cmhub.errors import CMHubError, Forbidden, Invalid, NotFound
from cmhub.services.contrast import brand_of, style_of
from cmhub.services.pictures import MOST_BYTES
from cmhub.services.sessions import SessionInfo, actor_in, find_place
from cmhub.services.settings import set_logo
from cmhub.web.auth import SIGN_IN
from cmhub.web.cookies import client_address, who
from cmhub.web.forms import UnreadableForm, from_our_pages, go, refusal
from cmhub.web.receiving import receive_file


async def style(request: Request) -> Response:
    """Answer with the workspace's colour; it is asked for before the page is painted."""
    info = await who(request)
    agency, workspace = request.path_params["agency"], request.path_params["workspace"]
    try:
        place = find_place(info, agency, workspace) if info else None
    except NotFound:
        place = None
    if place is None:
        return Response("", 404, {"Cache-Control": "no-store"}, "text/css")
    sheet = style_of(brand_of(place.brand)) if place.brand else ""
    etag = f'"{hashlib.sha256(sheet.encode()).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if request.headers.get("if-none-match", "").removeprefix("W/") == etag:
        return Response(status_code=304, headers=headers)
    return Response(sheet, media_type="text/css", headers=headers)


@from_our_pages
async def workspace_logo(request: Request) -> Response:
    """Take a workspace's logo from its settings."""
    info = await who(request)
    if info is None:
        return go(SIGN_IN)
    agency, workspace = request.path_params["agency"], request.path_params["workspace"]
    try:
        actor = actor_in(info, agency, client_address(request))
        place = find_place(info, agency, workspace).workspace_id
        actor.require(Permission.WORKSPACE_SETTINGS, place)
    except CMHubError as error:
        return refusal(request, error.key, 403 if isinstance(error, Forbidden) else 404)
    return await _take(request, actor, place, f"/w/{agency}/{workspace}/settings/")


@from_our_pages
async def agency_logo(request: Request) -> Response:
    """Take the agency's logo from its settings."""
    info: SessionInfo | None = await who(request)
    if info is None:
        return go(SIGN_IN)
    agency = request.path_params["agency"]
    try:
        actor = actor_in(info, agency, client_address(request))
        actor.require(Permission.AGENCY_SETTINGS)
    except CMHubError as error:
        return refusal(request, error.key, 403 if isinstance(error, Forbidden) else 404)
    return await _take(request, actor, None, f"/a/{agency}/settings/")


async def _take(request: Request, actor: Actor, workspace_id: UUID | None, back: str) -> Response:
    """Store the picture of the form and go back to the settings, which tell how it went."""
    outcome = "saved"
    try:
        async with receive_file(request, MOST_BYTES, field="logo") as given:
            data = b"".join([piece async for piece in given.pieces()])
        await set_logo(actor, workspace_id, data)
    except Invalid as fault:
        outcome = str(fault.params["reason"])
    except UnreadableForm as unreadable:
        if unreadable.status not in (400, 413):
            raise
        outcome = "picture_too_large" if unreadable.status == 413 else "no_picture"
    return go(f"{back}?{urlencode({'logo': outcome})}")


routes: list[BaseRoute] = [
    Route("/w/{agency}/{workspace}/brand.css", style, methods=["GET"]),
    Route("/w/{agency}/{workspace}/logo", workspace_logo, methods=["POST"]),
    Route("/a/{agency}/logo", agency_logo, methods=["POST"]),
]
