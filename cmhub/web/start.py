"""Where a user comes in: their workspace, or the form that makes one."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cmhub.actor import Actor, Permission
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
    """Lead to where one works, else to the form that makes a workspace.

    That is where they were last; else the agency's Home, for who has several workspaces; else
    the workspace. Who is not signed in is shown what CMHub is.
    """
    info = await who(request)
    if info is None:
        return await choose_language(request)
    return go(_last(request, info) or _front(info) or "/start/")


def _last(request: Request, info: SessionInfo) -> str | None:
    """The Home of where they were last, while it is in their reach."""
    agency, _, workspace = request.cookies.get(LAST_COOKIE, "").partition("/")
    try:
        actor = actor_in(info, agency)
        if workspace:
            return _address(find_place(info, agency, workspace), actor)
    except NotFound:
        return None
    return f"/a/{agency}/" if len(actor.workspaces_where(Permission.HOME_READ)) > 1 else None


def _front(info: SessionInfo) -> str | None:
    places = [place for place in info.places if place.workspace_slug]
    if not places:
        return None
    actors = {place.agency_slug: actor_in(info, place.agency_slug) for place in places}
    slug, actor = next(iter(actors.items()))
    reads = actor.workspaces_where(Permission.HOME_READ)
    if len(reads) > 1:
        return f"/a/{slug}/"
    place = next((one for one in places if one.workspace_id in reads), places[0])
    return _address(place, actors[place.agency_slug])


def _address(place: Place, actor: Actor) -> str:
    first = "home" if actor.may(Permission.HOME_READ, place.workspace_id) else "activity"
    return f"/w/{place.agency_slug}/{place.workspace_slug}/{first}/"


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
