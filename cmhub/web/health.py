"""For whoever watches the process."""

from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cmhub.config import settings
from cmhub.services.readiness import check_readiness, count_jobs
from cmhub.telemetry import EXPOSITION, exposition, figure

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


async def metrics(request: Request) -> Response:
    """Answer the figures of all processes, to who has the token or sits at the machine."""
    token = settings().metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is None and not settings().local:
        return PlainTextResponse("there is no CMHUB_METRICS_TOKEN\n", status_code=404)
    if token is not None and not compare_digest(given.encode(), token.encode()):
        return PlainTextResponse(
            "the token is missing or wrong\n",
            status_code=401,
            headers={**_FRESH, "WWW-Authenticate": "Bearer"},
        )
    found = await count_jobs()
    told = figure("cmhub_database_up", "Whether the database answers.", found is not None)
    if found is not None:
        told += figure("cmhub_jobs_due", "Jobs that wait for a worker.", found.due)
        told += figure("cmhub_jobs_later", "Jobs that are to be done later.", found.later)
        told += figure("cmhub_jobs_running", "Jobs that a worker does now.", found.running)
        told += figure("cmhub_jobs_failed", "Jobs that wait for a person.", found.failed)
        told += figure(
            "cmhub_jobs_oldest_seconds",
            "How long the oldest due job waits.",
            found.oldest_seconds,
        )
    return Response(exposition() + told, media_type=EXPOSITION, headers=_FRESH)


routes = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
