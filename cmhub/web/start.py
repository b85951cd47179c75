"""Where a user comes in: their workspace, or the form that makes one."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cmhub.actor import ROLE_TABLE, Actor, Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, NotFound
from cmhub.services.sessions import Place, SessionInfo, actor_in, find_place
from cmhub.services.settings import agency_defaults
from cmhub.services.workspaces import create_workspace
from cmhub.services.zones import present_name, zones
from cmhub.web.auth import SIGN_IN, routes_of
from cmhub.web.boot import request_language
from cmhub.web.cookies import client_address, who
from cmhub.web.forms import Form, from_our_pages, go, page, read_form
from cmhub.web.public import choose_language

LAST_COOKIE = "cmhub_last"


async def home(request: Request) -> Response:
    """Lead to where one works: the last workspace, else the first, else the form for one.

    Who is not signed in is shown what CMHub is.
    """
    info = await who(request)
    if info is None:
        return await choose_language(request)
    place = _last(request, info) or next((p for p in info.places if p.workspace_slug), None)
    return go(_address(place) if place else "/start/")


def _last(request: Request, info: SessionInfo) -> Place | None:
    agency, _, workspace = request.cookies.get(LAST_COOKIE, "").partition("/")
    try:
        return find_place(info, agency, workspace) if workspace else None
    except NotFound:
        return None


def _address(place: Place) -> str:
    reads = Permission.INBOX_READ in ROLE_TABLE[place.role]
    return f"/w/{place.agency_slug}/{place.workspace_slug}/{'inbox' if reads else 'activity'}/"


def _founder(request: Request, info: SessionInfo, wanted: str) -> tuple[Actor, Place] | None:
    """The user in an agency where they may make a workspace, the wanted one before others."""
    agencies = sorted(info.places, key=lambda place: place.agency_slug != wanted)
    for place in agencies:
        actor = actor_in(info, place.agency_slug, client_address(request))
        if actor.may(Permission.WORKSPACE_CREATE):
            return actor, place
    return None


def _show(request: Request, info: SessionInfo, form: Form, *, status: int = 200) -> Response:
    founder = _founder(request, info, form.value("agency"))
    if founder is None:
        return page(request, "start_nobody.html", status=403, info=info)
    actor, place = founder
    own = present_name(info.time_zone)
    chosen = form.values.setdefault("time_zone", own)
    return page(
        request,
        "start.html",
        status=status,
        form=form,
        info=info,
        agency=place,
        first=not actor.workspaces,
        zones=zones(request_language(request), chosen if "time_zone" not in form.faults else ""),
        proposes=not form.faults and chosen == own,
    )


async def show_start(request: Request) -> Response:
    """Show the form that makes a workspace."""
    info = await who(request)
    if info is None:
        return go(f"{SIGN_IN}?next=/start/")
    form = Form(values={"agency": request.query_params.get("agency", "")})
    founder = _founder(request, info, form.value("agency"))
    if founder is not None:
        actor, _ = founder
        async with unit_of_work(actor) as session:
            defaults = await agency_defaults(session, actor)
        form.values["time_zone"] = present_name(defaults.time_zone)
    return _show(request, info, form)


@from_our_pages
async def start(request: Request) -> Response:
    """Make the workspace and lead to its connections, the next thing to do."""
    info = await who(request)
    if info is None:
        return go(f"{SIGN_IN}?next=/start/")
    form = await read_form(request)
    founder = _founder(request, info, form.value("agency"))
    if founder is None:
        return _show(request, info, form)
    actor, place = founder
    try:
        async with unit_of_work(actor) as session:
            made = await create_workspace(
                session,
                actor,
                name=form.value("name"),
                client=form.value("client"),
                time_zone=form.value("time_zone"),
            )
    except CMHubError as error:
        form.tell(error, request_language(request))
        return _show(request, info, form, status=422)
    return go(f"/w/{place.agency_slug}/{made.slug}/connections/")


routes: list[BaseRoute] = [
    Route("/", home, methods=["GET"]),
    *routes_of("/start", show_start, start),
]
