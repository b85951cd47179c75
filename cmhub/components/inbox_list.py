"""The list of the inbox: its states and views, its filter, its rows."""

from typing import Any

import reflex as rx
from reflex.vars import NumberVar, ObjectVar, StringVar, Var

from cmhub.components.asking import asking, filters
from cmhub.components.basics import (
    button,
    empty_state,
    label_chip,
    link,
    new_arrivals,
    skeleton_rows,
)
from cmhub.components.dialog import CLOSES, dialog, opens
from cmhub.components.form import check_box, text_field
from cmhub.components.icons import icon
from cmhub.components.networks import simulated_badge
from cmhub.components.people import avatar
from cmhub.components.search import search_box
from cmhub.components.sorting import MAY_ANSWER, exactly, selected_bar
from cmhub.components.table import with_bulk
from cmhub.components.text import moment, number, said_of, t
from cmhub.services.filtering import STATES, WAITS
from cmhub.services.inbox import LabelMark, ThreadRow
from cmhub.state.base import SessionState
from cmhub.state.inbox import InboxState, PersonChoice, ViewChoice
from cmhub.state.views import ViewsState

HERE = SessionState.workspace_address + "/inbox/"
_LANGUAGES = ("fr", "en")


def thread_list() -> rx.Component:
    """Show the list."""
    return with_bulk(
        rx.el.div(search_box(), _states(), _views(), _narrow(), class_name="list-head"),
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
        rx.cond(MAY_ANSWER, selected_bar()),
    )


def _states() -> rx.Component:
    return rx.el.nav(
        *[
            link(
                t(f"inbox.state.{state}"),
                rx.cond(
                    InboxState.counts.contains(state) & (InboxState.counts[state].to(int) > 0),
                    _count(InboxState.counts[state], 1000),
                ),
                to=asking(state=state, after="", thread=""),
                class_name="tab-link",
                custom_attrs={"aria-current": rx.cond(InboxState.wanted == state, "page", "false")},
            )
            for state in STATES
        ],
        aria_label=t("inbox.states"),
        class_name="tab-links",
    )


def _count(value: Var[Any], most: int) -> rx.Component:
    counted = value.to(int)
    return rx.el.span(
        number(counted), rx.cond(counted >= most, "+", ""), class_name="text-muted font-normal"
    )


def _views() -> rx.Component:
    return rx.cond(
        InboxState.views.length() > 0,
        rx.el.nav(
            rx.foreach(InboxState.views, _view),
            aria_label=t("inbox.views"),
            class_name="tab-links views",
        ),
    )


def _view(one: ObjectVar[ViewChoice]) -> rx.Component:
    return link(
        rx.cond(one.shared, icon("users"), icon("bookmark")),
        rx.el.span(one.name, class_name="truncate max-w-40"),
        rx.cond(one.count.to(int) > 0, _count(one.count.to(int), 100)),
        to=HERE + "?" + one.query.to(str),
        class_name="tab-link",
        custom_attrs={"aria-current": rx.cond(InboxState.view == one.id.to(str), "page", "false")},
    )


def _narrow() -> rx.Component:
    """Whose threads, and the filter with its menu."""
    mine = InboxState.asked.assignee
    whose = (("", "inbox.whose.all"), ("me", "inbox.whose.me"), ("nobody", "inbox.whose.nobody"))
    return rx.el.div(
        rx.el.nav(
            *[
                link(
                    t(words),
                    to=asking(assignee=value, after="", thread=""),
                    class_name="segment whitespace-nowrap text-center",
                    custom_attrs={"aria-current": rx.cond(mine == value, "true", "false")},
                )
                for value, words in whose
            ],
            aria_label=t("inbox.whose"),
            class_name="segments grow",
        ),
        rx.el.details(
            rx.el.summary(
                icon("list-filter"),
                rx.el.span(t("inbox.filter"), class_name="sr-only"),
                rx.cond(
                    InboxState.filters > 0,
                    rx.el.span(number(InboxState.filters), class_name="filter-count"),
                ),
                title=t("inbox.filter"),
                custom_attrs={"data-key": "f"},
                class_name="btn btn-sm btn-ghost filter-button",
            ),
            _filter(),
            custom_attrs={"data-menu": ""},
            class_name="relative",
        ),
        class_name="flex items-center gap-2",
    )


def _filter() -> rx.Component:
    return rx.el.div(
        filters(
            _choice("channel", _options(InboxState.channels), InboxState.asked.channel),
            _choice("assignee", _assignees(), InboxState.asked.assignee),
            _choice("label", _options(InboxState.labels), InboxState.asked.label),
            _choice("waits", _words("waits", tuple(WAITS)), InboxState.asked.waits),
            _choice("language", _words("language", _LANGUAGES), InboxState.asked.language),
            check_box(
                "noted",
                t("inbox.filter.noted"),
                value="1",
                key=_keyed("noted", InboxState.asked.noted),
                default_checked=InboxState.asked.noted != "",
            ),
            label=t("inbox.filter"),
            class_name="filter-fields",
        ),
        rx.cond(InboxState.filters > 0, _filter_steps()),
        class_name="floating floating-end filter-panel",
    )


def _choice(name: str, options: list[rx.Component], value: Var[str]) -> rx.Component:
    return rx.el.label(
        rx.el.span(t(f"inbox.filter.{name}")),
        rx.el.select(
            rx.el.option(t("inbox.filter.any"), value=""),
            *options,
            id=f"filter-{name}",
            name=name,
            key=_keyed(name, value),
            default_value=value,
            class_name="select select-sm",
        ),
        html_for=f"filter-{name}",
        class_name="filter-field",
    )


def _keyed(name: str, value: Var[Any]) -> Var[str]:
    """A key that changes with the value, so that the field is made anew."""
    return StringVar.create(name) + value.to(str)


def _options(rows: Any) -> list[rx.Component]:
    return [rx.foreach(rows, lambda one: rx.el.option(one.name, value=one.id.to(str)))]


def _assignees() -> list[rx.Component]:
    def person(one: ObjectVar[PersonChoice]) -> rx.Component:
        return rx.cond(one.answers & ~one.me, rx.el.option(one.name.to(str), value=one.id.to(str)))

    return [
        rx.el.option(t("inbox.whose.me"), value="me"),
        rx.el.option(t("inbox.whose.nobody"), value="nobody"),
        rx.foreach(InboxState.people, person),
    ]


def _words(name: str, values: tuple[str, ...]) -> list[rx.Component]:
    return [rx.el.option(t(f"inbox.{name}.{value}"), value=value) for value in values]


def _filter_steps() -> rx.Component:
    open_view = InboxState.view != ""
    return rx.el.div(
        rx.cond(
            open_view,
            rx.cond(
                InboxState.view_is_mine,
                rx.fragment(
                    _act(t("inbox.view.rename"), "pencil", custom_attrs=opens("rename-view")),
                    _act(t("inbox.view.delete"), "trash-2", on_click=ViewsState.delete),
                ),
            ),
            _act(t("inbox.view.save"), "bookmark", custom_attrs=opens("save-view")),
        ),
        link(icon("x"), t("inbox.filter.clear"), to=HERE, class_name="way"),
        class_name="filter-steps",
    )


def _act(words: Var[str], symbol: str, **props: Any) -> rx.Component:
    return rx.el.button(icon(symbol), words, type="button", class_name="way", **props)


def view_dialogs() -> rx.Component:
    """Ask for the name of a view."""
    return rx.fragment(
        dialog(
            rx.el.form(
                text_field("name", t("inbox.view.name"), required=True, max_length=60),
                rx.cond(MAY_ANSWER, check_box("shared", t("inbox.view.shared"), value="1")),
                _steps(t("inbox.view.save")),
                on_submit=ViewsState.save,
                reset_on_submit=True,
                custom_attrs={"data-closes-after": ""},
                class_name="flex flex-col gap-3 mt-3",
            ),
            dialog_id="save-view",
            title=t("inbox.view.save"),
        ),
        dialog(
            rx.el.form(
                text_field("new_name", t("inbox.view.name"), required=True, max_length=60),
                _steps(t("inbox.view.rename")),
                on_submit=ViewsState.rename,
                reset_on_submit=True,
                custom_attrs={"data-closes-after": ""},
                class_name="flex flex-col gap-3 mt-3",
            ),
            dialog_id="rename-view",
            title=t("inbox.view.rename"),
        ),
    )


def _steps(words: Var[str]) -> rx.Component:
    return rx.el.footer(
        button(t("app.cancel"), custom_attrs=CLOSES),
        button(words, kind="primary", type="submit"),
        class_name="flex flex-wrap justify-end gap-2 mt-2",
    )


def _row(row: ObjectVar[ThreadRow]) -> rx.Component:
    return rx.el.li(
        rx.cond(
            MAY_ANSWER,
            rx.el.input(
                type="checkbox",
                aria_label=t("app.select.one", name=row.starter),
                custom_attrs={"data-select": row.id.to(str)},
                class_name="checkbox checkbox-sm row-box",
            ),
        ),
        link(
            avatar(row.starter.to(str)),
            rx.el.span(
                rx.el.span(
                    rx.el.span(row.starter, class_name="font-semibold truncate"),
                    moment(
                        row.last_at.to(str),
                        SessionState.workspace_zone,
                        "text-xs text-muted ms-auto",
                    ),
                    class_name="flex items-baseline gap-2",
                ),
                rx.el.span(
                    _said(row.opening.to(str), row.message_count.to(int)), class_name="opening"
                ),
                rx.cond(row.message_count.to(int) > 1, _last(row)),
                _facts(row),
                class_name="flex flex-col min-w-0 grow gap-0.5",
            ),
            to=asking(thread=row.id.to(str)),
            class_name="row",
            custom_attrs={
                "data-row": "",
                "aria-current": rx.cond(InboxState.chosen == row.id.to(str), "true", "false"),
            },
        ),
        key=row.id.to(str),
        class_name="row-item",
    )


def _facts(row: ObjectVar[ThreadRow]) -> rx.Component:
    marks = row.labels.to(list[LabelMark])
    return rx.el.span(
        rx.el.span(icon("hash"), row.channel, class_name="in-channel"),
        rx.cond(
            row.message_count.to(int) > 1, rx.el.span(t("inbox.messages", n=row.message_count))
        ),
        rx.cond(
            row.snoozed_until,
            rx.el.span(
                icon("alarm-clock"), exactly(row.snoozed_until.to(str)), class_name="in-channel"
            ),
        ),
        rx.cond(
            row.noted,
            rx.el.span(
                icon("sticky-note"),
                rx.el.span(t("inbox.noted"), class_name="sr-only"),
                title=t("inbox.noted"),
                class_name="in-channel",
            ),
        ),
        rx.foreach(marks[:2], lambda one: label_chip(one.name.to(str), one.color.to(str))),
        rx.cond(marks.length() > 2, rx.el.span("+", number(marks.length() - 2))),
        simulated_badge(row.network.to(str), quiet=True),
        rx.cond(
            row.assignee != "",
            rx.el.span(
                avatar(row.assignee.to(str), size="small"),
                rx.el.span(t("inbox.assigned.to", name=row.assignee), class_name="sr-only"),
                title=t("inbox.assigned.to", name=row.assignee),
                class_name="ms-auto",
            ),
        ),
        class_name="row-facts",
    )


def _said(words: Var[str], count: NumberVar) -> rx.Component:
    return rx.cond(
        words != "", words, rx.el.em(rx.cond(count > 0, t("inbox.no_words"), t("inbox.deleted")))
    )


def _last(row: ObjectVar[ThreadRow]) -> rx.Component:
    return rx.el.span(
        icon("corner-down-right", class_name="mt-0.5"),
        rx.el.span(
            rx.el.span(
                rx.cond(row.last_from_team, t("inbox.you"), row.last_author),
                class_name="font-medium",
            ),
            " ",
            rx.cond(
                row.last_deleted,
                rx.el.em(t("inbox.deleted")),
                rx.cond(row.last_words != "", row.last_words, rx.el.em(t("inbox.no_words"))),
            ),
            class_name="truncate",
        ),
        class_name="last",
    )


def _pages() -> rx.Component:
    return rx.el.nav(
        rx.cond(
            InboxState.paged,
            link(
                icon("chevrons-up"), t("inbox.newest"), to=asking(after=""), class_name="btn btn-sm"
            ),
        ),
        rx.cond(
            InboxState.after != "",
            link(
                t("inbox.more"),
                icon("chevron-down"),
                to=asking(after=InboxState.after),
                class_name="btn btn-sm",
            ),
        ),
        class_name="flex justify-center gap-2 p-3 empty:hidden",
    )


def _nothing() -> rx.Component:
    return rx.cond(
        InboxState.connected,
        empty_state(
            t("inbox.empty.title"),
            rx.cond(
                InboxState.filters > 0,
                t("inbox.empty.filter"),
                said_of("inbox.empty", InboxState.wanted),
            ),
            symbol="circle-check",
        ),
        empty_state(
            t("inbox.empty.none.title"),
            t("inbox.empty.none"),
            link(
                t("inbox.empty.connect"),
                to=SessionState.workspace_address + "/connections/",
                class_name="btn btn-primary",
            ),
        ),
    )
