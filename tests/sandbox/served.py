"""The sandbox alone, served over HTTP, with a door for making accounts."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cmhub.sandbox.homeserver import homeserver, routes


async def register(request: Request) -> JSONResponse:
    wanted = await request.json()
    server = homeserver()
    user = server.register(wanted["user"], wanted["password"])
    return JSONResponse({"user_id": user, "access_token": server.issue(user).access})


def app() -> Starlette:
    return Starlette(routes=[Route("/register", register, methods=["POST"]), *routes])
