"""The inbox: the list left, the thread right; on a phone one after the other."""

from typing import Any

import reflex as rx

from cmhub.components.asking import asking
from cmhub.components.basics import empty_state, icon_button, link
from cmhub.components.dialog import opens
from cmhub.components.inbox_list import thread_list, view_dialogs
from cmhub.components.panels import list_and_detail
from cmhub.components.parts import reload_on
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


def _line() -> Any:
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
