"""Local stand-ins of outside services, for the demo and for tests."""

from starlette.routing import BaseRoute

from cmhub.sandbox import homeserver, mail

routes: list[BaseRoute] = [*mail.routes, *homeserver.routes]
