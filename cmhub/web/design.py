"""The page of components is for those who build pages: elsewhere its address leads nowhere."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cmhub.config import settings


async def nothing_here(_request: Request) -> Response:
    """Answer as for any address that leads nowhere."""
    raise HTTPException(404)


# Where the page is open, Reflex answers, because no route stands before it.
routes: list[BaseRoute] = (
    []
    if settings().design_page
    else [Route(path, nothing_here, methods=["GET"]) for path in ("/design", "/design/")]
)
