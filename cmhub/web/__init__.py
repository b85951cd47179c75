"""Plain HTTP: what browsers and programs ask without a websocket."""

from starlette.routing import BaseRoute

from cmhub.web import (
    audit,
    auth,
    boot,
    brand,
    design,
    factor,
    files,
    health,
    install,
    joining,
    notices,
    public,
    start,
    static,
    transfers,
)

routes: list[BaseRoute] = [
    *boot.routes,
    *brand.routes,
    *auth.routes,
    *audit.routes,
    *factor.routes,
    *joining.routes,
    *start.routes,
    *static.routes,
    *public.routes,
    *files.routes,
    *transfers.routes,
    *design.routes,
    *notices.routes,
    *health.routes,
    *install.routes,
]
