"""The inbox: the list left, the thread right; on a phone one after the other."""

import reflex as rx
from reflex.vars import NumberVar, ObjectVar, StringVar, Var

from cmhub.components.basics import (
    empty_state,
    icon_button,
    link,
    new_arrivals,
    skeleton_rows,
)
from cmhub.components.dialog import dialog, opens
from cmhub.components.icons import icon
from cmhub.components.networks import simulated_badge
from cmhub.components.parts import reload_on
from cmhub.components.search import search_box
from cmhub.components.shell import page
from cmhub.components.text import initial, moment, number, t
from cmhub.components.thread import thread_view
from cmhub.services.inbox import STATES, ThreadRow
from cmhub.state.base import SessionState
from cmhub.state.inbox import InboxState

_HERE = SessionState.workspace_address + "/inbox/"
_SHORTCUTS = "shortcuts"


def inbox() -> rx.Component:
    """Show the inbox."""
    return page(
        reload_on("inbox", InboxState.refresh),
        rx.el.div(
            _list(),
            rx.el.div(
                rx.cond(
                    InboxState.thread,
                    thread_view(_address()),
                    rx.cond(InboxState.missing, _missing(), _choose()),
                ),
                class_name="detail surface",
            ),
            custom_attrs={"data-open": rx.cond(InboxState.chosen != "", "true", "false")},
            class_name="split",
        ),
        _shortcuts(),
        here="inbox",
        title=t("inbox.title"),
        line=rx.cond(
            InboxState.loaded,
            rx.cond(
                InboxState.counts["open"].to(int) > 0,
                t("inbox.line", n=InboxState.counts["open"]),
                t("inbox.clear"),
            ),
            "",
        ),
        action=icon_button(
            t("app.shortcuts"),
            "keyboard",
            "max-[600px]:hidden",
            custom_attrs={**opens(_SHORTCUTS), "data-key": "?"},
        ),
        on_undo=InboxState.undo,
        wide=True,
    )


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
    return rx.cond(
        InboxState.channels.length() > 1,
        rx.el.details(
            rx.el.summary(
                icon("hash"),
                rx.el.span(
                    t(
                        "inbox.channel.is",
                        name=rx.cond(
                            InboxState.channel == "",
                            t("inbox.channel.all"),
                            InboxState.channel_name,
                        ),
                    ),
                    class_name="truncate",
                ),
                icon("chevron-down", class_name="text-muted"),
                class_name="way text-sm",
            ),
            rx.el.ul(
                _channel("", t("inbox.channel.all")),
                rx.foreach(
                    InboxState.channels, lambda one: _channel(one.id.to(str), one.name.to(str))
                ),
                class_name="floating",
            ),
            custom_attrs={"data-menu": ""},
            class_name="relative",
        ),
    )


def _channel(channel: StringVar | str, words: Var[str]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(words, class_name="truncate grow"),
            rx.cond(InboxState.channel == channel, icon("check")),
            to=_HERE + "?state=" + InboxState.wanted + "&channel=" + channel,
            class_name="way",
            custom_attrs={"aria-current": rx.cond(InboxState.channel == channel, "true", "false")},
        )
    )


def _row(row: ObjectVar[ThreadRow]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(initial(row.starter), class_name="avatar", aria_hidden="true"),
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
                    _words(row.opening.to(str), row.message_count.to(int)), class_name="opening"
                ),
                rx.cond(row.message_count.to(int) > 1, _last(row)),
                rx.el.span(
                    rx.el.span(icon("hash"), row.channel, class_name="in-channel"),
                    simulated_badge(row.network.to(str)),
                    rx.el.span(t("inbox.messages", n=row.message_count)),
                    class_name="row-facts",
                ),
                class_name="flex flex-col min-w-0 grow gap-0.5",
            ),
            to=_address(thread=row.id.to(str)),
            class_name="row",
            custom_attrs={
                "data-row": "",
                "aria-current": rx.cond(InboxState.chosen == row.id.to(str), "true", "false"),
            },
        ),
        key=row.id.to(str),
    )


def _words(words: Var[str], count: NumberVar) -> rx.Component:
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
            link(icon("chevrons-up"), t("inbox.newest"), to=_address(), class_name="btn btn-sm"),
        ),
        rx.cond(
            InboxState.after != "",
            link(
                t("inbox.more"),
                icon("chevron-down"),
                to=_address(after=InboxState.after),
                class_name="btn btn-sm",
            ),
        ),
        class_name="flex justify-center gap-2 p-3 empty:hidden",
    )


def _encoded(words: Var[str]) -> StringVar:
    return Var(f"encodeURIComponent({words!s})", _var_data=words._get_all_var_data()).to(str)


def _nothing() -> rx.Component:
    return rx.cond(
        InboxState.connected,
        empty_state(
            t("inbox.empty.title"),
            rx.cond(
                (InboxState.wanted == "open") & (InboxState.channel == ""),
                t("inbox.empty.open"),
                t("inbox.empty.filter"),
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


def _choose() -> rx.Component:
    return empty_state(
        t("inbox.choose.title"), t("inbox.choose.line"), symbol="message-square-text"
    )


def _missing() -> rx.Component:
    return empty_state(
        t("app.not_found.title"),
        t("error.not_found"),
        link(t("inbox.back"), to=_address(), class_name="btn"),
        symbol="search-x",
    )


def _shortcuts() -> rx.Component:
    keys = (
        ("J", "inbox.shortcuts.next"),
        ("K", "inbox.shortcuts.previous"),
        ("R", "inbox.reply"),
        ("E", "inbox.done"),
        ("?", "app.shortcuts"),
    )
    return dialog(
        rx.el.dl(
            *[
                rx.el.div(
                    rx.el.dt(rx.el.kbd(key, class_name="kbd kbd-sm")),
                    rx.el.dd(t(words)),
                    class_name="flex items-center gap-3",
                )
                for key, words in keys
            ],
            class_name="flex flex-col gap-2 mt-4",
        ),
        dialog_id=_SHORTCUTS,
        title=t("app.shortcuts"),
    )
