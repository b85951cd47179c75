"""Local stand-ins of outside services, for the demo and for tests."""

from starlette.routing import BaseRoute

from cmhub.sandbox import homeserver, mail
from cmhub.sandbox.community import life
from cmhub.sandbox.demo import follow_address

routes: list[BaseRoute] = [*mail.routes, *homeserver.routes]


async def live() -> None:
    """Keep the demo alive for as long as this web process runs, where there is a demo."""
    await follow_address()
    await life.live()
