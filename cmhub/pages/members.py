"""The directory of members: found by name, narrowed down and ordered in the address."""

import reflex as rx
from reflex.vars import ObjectVar

from cmhub.components.asking import asking, filters
from cmhub.components.basics import badge, empty_state, link, surface
from cmhub.components.form import check_box, date_field, select_field
from cmhub.components.icons import icon
from cmhub.components.networks import network_name
from cmhub.components.parts import reload_on
from cmhub.components.people import person
from cmhub.components.shell import page
from cmhub.components.table import Column, data_table, pager
from cmhub.components.text import moment, number, t
from cmhub.services.members.listing import KINDS, MemberRow
from cmhub.state.base import SessionState
from cmhub.state.members import MembersState

_HERE = SessionState.workspace_address + "/members/"
_ZONE = SessionState.workspace_zone
_NONE = {"q": "", "network": "", "channel": "", "active": "", "silent": "", "newcomers": ""}


def members() -> rx.Component:
    """Show the members of the workspace."""
    state = MembersState
    many = state.total > state.counted
    return page(
        reload_on("members", state.load),
        _filters(),
        data_table(
            state.rows,
            _columns(),
            label=t("members.title"),
            key=lambda row: row.id.to(str),
            to=lambda row: _HERE + row.id.to(str) + "/",
            sort=state.order,
            loaded=state.loaded,
            empty=surface(_nobody()),
            foot=pager(state.after, state.paged),
        ),
        here="members",
        title=t("members.title"),
        line=rx.cond(
            state.loaded,
            rx.cond(
                many,
                t("members.line.many", n=state.counted),
                rx.cond(
                    state.narrowed | (state.kind != "members"),
                    t("members.line.found", n=state.total),
                    t("members.line", n=state.total),
                ),
            ),
            "",
        ),
    )


def _filters() -> rx.Component:
    state = MembersState
    fresh = state.loaded.to(str) + state.narrowed.to(str)
    return filters(
        rx.el.label(
            icon("search", class_name="text-muted"),
            rx.el.input(
                type="search",
                name="q",
                default_value=state.words,
                key="q" + fresh,
                placeholder=t("members.search"),
                aria_label=t("members.search"),
                class_name="search-words",
                custom_attrs={"data-key": "/"},
            ),
            class_name="search-box w-full sm:w-64",
        ),
        select_field(
            "kind",
            t("members.kind"),
            [(one, t(f"members.kind.{one}")) for one in KINDS],
            default_value=state.kind,
            key="kind" + fresh,
        ),
        select_field(
            "network",
            t("members.network"),
            rx.fragment(
                rx.el.option(t("members.network.all"), value=""),
                rx.foreach(
                    state.networks, lambda one: rx.el.option(network_name(one), value=one.to(str))
                ),
            ),
            default_value=state.network,
            key="network" + fresh,
        ),
        select_field(
            "channel",
            t("search.channel"),
            rx.fragment(
                rx.el.option(t("search.channel.all"), value=""),
                rx.foreach(
                    state.channels, lambda one: rx.el.option(one.name, value=one.id.to(str))
                ),
            ),
            default_value=state.channel,
            key="channel" + fresh,
        ),
        date_field("active", t("members.active"), default_value=state.active, key="a" + fresh),
        date_field("silent", t("members.silent"), default_value=state.silent, key="s" + fresh),
        check_box(
            "newcomers",
            t("members.newcomers"),
            value="yes",
            default_checked=state.newcomers,
            key="n" + fresh,
        ),
        rx.cond(
            state.narrowed,
            link(
                t("search.loosen"), to=asking(**_NONE, after=""), class_name="btn btn-sm btn-ghost"
            ),
        ),
        label=t("members.filter"),
        class_name="member-filters mb-4",
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("members.name"), _name, sort="name"),
        Column(t("members.networks"), _networks, wide=True),
        Column(t("members.messages"), lambda row: number(row.messages), sort="messages", end=True),
        Column(t("members.reactions"), lambda row: number(row.reactions), end=True, wide=True),
        Column(t("members.joined"), lambda row: _moment(row.first_at), sort="joined", wide=True),
        Column(t("members.last"), lambda row: _moment(row.last_at), sort="last"),
    )


def _name(row: ObjectVar[MemberRow]) -> rx.Component:
    return rx.el.span(
        person(row.name.to(str), row.handle.to(str)),
        rx.cond(row.team, badge(t("members.is.team"), "info")),
        rx.cond(row.bot, badge(t("members.is.bot"))),
        class_name="flex items-center gap-3 min-w-0",
    )


def _networks(row: ObjectVar[MemberRow]) -> rx.Component:
    return rx.el.span(
        rx.foreach(
            row.networks.to(list[str]),
            lambda one: rx.el.span(network_name(one), class_name="network-word"),
        ),
        class_name="flex flex-wrap gap-1",
    )


def _moment(at: rx.Var) -> rx.Component:
    return rx.cond(
        at, moment(at.to(str), _ZONE), rx.el.span(t("members.never"), class_name="text-muted")
    )


def _nobody() -> rx.Component:
    return rx.cond(
        MembersState.narrowed,
        empty_state(
            t("members.none.title"),
            t("members.none.line"),
            link(t("members.none.loosen"), to=asking(**_NONE, after=""), class_name="btn"),
            symbol="search-x",
        ),
        empty_state(
            t("members.empty.title"),
            t("members.empty.line"),
            link(
                t("inbox.empty.connect"),
                to=SessionState.workspace_address + "/connections/",
                class_name="btn btn-primary",
            ),
            symbol="users",
        ),
    )
