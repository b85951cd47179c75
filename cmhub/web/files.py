"""Files of workspaces: only for sessions with reach, with a type from a list."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from cmhub.errors import Forbidden, NotFound
from cmhub.services.files import OpenedFile, open_file
from cmhub.services.sessions import actor_in, find_place
from cmhub.web.auth import SIGN_IN
from cmhub.web.cookies import client_address, who
from cmhub.web.forms import go, refusal

OF_AGENCY = "-"
"""Stands where the workspace is, in the address of a file of the agency itself."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


async def show_file(request: Request) -> Response:
    """Send a file; what is no picture is saved, not shown."""
    info = await who(request)
    if info is None:
        return go(SIGN_IN)
    agency, workspace = request.path_params["agency"], request.path_params["workspace"]
    try:
        actor = actor_in(info, agency, client_address(request))
        place = None if workspace == OF_AGENCY else find_place(info, agency, workspace)
        workspace_id = place.workspace_id if place else None
        found = await open_file(actor, workspace_id, request.path_params["name"])
    except NotFound:
        return refusal(request, "error.not_found", 404)
    except Forbidden as error:
        return refusal(request, error.key, 403)
    return send(found)


def send(file: OpenedFile) -> Response:
    """Answer with a file, in pieces."""
    how = "inline" if file.picture else "attachment"
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": f"{how}; filename*=utf-8''{quote(file.name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _POLICY,
        "Cache-Control": "private, max-age=300" if file.picture else "no-store",
    }
    return StreamingResponse(file.pieces, media_type=file.media_type, headers=headers)


routes: list[BaseRoute] = [
    Route("/files/{agency}/{workspace}/{name:path}", show_file, methods=["GET"]),
]
