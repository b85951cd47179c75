"""What is the same on every page: the head, the overlay, and the page of last resort."""

import reflex as rx
from reflex.vars import Var
from reflex.vars.function import ArgsFunctionOperation
from reflex_components_core.base.error_boundary import ErrorBoundary

from cmhub.components.brand import brand
from cmhub.components.notice import offline
from cmhub.components.parts import PlainLink, door, reload_on
from cmhub.components.shell import plain_page
from cmhub.components.text import t
from cmhub.state.base import SessionState


def head() -> list[rx.Component]:
    """Return what stands in the head; the script blocks, so that nothing is painted twice."""
    return [
        rx.el.script(src="/boot.js"),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href="/apple-touch-icon.png"),
        # With cookies, for it is in the reader's language.
        rx.el.link(rel="manifest", href="/manifest.webmanifest", cross_origin="use-credentials"),
        rx.el.meta(name="theme-color", content="#f7f5f1"),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.meta(name="robots", content="noindex"),
    ]


def overlay(_stateful: bool) -> rx.Component:
    """Return what lies over every page."""
    return rx.fragment(offline(), door(), brand(), reload_on("settings", SessionState.refresh))


def boundary(_stateful: bool) -> rx.Component:
    """Return what catches a page that breaks in the browser."""
    broken = rx.el.main(
        rx.el.h1(t("app.broken.title"), class_name="text-xl font-semibold"),
        rx.el.p(t("app.broken.line"), class_name="mt-1"),
        PlainLink.create(t("app.broken.reload"), href="", class_name="btn btn-primary mt-4"),
        class_name="plain",
    )
    fallback = ArgsFunctionOperation.create(("event_args",), Var.create(broken))
    return ErrorBoundary.create(on_error=rx.noop(), fallback_render=fallback)


def not_found() -> rx.Component:
    """Say that there is nothing at this address."""
    return plain_page(
        PlainLink.create(t("app.not_found.home"), href="/", class_name="btn btn-primary mt-6"),
        title=t("app.not_found.title"),
        line=t("app.not_found.line"),
    )


def waiting() -> rx.Component:
    """Show the outline of a page while the application loads; there are no words yet."""
    return rx.el.div(
        rx.el.div(class_name="sidebar"),
        rx.el.div(
            rx.el.div(
                rx.el.div(class_name="skeleton h-6 w-48"),
                rx.el.div(class_name="skeleton h-4 w-72 mt-2"),
                rx.el.div(class_name="surface h-96 mt-6"),
                class_name="content",
            ),
            class_name="main",
        ),
        class_name="shell",
        custom_attrs={"aria-hidden": "true"},
    )
