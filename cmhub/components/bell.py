"""The bell: how much is unread, live, and the panel that lists what one was told."""

import reflex as rx
from reflex.vars import ObjectVar

from cmhub.components.basics import button, icon_button, link
from cmhub.components.icons import icon
from cmhub.components.parts import reload_on
from cmhub.components.text import moment, said_of, t
from cmhub.state.notices import NoticeRow, NoticesState

_PANEL = "notices"
_OPENS = {"popoverTarget": _PANEL}
_SYMBOLS = (
    ("task_assigned", "list-checks"),
    ("task_due", "alarm-clock"),
    ("thread_assigned", "inbox"),
    ("mention", "at-sign"),
    ("reply_failed", "circle-alert"),
    ("connection_reconnect", "plug"),
    ("connection_trouble", "plug"),
    ("import_finished", "import"),
    ("invitation_accepted", "user-round-check"),
)


def bell() -> rx.Component:
    """Be the entry of the menu that opens the panel."""
    return rx.el.button(
        icon("bell"),
        rx.el.span(t("notices.title"), class_name="word grow"),
        _count(),
        type="button",
        title=t("notices.title"),
        on_click=NoticesState.load,
        custom_attrs=_OPENS,
        class_name="way bell",
    )


def small_bell() -> rx.Component:
    """Be the bell of a phone's top bar."""
    return rx.el.button(
        icon("bell", 20),
        rx.el.span(t("notices.title"), class_name="sr-only"),
        _count(),
        type="button",
        title=t("notices.title"),
        on_click=NoticesState.load,
        custom_attrs=_OPENS,
        class_name="btn btn-ghost btn-square bell -me-2",
    )


def _count() -> rx.Component:
    return rx.cond(
        NoticesState.unread > 0,
        rx.el.span(
            rx.el.span(
                rx.cond(NoticesState.unread > 99, "99+", NoticesState.unread.to(str)),
                custom_attrs={"aria-hidden": "true"},
            ),
            rx.el.span(t("notices.unread", n=NoticesState.unread), class_name="sr-only"),
            class_name="count bell-count",
        ),
    )


def notices_panel() -> rx.Component:
    """Hold the panel, once on a page; it keeps the count of every bell up to date."""
    return rx.el.div(
        reload_on("notices", NoticesState.count),
        rx.el.div(
            rx.el.h2(t("notices.title"), class_name="text-lg font-semibold grow"),
            rx.cond(
                NoticesState.unread > 0,
                button(
                    t("notices.read_all"),
                    kind="quiet",
                    class_name="btn-sm",
                    on_click=NoticesState.read_all,
                ),
            ),
            link(
                icon("settings"),
                to="/me/notifications/",
                title=t("notices.settings"),
                aria_label=t("notices.settings"),
                class_name="btn btn-ghost btn-square btn-sm",
            ),
            icon_button(
                t("app.close"),
                "x",
                "btn-sm",
                custom_attrs={**_OPENS, "popoverTargetAction": "hide"},
            ),
            class_name="notices-head",
        ),
        rx.cond(
            NoticesState.loaded,
            rx.cond(
                NoticesState.rows.length() > 0,
                rx.el.ul(rx.foreach(NoticesState.rows, _row), class_name="rows"),
                _nothing(),
            ),
            rx.el.p(t("app.loading"), role="status", class_name="p-6 text-center text-muted"),
        ),
        id=_PANEL,
        on_mount=NoticesState.count,
        role="dialog",
        aria_label=t("notices.title"),
        custom_attrs={"popover": "auto"},
        class_name="notices-panel",
    )


def _row(row: ObjectVar[NoticeRow]) -> rx.Component:
    mark = NoticesState.read(row.id.to(str))
    return rx.el.li(
        rx.cond(
            row.address != "",
            link(*_inside(row), to=row.address.to(str), on_click=mark, class_name="notice-row"),
            rx.el.button(*_inside(row), type="button", on_click=mark, class_name="notice-row"),
        ),
        key=row.id.to(str),
        custom_attrs={"data-read": rx.cond(row.read, "true", "false")},
    )


def _inside(row: ObjectVar[NoticeRow]) -> tuple[rx.Component, ...]:
    return (
        rx.el.span(
            rx.match(row.kind, *[(kind, icon(name)) for kind, name in _SYMBOLS], icon("bell")),
            class_name="notice-symbol",
        ),
        rx.el.span(
            rx.el.span(
                said_of("notices.is", row.kind, row.params),
                rx.cond(~row.read, rx.el.span(" (", t("notices.new"), ")", class_name="sr-only")),
                class_name="notice-said",
            ),
            rx.cond(row.words != "", rx.el.span(row.words, class_name="notice-words", dir="auto")),
            rx.el.span(
                rx.cond(row.workspace != "", rx.el.span(row.workspace, class_name="truncate")),
                moment(row.created_at.to(str)),
                rx.cond(row.address == "", rx.el.span(t("notices.gone"))),
                class_name="row-facts",
            ),
            class_name="flex flex-col min-w-0 grow gap-0.5",
        ),
    )


def _nothing() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("notices.empty.title"), class_name="font-medium"),
        rx.el.p(t("notices.empty.line"), class_name="text-muted mt-1"),
        class_name="p-6 text-center",
    )
