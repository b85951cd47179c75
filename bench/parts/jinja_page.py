"""The inbox's list as a plain page: Starlette and Jinja over the same services."""

from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError
from cmhub.locales import text
from cmhub.services.inbox import STATES, InboxFilter, list_threads
from cmhub.services.sessions import actor_in, find_place, resolve_session

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)


async def inbox(request: Request) -> Response:
    """Show one page of threads to whoever may read them."""
    info = await resolve_session(request.cookies.get("cmhub_session", ""))
    if info is None:
        return Response(status_code=401)
    agency, workspace = request.path_params["agency"], request.path_params["workspace"]
    try:
        actor = actor_in(info, agency)
        place = find_place(info, agency, workspace)
        assert place.workspace_id is not None
        actor = actor.within(place.workspace_id)
        actor.require(Permission.INBOX_READ, place.workspace_id)
        wanted = _wanted(request)
        async with unit_of_work(actor) as session:
            page = await list_threads(session, actor, place.workspace_id, wanted)
    except CMHubError:
        return Response(status_code=404)
    made = _TEMPLATES.get_template("inbox.html").render(
        t=lambda key, **given: text(key, info.language, **given),
        here=f"/w/{agency}/{workspace}/inbox/",
        info=info,
        page=page,
        place=place,
        states=STATES,
        wanted=wanted,
    )
    return HTMLResponse(made, headers={"Cache-Control": "no-store"})


def _wanted(request: Request) -> InboxFilter:
    query = request.query_params
    channel = query.get("channel")
    return InboxFilter(
        query.get("state", "open"), UUID(channel) if channel else None, query.get("after", "")
    )


def app() -> Starlette:
    """The application."""
    return Starlette(routes=[Route("/w/{agency}/{workspace}/inbox/", inbox)])
