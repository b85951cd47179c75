"""Merging two members: finding the other, comparing both, and what a merge does."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.asking import asking
from cmhub.components.basics import button, link
from cmhub.components.dialog import CLOSES, dialog
from cmhub.components.icons import icon
from cmhub.components.networks import network_name
from cmhub.components.panels import drawer
from cmhub.components.people import avatar, person
from cmhub.components.text import moment, number, t
from cmhub.services.members.listing import IdentityView, MemberRow
from cmhub.services.members.merging import Side
from cmhub.state.base import SessionState
from cmhub.state.member import MemberState

FIND = "find-same-person"
_MERGE = "merge-members"
_HERE = SessionState.workspace_address
_ZONE = SessionState.workspace_zone


def identity(one: ObjectVar[IdentityView]) -> rx.Component:
    """Show an account of a member on its network."""
    return rx.el.li(
        rx.el.span(network_name(one.network.to(str)), class_name="text-sm text-muted"),
        rx.el.span(one.name, class_name="font-medium break-words"),
        rx.cond(
            one.handle != one.name,
            rx.el.span(one.handle, class_name="text-sm text-muted break-all"),
        ),
        key=one.id.to(str),
        class_name="flex flex-col",
    )


def find_dialog() -> rx.Component:
    """Look for the other member who is the same person."""
    state = MemberState
    return dialog(
        rx.el.p(t("member.find.line"), class_name="text-muted mt-1"),
        rx.el.form(
            rx.el.input(
                type="search",
                name="other",
                required=True,
                auto_complete="off",
                placeholder=t("members.search"),
                aria_label=t("members.search"),
                class_name="input grow",
            ),
            button(t("member.find.action"), type="submit", symbol="search"),
            on_submit=state.find,
            class_name="flex gap-2 mt-3",
        ),
        rx.cond(
            state.found.length() > 0,
            rx.el.ul(rx.foreach(state.found, _candidate), class_name="rows mt-3"),
            rx.cond(
                state.looked_for != "",
                rx.el.p(
                    t("member.find.none", words=state.looked_for), class_name="text-muted mt-3"
                ),
            ),
        ),
        dialog_id=FIND,
        title=t("member.find"),
    )


def _candidate(row: ObjectVar[MemberRow]) -> rx.Component:
    return rx.el.li(
        link(
            person(row.name.to(str), row.handle.to(str)),
            to=asking(merge=row.id.to(str)),
            class_name="row",
            custom_attrs=CLOSES,
        ),
        key=row.id.to(str),
    )


def merge_drawer() -> rx.Component:
    """Compare two members side by side before they are merged."""
    state = MemberState
    kept, other = state.kept.to(ObjectVar[Side]), state.other.to(ObjectVar[Side])
    return drawer(
        rx.cond(
            state.comparing,
            rx.el.div(
                rx.el.div(
                    _side(kept, t("member.merge.kept")),
                    _side(other, t("member.merge.other")),
                    class_name="sides",
                ),
                rx.el.p(
                    t(
                        "member.merge.line",
                        other=other.name,
                        kept=kept.name,
                        messages=t("inbox.messages", n=other.messages),
                    )
                ),
                link(
                    icon("arrow-left-right"),
                    t("member.merge.swap", name=other.name),
                    to=_HERE + "/members/" + other.id.to(str) + "/?merge=" + kept.id.to(str),
                    class_name="btn btn-sm self-start",
                ),
                class_name="flex flex-col gap-4",
            ),
        ),
        title=t("member.merge.title"),
        drawer_id=_MERGE,
        is_open=state.comparing,
        closes_to=asking(merge=""),
        foot=button(
            t("member.merge.action", other=other.name, kept=kept.name),
            kind="primary",
            class_name="w-full",
            on_click=state.merge,
        ),
    )


def _side(one: ObjectVar[Side], words: Var[str]) -> rx.Component:
    never = rx.el.span(t("members.never"), class_name="text-muted")
    facts = (
        (t("members.messages"), number(one.messages)),
        (t("members.reactions"), number(one.reactions)),
        (t("member.first"), rx.cond(one.first_at, moment(one.first_at.to(str), _ZONE), never)),
        (t("member.last"), rx.cond(one.last_at, moment(one.last_at.to(str), _ZONE), never)),
    )
    return rx.el.section(
        rx.el.p(words, class_name="text-sm text-muted"),
        rx.el.h3(
            avatar(one.name.to(str), size="small"),
            rx.el.span(one.name, class_name="break-words min-w-0"),
            class_name="flex items-center gap-2 font-semibold",
        ),
        rx.el.ul(
            rx.foreach(one.identities.to(list[IdentityView]), identity),
            class_name="flex flex-col gap-2 my-3",
        ),
        rx.el.dl(
            *[
                rx.el.div(
                    rx.el.dt(label, class_name="text-muted"),
                    rx.el.dd(value, class_name="text-end"),
                    class_name="fact",
                )
                for label, value in facts
            ]
        ),
        class_name="min-w-0",
    )
