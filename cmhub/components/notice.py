"""What the user is told after an action, with Undo; and what stays while the line is down."""

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from cmhub.components.basics import button, icon_button
from cmhub.components.icons import icon
from cmhub.components.text import said, t
from cmhub.state.base import SessionState

_SYMBOLS = (("error", "circle-alert"), ("done", "circle-check"))


def notice(on_undo: Any = None) -> rx.Component:
    """Show the State's notice for 10 seconds, longer while it is pointed at or has the focus."""
    told = SessionState.notice
    undo = button(t("app.undo"), kind="quiet", class_name="btn-sm", on_click=on_undo)
    return rx.el.div(
        rx.cond(
            told.key != "",
            rx.el.div(
                rx.match(
                    told.kind,
                    *[(kind, icon(symbol, 20)) for kind, symbol in _SYMBOLS],
                    icon("info", 20),
                ),
                rx.el.p(said(told.key, told.params), class_name="grow"),
                rx.cond(told.undo, undo) if on_undo is not None else rx.fragment(),
                icon_button(t("app.close"), "x", "btn-sm", on_click=SessionState.dismiss),
                key=told.number.to(str),
                custom_attrs={"data-kind": told.kind},
                class_name="notice",
            ),
        ),
        role="status",
        aria_live="polite",
        class_name="notices",
    )


def offline() -> rx.Component:
    """Say that the connection is lost, and nothing while it is there."""
    return rx.cond(
        has_connection_errors,
        rx.el.div(icon("wifi-off"), t("app.offline"), role="alert", class_name="offline"),
    )
