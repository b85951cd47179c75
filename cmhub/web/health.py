"""For whoever watches the process."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cmhub.services.readiness import check_readiness

_FRESH = {"Cache-Control": "no-store"}


async def healthz(_request: Request) -> Response:
    """Say that the process lives."""
    return PlainTextResponse("ok\n", headers=_FRESH)


async def readyz(_request: Request) -> Response:
    """Say whether it can serve, with a word on each thing that CMHub needs.

    The status is about the web alone: were it *503* without a worker, whoever balances the load
    would take every web process away because of it.
    """
    found = await check_readiness()
    return JSONResponse(
        {"database": found.database, "migrations": found.migrations, "worker": found.worker},
        status_code=200 if found.ready else 503,
        headers=_FRESH,
    )


routes = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
]
