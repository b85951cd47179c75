"""Imports come in by a plain form, and exports go out as a file."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from cmhub.actor import Actor, Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Forbidden, NotFound
from cmhub.locales import text
from cmhub.services.exporting.runs import open_export
from cmhub.services.importing.runs import MOST_BYTES, Upload, receive_import
from cmhub.services.sessions import Place, SessionInfo, actor_in, find_place
from cmhub.web.auth import SIGN_IN
from cmhub.web.boot import request_language
from cmhub.web.cookies import client_address, who
from cmhub.web.files import send
from cmhub.web.forms import UnreadableForm, go, refusal
from cmhub.web.receiving import receive_file

_TOLD = {413: "error.invalid.import_too_large", 400: "error.invalid.no_file"}


def _place(request: Request, info: SessionInfo) -> tuple[Actor, Place, UUID]:
    agency, workspace = request.path_params["agency"], request.path_params["workspace"]
    actor = actor_in(info, agency, client_address(request))
    place = find_place(info, agency, workspace)
    if place.workspace_id is None:
        raise NotFound
    return actor, place, place.workspace_id


async def take_import(request: Request) -> Response:
    """Take a file to import and lead to the page that shows how far it is.

    Who may is judged before a byte of the body is read. A refusal is a sentence for a script, and
    a page for whoever sent the form without one.
    """
    info = await who(request)
    if info is None:
        return refusal(request, "error.signed_out", 401)
    try:
        actor, place, workspace_id = _place(request, info)
        actor.require(Permission.HISTORY_IMPORT, workspace_id)
        async with receive_file(request, MOST_BYTES) as given:
            upload = Upload(
                name=given.name,
                size=given.size,
                kind=given.fields.get("kind", ""),
                channel=given.fields.get("channel", ""),
                encoding=given.fields.get("encoding", ""),
                keep_quotes=given.fields.get("keep_quotes") == "on",
            )
            await receive_import(actor, workspace_id, upload, given.pieces())
    except UnreadableForm as unreadable:
        key = _TOLD.get(unreadable.status, "error.refused")
        return _tell(request, key, unreadable.status, most=MOST_BYTES // 1024**3)
    except Forbidden as error:
        return _tell(request, error.key, 403)
    except NotFound as error:
        return _tell(request, error.key, 404)
    except CMHubError as error:
        return _tell(request, error.key, 422, **error.params)
    return go(f"/w/{place.agency_slug}/{place.workspace_slug}/settings/import/")


def _tell(request: Request, key: str, status: int, **params: str | int) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        words = text(key, request_language(request), **params)
        return PlainTextResponse(words, status_code=status)
    return refusal(request, key, status, **params)


async def fetch_export(request: Request) -> Response:
    """Send the file of an export."""
    info = await who(request)
    if info is None:
        return go(SIGN_IN)
    try:
        actor, _, workspace_id = _place(request, info)
        run_id = UUID(request.path_params["run"])
        async with unit_of_work(actor) as session:
            found = await open_export(session, actor, workspace_id, run_id)
    except (NotFound, ValueError):
        return refusal(request, "error.not_found", 404)
    except Forbidden as error:
        return refusal(request, error.key, 403)
    return send(found)


routes: list[BaseRoute] = [
    Route("/imports/{agency}/{workspace}/", take_import, methods=["POST"]),
    Route("/exports/{agency}/{workspace}/{run}.zip", fetch_export, methods=["GET"]),
]
