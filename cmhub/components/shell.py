"""The frame around every signed-in page: menu, header, content, and what lies over it."""

from typing import Any

import reflex as rx

from cmhub.components.basics import Words, styles
from cmhub.components.bell import notices_panel
from cmhub.components.dialog import dialog
from cmhub.components.icons import icon
from cmhub.components.notice import notice
from cmhub.components.parts import PlainLink, counter, palette
from cmhub.components.sidebar import bottom_bar, preferences, sidebar, top_bar
from cmhub.components.tasks import task_dialog
from cmhub.components.text import said, t
from cmhub.components.ways import Frame
from cmhub.state.base import SessionState

__all__ = ["page", "plain_page", "preferences", "shortcuts"]


def page(
    *content: Any,
    here: str,
    frame: Frame = "workspace",
    title: Words,
    line: Any = "",
    action: rx.Component | None = None,
    on_undo: Any = None,
    wide: bool = False,
) -> rx.Component:
    """Frame a page.

    ``here`` is the name of its Way in the menu of ``frame``, ``line`` says what is going on
    now, ``action`` is the one primary action, ``on_undo`` takes back what the last notice told;
    ``wide`` is for lists.
    """
    return rx.el.div(
        # The first page that one comes to does without.
        styles("agency") if here != "inbox" else rx.fragment(),
        rx.el.a(t("app.skip"), href="#content", class_name="skip"),
        sidebar(here, frame),
        rx.el.div(
            top_bar(frame),
            rx.el.main(
                rx.cond(
                    SessionState.refusal != "",
                    _refused(),
                    rx.fragment(_header(title, line, action), *content),
                ),
                id="content",
                tab_index=-1,
                class_name="content content-wide" if wide else "content",
            ),
            class_name="main",
        ),
        bottom_bar(here, frame),
        notice(on_undo),
        shortcuts(),
        palette(),
        counter(),
        task_dialog(),
        notices_panel(),
        class_name="shell",
    )


def shortcuts() -> rx.Component:
    """Hold the list of keys, which `/boot.js` fills in from what is on the page."""
    return dialog(
        rx.el.div(custom_attrs={"data-keys": ""}, class_name="keys-list"),
        dialog_id="keys",
        title=t("app.shortcuts"),
        class_name="dialog-wide",
    )


def plain_page(*content: Any, title: Words, line: Words = "") -> rx.Component:
    """Frame a page outside of any workspace: one narrow column, no menu."""
    return rx.el.div(
        rx.el.main(
            _brand(),
            rx.el.h1(title, class_name="text-2xl font-semibold mt-8"),
            rx.el.p(line, class_name="text-muted mt-1"),
            *content,
            id="content",
            class_name="plain",
        ),
        notice(),
    )


def _refused() -> rx.Component:
    """Stand in place of a page that is not there, or not open to who asks for it."""
    denied = SessionState.refusal == "forbidden"
    return rx.el.div(
        rx.el.div(
            rx.cond(denied, icon("lock", 20), icon("search-x", 20)), class_name="empty-symbol"
        ),
        rx.el.h1(
            rx.cond(denied, t("app.forbidden.title"), t("app.not_found.title")),
            class_name="text-xl font-semibold",
        ),
        rx.el.p(
            rx.cond(denied, said(SessionState.refusal_key), t("app.not_found.line")),
            class_name="text-muted max-w-[46ch]",
        ),
        rx.cond(
            denied,
            rx.el.p(
                t("app.forbidden.ask", agency=SessionState.agency_name),
                class_name="text-muted max-w-[46ch]",
            ),
        ),
        PlainLink.create(t("app.not_found.home"), href="/", class_name="btn btn-primary mt-4"),
        class_name="empty",
    )


def _header(title: Words, line: Any, action: rx.Component | None) -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.h1(title, class_name="text-xl font-semibold"),
            rx.el.p(line, class_name="text-muted min-h-5"),
            class_name="min-w-0",
        ),
        action if action is not None else rx.fragment(),
        class_name="page-header",
    )


def _brand() -> rx.Component:
    return rx.el.span(
        rx.el.span(class_name="mark", custom_attrs={"aria-hidden": "true"}),
        t("app.name"),
        class_name="brand",
    )
