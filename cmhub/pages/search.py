"""Search: all messages of the workspace by their words, narrowed down in the address."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.asking import asking, filters
from cmhub.components.basics import empty_state, link, skeleton_rows, surface
from cmhub.components.form import date_field, select_field
from cmhub.components.icons import icon
from cmhub.components.networks import network_name
from cmhub.components.panels import segments
from cmhub.components.people import avatar
from cmhub.components.search import marked
from cmhub.components.shell import page
from cmhub.components.table import pager
from cmhub.components.text import moment, said_of, t
from cmhub.services.search.finding import STATES, Hit
from cmhub.state.base import SessionState
from cmhub.state.search import SearchState

_HERE = SessionState.workspace_address
_NONE = {"channel": "", "author": "", "since": "", "until": "", "state": "", "side": ""}


def search() -> rx.Component:
    """Show what was found."""
    state = SearchState
    return page(
        _asked(),
        rx.cond(
            state.loaded,
            rx.cond(
                state.hits.length() > 0,
                surface(
                    rx.el.ol(rx.foreach(state.hits, _hit), class_name="rows"),
                    pager(state.after, state.paged),
                ),
                surface(_nothing()),
            ),
            surface(skeleton_rows(4)),
        ),
        here="inbox",
        title=t("search.title"),
        line=rx.cond(
            state.known & (state.order == "best"),
            t("search.best", words=state.words),
            rx.cond(state.known, t("search.line", words=state.words), t("search.hint")),
        ),
    )


def _asked() -> rx.Component:
    state = SearchState
    # A field takes what the address asks for when it appears; a change from elsewhere makes it new.
    fresh = state.loaded.to(str) + state.narrowed.to(str)
    return rx.el.div(
        filters(
            rx.el.label(
                icon("search", class_name="text-muted"),
                rx.el.input(
                    type="search",
                    name="q",
                    key="q" + state.loaded.to(str),
                    default_value=state.words,
                    max_length=200,
                    placeholder=t("search.box"),
                    aria_label=t("search.box"),
                    auto_focus=True,
                    class_name="search-words",
                    custom_attrs={"data-key": "/"},
                ),
                class_name="search-box w-full",
            ),
            rx.el.div(
                select_field(
                    "channel",
                    t("search.channel"),
                    rx.fragment(
                        rx.el.option(t("search.channel.all"), value=""),
                        rx.foreach(
                            state.channels,
                            lambda one: rx.el.option(one.name, value=one.id.to(str)),
                        ),
                    ),
                    default_value=state.channel,
                    key="channel" + fresh,
                ),
                select_field(
                    "side",
                    t("search.side"),
                    [
                        ("", t("search.side.all")),
                        ("members", t("search.side.members")),
                        ("team", t("search.side.team")),
                    ],
                    default_value=state.side,
                    key="side" + fresh,
                ),
                select_field(
                    "state",
                    t("search.state"),
                    [("", t("search.state.all")), *[(one, t(f"inbox.is.{one}")) for one in STATES]],
                    default_value=state.standing,
                    key="state" + fresh,
                ),
                date_field(
                    "since", t("search.since"), default_value=state.since, key="since" + fresh
                ),
                date_field(
                    "until", t("search.until"), default_value=state.until, key="until" + fresh
                ),
                class_name="search-filters",
            ),
            label=t("search.title"),
        ),
        rx.el.div(
            segments(
                [
                    (
                        t(f"search.order.{one}"),
                        asking(order="" if one == "newest" else one, after=""),
                        state.order == one,
                    )
                    for one in ("newest", "best")
                ],
                label=t("search.order"),
            ),
            rx.cond(
                state.author_name != "",
                link(
                    t("search.by", name=state.author_name),
                    icon("x"),
                    to=asking(author="", after=""),
                    aria_label=t("search.by.drop", name=state.author_name),
                    class_name="btn btn-sm",
                ),
            ),
            rx.cond(state.narrowed, _loosen()),
            class_name="flex flex-wrap items-center gap-2",
        ),
        class_name="flex flex-col gap-3 mb-4",
    )


def _loosen() -> rx.Component:
    return link(t("search.loosen"), to=asking(**_NONE, after=""), class_name="btn btn-sm btn-ghost")


def _hit(hit: ObjectVar[Hit]) -> rx.Component:
    return rx.el.li(
        link(
            avatar(hit.author.to(str)),
            rx.el.span(
                rx.el.span(
                    rx.el.span(hit.author, class_name="font-semibold truncate"),
                    rx.cond(
                        hit.from_team, rx.el.span(t("inbox.you"), class_name="team-mark shrink-0")
                    ),
                    moment(
                        hit.posted_at.to(str),
                        SessionState.workspace_zone,
                        "text-xs text-muted ms-auto",
                    ),
                    class_name="flex items-baseline gap-2",
                ),
                rx.el.span(marked(hit.excerpt), class_name="found-words"),
                rx.el.span(
                    rx.el.span(icon("hash"), hit.channel, class_name="in-channel"),
                    rx.el.span(network_name(hit.network.to(str))),
                    rx.el.span(said_of("inbox.is", hit.state)),
                    rx.cond(hit.edited, rx.el.span(t("inbox.edited"))),
                    class_name="row-facts",
                ),
                class_name="flex flex-col min-w-0 grow gap-0.5",
            ),
            to=thread_at(hit.thread_id.to(str), hit.id.to(str)),
            class_name="row",
            custom_attrs={"data-row": ""},
        ),
        key=hit.id.to(str),
    )


def thread_at(thread: Var[str], message: Var[str]) -> Var[str]:
    """The address of a thread, at one of its messages."""
    return _HERE + "/inbox/?thread=" + thread.to(str) + "#m-" + message.to(str)


def _nothing() -> rx.Component:
    state = SearchState
    return rx.cond(
        state.known,
        empty_state(
            t("search.none.title", words=state.words),
            rx.cond(state.narrowed, t("search.none.narrowed"), t("search.none.line")),
            rx.cond(
                state.narrowed,
                link(t("search.none.loosen"), to=asking(**_NONE, after=""), class_name="btn"),
            ),
            symbol="search-x",
        ),
        empty_state(
            rx.cond(state.words == "", t("search.start.title"), t("search.common.title")),
            rx.cond(state.words == "", t("search.start.line"), t("search.common.line")),
            symbol="search",
        ),
    )
