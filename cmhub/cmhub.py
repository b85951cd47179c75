"""Puts the application together. Nobody imports this module."""

from functools import partial

import reflex as rx
from granian.utils.proxies import wrap_asgi_with_proxy_headers
from reflex_base import otel
from starlette.applications import Starlette

from cmhub import frontend
from cmhub.components.app import boundary, head, not_found, overlay, waiting
from cmhub.components.text import t
from cmhub.config import settings
from cmhub.integrations.tracing import trace_process
from cmhub.pages import PAGES
from cmhub.sandbox import homeserver, mail
from cmhub.sandbox.living import live
from cmhub.services.sessions import resolve_session
from cmhub.state.base import broken
from cmhub.state.gate import Gate
from cmhub.state.live import listen
from cmhub.state.quiet import keep_secrets_out_of_logs
from cmhub.web import routes
from cmhub.web.access import RequestLog
from cmhub.web.faults import handlers
from cmhub.web.headers import SecurityHeaders
from cmhub.web.uploads import NoUploads

keep_secrets_out_of_logs()
if trace_process("cmhub web"):
    otel.enable()

app = rx.App(
    head_components=head(),
    stylesheets=["/cmhub.css"],
    toaster=None,
    hydrate_fallback=waiting,
    app_wraps={(55, "ErrorBoundary"): boundary, (5, "Overlay"): overlay},
    backend_exception_handler=broken,
    api_transformer=[
        Starlette(routes=[*routes, *mail.routes, *homeserver.routes], exception_handlers=handlers),
        NoUploads,
        partial(SecurityHeaders, built=frontend.BUILT),
        RequestLog,
        partial(wrap_asgi_with_proxy_headers, trusted_hosts=settings().trusted_proxies),
    ],
)
app.add_middleware(Gate(resolve_session))
app.register_lifespan_task(listen)
app.register_lifespan_task(live)
for page in PAGES:
    app.add_page(page.show, route=page.route, title=page.title, on_load=page.on_load)
app.add_page(not_found, route="404", title=t("app.not_found.title"))
