"""What is done with threads: the menus of the open one, and the bar of the selected ones."""

from typing import Any

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import Words, button, label_chip
from cmhub.components.dialog import CLOSES, dialog, opens
from cmhub.components.icons import icon
from cmhub.components.panels import menu_item, menu_line
from cmhub.components.people import avatar
from cmhub.components.table import SELECTED, bulk_bar
from cmhub.components.text import said_of, t, when
from cmhub.services.labels import LabelView
from cmhub.services.sorting import SnoozeChoice
from cmhub.state.base import SessionState
from cmhub.state.inbox import InboxState, PersonChoice
from cmhub.state.sorting import SortingState

_ZONE = SessionState.workspace_zone
MAY_ANSWER = SessionState.permissions.contains("inbox:answer")
MAY_MANAGE = SessionState.permissions.contains("workspace:settings")


def opener(
    words: Words, symbol: str, menu_id: str, key: str, *inside: rx.Component
) -> rx.Component:
    """A button that opens a menu by pointer or by a key; ``inside`` stands for the symbol."""
    return rx.el.button(
        *(inside or (icon(symbol),)),
        type="button",
        title=words,
        aria_label=words,
        aria_haspopup="menu",
        custom_attrs={"popoverTarget": menu_id, "data-key": key},
        class_name="btn btn-ghost btn-sm btn-square",
    )


def _menu(menu_id: str, label: Words, *items: rx.Component) -> rx.Component:
    return rx.el.div(
        *items,
        id=menu_id,
        role="menu",
        aria_label=label,
        custom_attrs={"popover": "auto"},
        class_name="menu-list",
    )


def _item(*inside: rx.Component, **props: Any) -> rx.Component:
    """One action of a menu that is more than a word."""
    return rx.el.button(
        *inside, type="button", role="menuitem", tab_index=-1, class_name="way", **props
    )


def assign_menu(menu_id: str, ids: Any, chosen: Var[Any] | None = None) -> rx.Component:
    """Give threads to somebody; ``chosen`` is the id of who has them."""

    def person(one: ObjectVar[PersonChoice]) -> rx.Component:
        return rx.cond(
            one.answers,
            _item(
                avatar(one.name.to(str), size="small"),
                rx.el.span(one.name, class_name="truncate grow"),
                rx.cond(one.me, rx.el.span(t("inbox.me"), class_name="text-muted text-sm")),
                rx.cond(chosen == one.id, icon("check")) if chosen is not None else rx.fragment(),
                on_click=SortingState.assign(ids, one.id.to(str)),
                custom_attrs=_acts(chosen),
            ),
        )

    return _menu(
        menu_id,
        t("inbox.assign"),
        rx.foreach(InboxState.people, person),
        menu_line(),
        menu_item(
            t("inbox.assign.nobody"),
            symbol="user-x",
            on_click=SortingState.assign(ids, ""),
            custom_attrs=_acts(chosen),
        ),
    )


def _acts(chosen: Any) -> dict[str, Any]:
    """With a selection, the action ends it."""
    return {} if chosen is not None else {"data-acts": ""}


def label_menu(menu_id: str, ids: Any, chosen: Var[Any] | None = None) -> rx.Component:
    """Put labels on threads, as many as one likes; ``chosen`` are the ids of those they have."""

    def label(one: ObjectVar[LabelView]) -> rx.Component:
        on = chosen.to(list).contains(one.id) if chosen is not None else Var.create(False)
        return rx.el.button(
            label_chip(one.name.to(str), one.color.to(str)),
            rx.cond(on, icon("check", class_name="ms-auto")),
            rx.cond(on, rx.el.span(t("inbox.label.on"), class_name="sr-only")),
            type="button",
            role="menuitem",
            tab_index=-1,
            on_click=SortingState.label(ids, one.id.to(str)),
            custom_attrs={"data-stays": ""},
            class_name="way",
        )

    return _menu(
        menu_id,
        t("inbox.label"),
        rx.foreach(InboxState.labels, label),
        rx.cond(
            InboxState.labels.length() == 0,
            rx.el.p(t("inbox.label.none"), class_name="text-sm text-muted px-2 py-1 max-w-60"),
        ),
        rx.cond(
            MAY_MANAGE,
            rx.fragment(
                menu_line(),
                menu_item(
                    t("inbox.label.manage"),
                    symbol="settings",
                    to=SessionState.workspace_address + "/settings/labels/",
                ),
            ),
        ),
    )


def snooze_menu(menu_id: str, ids: Any, dialog_id: str, *, many: bool = False) -> rx.Component:
    """Put threads away until a moment, which the words name exactly."""

    def choice(one: ObjectVar[SnoozeChoice]) -> rx.Component:
        return _item(
            rx.el.span(said_of("inbox.snooze", one.word), class_name="grow"),
            rx.el.span(exactly(one.at.to(str)), class_name="text-sm text-muted whitespace-nowrap"),
            on_click=SortingState.snooze(ids, one.at.to(str)),
            custom_attrs={"data-acts": ""} if many else {},
        )

    return _menu(
        menu_id,
        t("inbox.snooze"),
        rx.foreach(InboxState.snoozes, choice),
        menu_line(),
        menu_item(t("inbox.snooze.date"), symbol="calendar-clock", custom_attrs=opens(dialog_id)),
    )


def exactly(at: Var[str]) -> Var[str]:
    """A moment as day and time of the workspace's zone."""
    return when(
        at, _ZONE, weekday="short", day="numeric", month="short", hour="2-digit", minute="2-digit"
    )


def snooze_dialog(dialog_id: str, ids: Any) -> rx.Component:
    """Ask until when."""
    field = f"{dialog_id}-until"
    return dialog(
        rx.el.form(
            rx.el.label(t("inbox.snooze.until"), html_for=field, class_name="font-medium"),
            rx.el.input(
                id=field, name="until", type="datetime-local", required=True, class_name="input"
            ),
            rx.el.p(t("inbox.snooze.zone", zone=_ZONE), class_name="text-sm text-muted"),
            rx.el.footer(
                button(t("app.cancel"), custom_attrs=CLOSES),
                button(
                    t("inbox.snooze.do"),
                    kind="primary",
                    type="submit",
                ),
                class_name="flex flex-wrap justify-end gap-2 mt-4",
            ),
            on_submit=SortingState.snooze_at(ids),
            custom_attrs={"data-closes-after": "", "data-acts-after": ""},
            class_name="flex flex-col gap-1 mt-3",
        ),
        dialog_id=dialog_id,
        title=t("inbox.snooze"),
    )


def selected_bar() -> rx.Component:
    """Offer what can be done with the selected threads."""
    return bulk_bar(
        button(
            t("inbox.done.short"),
            symbol="check",
            class_name="btn-sm",
            on_click=SortingState.move(SELECTED, "done"),
            custom_attrs={"data-acts": "", "data-key": "e"},
        ),
        button(
            t("inbox.reopen"),
            symbol="rotate-ccw",
            class_name="btn-sm",
            on_click=SortingState.move(SELECTED, "open"),
            custom_attrs={"data-acts": ""},
        ),
        rx.el.span(
            opener(t("inbox.assign"), "user-round-plus", "assign-many", "a"),
            opener(t("inbox.label"), "tag", "label-many", "l"),
            opener(t("inbox.snooze"), "alarm-clock", "snooze-many", "h z"),
            class_name="inline-flex gap-1",
        ),
        assign_menu("assign-many", SELECTED),
        label_menu("label-many", SELECTED),
        snooze_menu("snooze-many", SELECTED, "snooze-date-many", many=True),
    )
