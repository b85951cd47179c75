"""One member: who they are, what they do here, what they wrote, and merging with another."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import (
    badge,
    button,
    empty_state,
    link,
    skeleton_card,
    surface,
    tone_of,
)
from cmhub.components.charts import bar_chart, chart_styles
from cmhub.components.dialog import opens
from cmhub.components.icons import icon
from cmhub.components.merging import FIND, find_dialog, identity, merge_drawer
from cmhub.components.networks import network_name
from cmhub.components.parts import reload_on
from cmhub.components.shell import page
from cmhub.components.table import pager
from cmhub.components.text import moment, number, said_of, t
from cmhub.pages.search import thread_at
from cmhub.services.members.listing import IdentityView
from cmhub.services.members.profile import (
    ChannelShare,
    MeasureView,
    MemberMessage,
    MemberView,
    MergeView,
)
from cmhub.state.base import SessionState
from cmhub.state.member import MemberState

_HERE = SessionState.workspace_address
_ZONE = SessionState.workspace_zone


def member() -> rx.Component:
    """Show a member."""
    state = MemberState
    view = state.view.to(ObjectVar[MemberView])
    return page(
        reload_on("members", state.load),
        chart_styles(),
        link(
            icon("arrow-left"),
            t("member.back"),
            to=_HERE + "/members/",
            class_name="btn btn-sm btn-ghost -ms-3 mb-2",
        ),
        rx.cond(
            state.missing,
            surface(empty_state(t("app.not_found.title"), t("error.not_found"), symbol="search-x")),
            rx.cond(state.view, _document(view), _waiting()),
        ),
        find_dialog(),
        merge_drawer(),
        here="members",
        title=rx.cond(state.view, view.name.to(str), t("member.title")),
        line=rx.cond(state.view, _line(view), ""),
        action=rx.cond(
            state.view & SessionState.permissions.contains("member:merge"),
            button(t("member.merge"), symbol="merge", custom_attrs=opens(FIND)),
        ),
        on_undo=state.undo,
    )


def _line(view: ObjectVar[MemberView]) -> Var[str]:
    return rx.cond(
        view.last_at,
        t(
            "member.line",
            messages=t("inbox.messages", n=view.messages),
            reactions=t("member.reactions_given", n=view.reactions),
        ),
        t("member.line.silent"),
    ).to(str)


def _waiting() -> rx.Component:
    return rx.el.div(skeleton_card("h-20"), skeleton_card("h-48"), class_name="flex flex-col gap-4")


def _document(view: ObjectVar[MemberView]) -> rx.Component:
    return rx.el.div(
        rx.el.div(_weeks(), _written(view), class_name="flex flex-col gap-4 min-w-0"),
        rx.el.aside(
            _facts(view),
            _identities(view),
            rx.cond(view.channels.to(list).length() > 0, _channels(view)),
            rx.cond(view.measures.to(list).length() > 0, _measures(view)),
            rx.cond(view.merges.to(list).length() > 0, _merges(view)),
            aria_label=t("member.facts"),
            class_name="flex flex-col gap-4 min-w-0",
        ),
        class_name="member-document",
    )


def _weeks() -> rx.Component:
    state = MemberState
    return bar_chart(
        state.weeks,
        name="weeks",
        title=t("member.weeks", n=state.active_weeks, all=state.weeks.length()),
        top=state.most,
        say=lambda mark: t("member.week_value", n=mark.value),
    )


def _card(title: Var[str], *content: rx.Component) -> rx.Component:
    return surface(
        rx.el.h2(title, class_name="text-base font-semibold mb-2"), *content, class_name="p-4"
    )


def _facts(view: ObjectVar[MemberView]) -> rx.Component:
    never = rx.el.span(t("members.never"), class_name="text-muted")
    facts = (
        (t("member.first"), rx.cond(view.first_at, moment(view.first_at.to(str), _ZONE), never)),
        (t("member.last"), rx.cond(view.last_at, moment(view.last_at.to(str), _ZONE), never)),
        (t("members.messages"), number(view.messages)),
        (t("members.reactions"), number(view.reactions)),
        (t("member.started"), number(view.started)),
        (t("member.helped"), number(view.helped)),
    )
    return _card(
        t("member.facts"),
        rx.el.p(
            rx.cond(view.team, badge(t("members.is.team"), "info")),
            rx.cond(view.bot, badge(t("members.is.bot"))),
            class_name="empty:hidden mb-2",
        ),
        rx.el.dl(
            *[
                rx.el.div(
                    rx.el.dt(words, class_name="text-muted"),
                    rx.el.dd(value, class_name="text-end"),
                    class_name="fact",
                )
                for words, value in facts
            ]
        ),
    )


def _identities(view: ObjectVar[MemberView]) -> rx.Component:
    return _card(
        t("member.identities"),
        rx.el.ul(
            rx.foreach(view.identities.to(list[IdentityView]), identity),
            class_name="flex flex-col gap-2",
        ),
    )


def _channels(view: ObjectVar[MemberView]) -> rx.Component:
    return _card(
        t("member.channels"),
        rx.el.ul(
            rx.foreach(
                view.channels.to(list[ChannelShare]),
                lambda one: rx.el.li(
                    rx.el.span(icon("hash"), one.name, class_name="in-channel truncate"),
                    rx.el.span(number(one.messages)),
                    key=one.id.to(str),
                    class_name="fact",
                ),
            )
        ),
    )


def _measures(view: ObjectVar[MemberView]) -> rx.Component:
    return _card(
        t("member.measures"),
        rx.el.ul(
            rx.foreach(view.measures.to(list[MeasureView]), _measure),
            class_name="flex flex-col gap-2",
        ),
    )


def _measure(one: ObjectVar[MeasureView]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.span(said_of("member.measure", one.kind), class_name="font-medium"),
            badge(
                said_of("member.measure_is", one.state),
                tone_of(
                    one.state, {"confirmed": "info", "failed": "bad", "unknown": "bad"}, "plain"
                ),
            ),
            class_name="flex flex-wrap items-baseline gap-x-2",
        ),
        rx.el.span(
            t("member.measure_by", name=one.user_name, channel=one.channel),
            " · ",
            moment(one.created_at.to(str), _ZONE),
            class_name="text-sm text-muted",
        ),
        key=one.id.to(str),
        class_name="flex flex-col",
    )


def _merges(view: ObjectVar[MemberView]) -> rx.Component:
    return _card(
        t("member.merges"),
        rx.el.ul(
            rx.foreach(view.merges.to(list[MergeView]), _merged),
            class_name="flex flex-col gap-3",
        ),
    )


def _merged(one: ObjectVar[MergeView]) -> rx.Component:
    return rx.el.li(
        rx.el.span(one.name, class_name="font-medium break-words"),
        rx.el.span(
            t("member.merged_by", name=one.user_name),
            " · ",
            moment(one.at.to(str), _ZONE),
            class_name="text-sm text-muted",
        ),
        rx.cond(
            SessionState.permissions.contains("member:merge"),
            button(
                t("member.part"),
                class_name="btn-sm self-start mt-1",
                on_click=MemberState.part(one.id.to(str)),
            ),
        ),
        key=one.id.to(str),
        class_name="flex flex-col",
    )


def _written(view: ObjectVar[MemberView]) -> rx.Component:
    return surface(
        rx.el.div(
            rx.el.h2(t("member.written"), class_name="text-base font-semibold"),
            rx.cond(
                SessionState.permissions.contains("inbox:read"),
                link(
                    icon("search"),
                    t("member.search"),
                    to=_HERE + "/search/?author=" + view.id.to(str),
                    class_name="btn btn-sm btn-ghost",
                ),
            ),
            class_name="flex items-center justify-between gap-2 p-4 pb-2",
        ),
        rx.cond(
            view.written.to(list).length() > 0,
            rx.el.ol(rx.foreach(view.written.to(list[MemberMessage]), _wrote), class_name="rows"),
            rx.el.p(t("member.written.none"), class_name="text-muted px-4 pb-4"),
        ),
        pager(view.after.to(str), MemberState.paged),
    )


def _wrote(one: ObjectVar[MemberMessage]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(
                rx.el.span(
                    rx.cond(
                        one.deleted,
                        rx.el.em(t("inbox.deleted"), class_name="text-muted"),
                        rx.cond(one.words != "", one.words, rx.el.em(t("inbox.no_words"))),
                    ),
                    dir="auto",
                    class_name="opening",
                ),
                rx.el.span(
                    rx.el.span(icon("hash"), one.channel, class_name="in-channel"),
                    rx.el.span(network_name(one.network.to(str))),
                    moment(one.posted_at.to(str), _ZONE),
                    class_name="row-facts",
                ),
                class_name="flex flex-col min-w-0 grow gap-0.5",
            ),
            to=thread_at(one.thread_id.to(str), one.id.to(str)),
            class_name="row",
            custom_attrs={"data-row": ""},
        ),
        key=one.id.to(str),
    )
