"""The inbox: the list left, the thread right; on a phone one after the other."""

from typing import Any

import reflex as rx

from cmhub.components.asking import asking
from cmhub.components.basics import empty_state, icon_button, link
from cmhub.components.dialog import opens
from cmhub.components.inbox_list import thread_list, view_dialogs
from cmhub.components.panels import list_and_detail
from cmhub.components.parts import reload_on
from cmhub.components.search import search_box
from cmhub.components.shell import page
from cmhub.components.sorting import snooze_dialog
from cmhub.components.table import SELECTED
from cmhub.components.text import t
from cmhub.components.thread import thread_view
from cmhub.state.inbox import InboxState
from cmhub.state.writing import WritingState


def inbox() -> rx.Component:
    """Show the inbox."""
    return page(
        reload_on("inbox", InboxState.refresh),
        reload_on("desk", InboxState.refresh_desk),
        reload_on("presence", WritingState.look_around),
        list_and_detail(
            thread_list(),
            detail=rx.cond(
                InboxState.thread,
                thread_view(asking(thread="")),
                rx.cond(InboxState.missing, _missing(), _choose()),
            ),
            is_open=InboxState.chosen != "",
            label=t("inbox.threads"),
        ),
        view_dialogs(),
        snooze_dialog(
            "snooze-date", rx.cond(InboxState.thread, [InboxState.thread.id.to(str)], [])
        ),
        snooze_dialog("snooze-date-many", SELECTED),
        here="inbox",
        title=t("inbox.title"),
        line=rx.cond(InboxState.loaded, _line(), ""),
        action=icon_button(
            t("app.shortcuts"),
            "keyboard",
            "max-[600px]:hidden",
            custom_attrs={**opens("keys"), "data-key": "?"},
        ),
        on_undo=InboxState.undo,
        wide=True,
    )


<<<<<<< HEAD
def _address(
    *,
    state: StringVar | str = InboxState.wanted,
    thread: StringVar | None = None,
    after: StringVar | None = None,
) -> Var[str]:
    """The inbox with the filter of now, but for what is given."""
    parts = _HERE + "?state=" + state
    parts += rx.cond(InboxState.channel != "", "&channel=" + InboxState.channel, "").to(str)
    if after is not None:
        parts += "&after=" + _encoded(after)
    if thread is not None:
        parts += "&thread=" + thread
    return parts


def _list() -> rx.Component:
    return rx.el.section(
        rx.el.div(search_box(), _states(), _channels(), class_name="list-head"),
        rx.cond(
            InboxState.loaded,
            rx.cond(
                InboxState.rows.length() > 0,
                rx.el.div(
                    new_arrivals(InboxState.arrivals, on_click=InboxState.load),
                    rx.el.ul(rx.foreach(InboxState.rows, _row), class_name="rows"),
                    _pages(),
                    class_name="flex flex-col",
                ),
                rx.fragment(
                    new_arrivals(InboxState.arrivals, on_click=InboxState.load), _nothing()
                ),
            ),
            skeleton_rows(),
        ),
        aria_label=t("inbox.threads"),
        class_name="list surface",
    )


def _states() -> rx.Component:
    return rx.el.nav(
        *[
            link(
                t(f"inbox.state.{state}"),
                rx.el.span(
                    number(InboxState.counts[state].to(int)),
                    rx.cond(InboxState.counts[state].to(int) >= 1000, "+", ""),
                    class_name="text-muted font-normal",
                ),
                to=_address(state=state),
                class_name="tab-link",
                custom_attrs={"aria-current": rx.cond(InboxState.wanted == state, "page", "false")},
            )
            for state in STATES
        ],
        aria_label=t("inbox.states"),
        class_name="tab-links",
    )


def _channels() -> rx.Component:
=======
def _line() -> Any:
>>>>>>> main
    return rx.cond(
        InboxState.filters > 0,
        t("inbox.line.filter"),
        rx.cond(
            InboxState.counts["open"].to(int) > 0,
            t("inbox.line", n=InboxState.counts["open"]),
            t("inbox.clear"),
        ),
    )


def _choose() -> rx.Component:
    return empty_state(
        t("inbox.choose.title"), t("inbox.choose.line"), symbol="message-square-text"
    )


def _missing() -> rx.Component:
    return empty_state(
        t("app.not_found.title"),
        t("error.not_found"),
        link(t("inbox.back"), to=asking(thread=""), class_name="btn"),
        symbol="search-x",
    )
