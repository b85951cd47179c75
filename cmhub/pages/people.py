"""The people of the agency: everybody with their roles, who is invited, and panels to change it."""

from typing import Any

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.actor import Role
from cmhub.components.asking import asking, filters
from cmhub.components.basics import badge, button, empty_state, link, surface
from cmhub.components.dialog import confirm, opens
from cmhub.components.form import select_field, text_field
from cmhub.components.icons import icon
from cmhub.components.panels import drawer, menu, menu_item
from cmhub.components.people import person
from cmhub.components.roles import role_fields, role_table, role_words
from cmhub.components.shell import page
from cmhub.components.table import Column, data_table, pager
from cmhub.components.text import moment, t, when
from cmhub.pages.settings import told_fault
from cmhub.services.invitations import InvitationView, Offered
from cmhub.services.people import HeldIn, PersonView
from cmhub.state.base import SessionState
from cmhub.state.people import PeopleState, Space

_REMOVE = "remove-person"
_HERE = SessionState.agency_address + "/people/"
_CLOSED = asking(person="", invite="")


def people() -> rx.Component:
    """Show the people of the agency."""
    state = PeopleState
    return page(
        _filters(),
        data_table(
            state.people,
            _columns(),
            label=t("people.title"),
            key=lambda row: row.id,
            to=lambda row: asking(person=row.id.to(str)),
            loaded=state.loaded,
            empty=surface(_nobody()),
            foot=pager(state.after, state.paged, words=t("people.found", n=state.found)),
        ),
        rx.cond(state.waiting.length() > 0, _waiting()),
        role_table(),
        _invite_panel(),
        _person_panel(),
        confirm(
            _REMOVE,
            title=t("people.remove.title", name=state.leaving_name),
            line=t("people.remove.line", name=state.leaving_name),
            action=t("people.remove"),
            on_confirm=state.remove,
        ),
        frame="agency",
        here="people",
        title=t("people.title"),
        line=rx.cond(
            state.loaded,
            rx.cond(
                state.waiting.length() > 0,
                t("people.line.waiting", n=state.total,
                  waiting=t("people.waiting", n=state.waiting.length())),
                t("people.line", n=state.total),
            ),
            "",
        ),
        action=link(
            icon("user-plus"),
            t("people.invite"),
            to=asking(invite="yes", person=""),
            class_name="btn btn-primary",
        ),
        on_undo=state.undo,
    )  # fmt: skip


def _filters() -> rx.Component:
    state = PeopleState
    return filters(
        rx.el.input(
            type="search",
            name="q",
            default_value=state.words,
            key="q" + state.loaded.to(str),
            placeholder=t("people.search"),
            aria_label=t("people.search"),
            class_name="input input-sm w-full sm:w-64",
        ),
        rx.el.select(
            rx.el.option(t("people.role.any"), value=""),
            *[rx.el.option(t(f"role.{role}"), value=role.value) for role in Role],
            name="role",
            default_value=state.role,
            key="role" + state.loaded.to(str),
            aria_label=t("people.role"),
            class_name="select select-sm w-auto",
        ),
        rx.el.select(
            rx.el.option(t("people.workspace.any"), value=""),
            rx.foreach(state.spaces, _space_option),
            name="workspace",
            default_value=state.workspace,
            key="workspace" + state.loaded.to(str),
            aria_label=t("people.workspace"),
            class_name="select select-sm w-auto max-w-56",
        ),
        label=t("people.filter"),
        class_name="mb-3",
    )


def _space_option(space: ObjectVar[Space]) -> rx.Component:
    return rx.el.option(space.name, value=space.id.to(str), key=space.id.to(str))


def _nobody() -> rx.Component:
    return empty_state(
        t("people.none.title"),
        t("people.none.line"),
        link(t("people.none.all"), to=_HERE, class_name="btn"),
        symbol="users",
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("people.name"), _name),
        Column(t("people.roles"), _roles),
        Column(t("people.factor"), _factor),
        Column(t("people.seen"), lambda row: _seen(row.last_seen_at)),
        Column(t("people.actions"), _menu, action=True, end=True),
    )


def _name(row: ObjectVar[PersonView]) -> rx.Component:
    you = rx.cond(row.me, " (" + t("people.me") + ")", "").to(str)
    return person(row.name.to(str) + you, row.email.to(str))


def _roles(row: ObjectVar[PersonView]) -> rx.Component:
    return rx.cond(
        row.role != "",
        rx.el.span(
            role_words(row.role.to(str)), " · ",
            rx.el.span(t("people.everywhere"), class_name="text-muted"),
        ),
        rx.el.ul(rx.foreach(row.by_role, _held), class_name="flex flex-col gap-0.5"),
    )  # fmt: skip


def _held(held: ObjectVar[HeldIn]) -> rx.Component:
    return rx.el.li(
        role_words(held.role.to(str)),
        " · ",
        rx.el.span(held.workspaces, class_name="text-muted"),
        key=held.role.to(str),
    )


def _factor(row: ObjectVar[PersonView]) -> rx.Component:
    return rx.cond(
        row.factor,
        badge(t("people.factor.on"), "good"),
        badge(t("people.factor.off"), "plain"),
    )


def _seen(at: Var[Any]) -> rx.Component:
    return rx.cond(at, moment(at.to(str)), rx.el.span(t("people.never"), class_name="text-muted"))


def _menu(row: ObjectVar[PersonView]) -> rx.Component:
    return menu(
        menu_item(t("people.change"), symbol="pencil", to=asking(person=row.id.to(str))),
        menu_item(
            t("people.remove"),
            symbol="user-minus",
            danger=True,
            on_click=PeopleState.ask_remove(row.id.to(str), row.name.to(str)),
            custom_attrs=opens(_REMOVE),
        ),
        menu_id="menu-" + row.id.to(str),
        label=t("people.actions_of", name=row.name),
    )


def _waiting() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("people.waiting.title"), class_name="text-base font-semibold"),
        rx.el.p(t("people.waiting.line"), class_name="text-sm text-muted mb-3"),
        rx.el.ul(rx.foreach(PeopleState.waiting, _invitation), class_name="surface rows"),
        class_name="mt-8",
    )


def _invitation(one: ObjectVar[InvitationView]) -> rx.Component:
    key = one.id.to(str)
    return rx.el.li(
        icon("mail", 20, class_name="text-muted shrink-0"),
        rx.el.div(
            rx.el.span(one.email, class_name="font-medium truncate"),
            rx.el.span(
                rx.foreach(one.offered, _offered), class_name="invited-roles text-sm text-muted"
            ),
            rx.el.span(
                t("people.invited_by", name=one.inviter), " · ", moment(one.created_at.to(str)),
                " · ",
                rx.cond(
                    one.expired,
                    badge(t("people.expired"), "warn"),
                    t("people.until", day=when(one.expires_at.to(str), "", dateStyle="medium")),
                ),
                class_name="text-sm text-muted",
            ),
            class_name="flex flex-col min-w-0 grow",
        ),
        rx.el.div(
            button(t("people.again"), class_name="btn-sm", on_click=PeopleState.invite_again(key)),
            button(
                t("people.revoke"), kind="quiet", class_name="btn-sm",
                on_click=PeopleState.revoke(key),
            ),
            class_name="flex flex-wrap gap-1",
        ),
        key=key,
        class_name="invited",
    )  # fmt: skip


def _offered(one: ObjectVar[Offered]) -> rx.Component:
    place = rx.cond(one.workspace != "", one.workspace, t("people.everywhere"))
    return rx.el.span(role_words(one.role.to(str)), " · ", place)


def _wrong() -> rx.Component:
    fault = told_fault(PeopleState.fault)
    return rx.el.div(
        rx.cond(
            fault != "",
            rx.el.div(icon("circle-alert"), rx.el.p(fault), class_name="fault"),
        ),
        role="alert",
        class_name="empty:hidden",
    )


def _invite_panel() -> rx.Component:
    state = PeopleState
    return drawer(
        rx.el.form(
            _wrong(),
            text_field(
                "email",
                t("people.invite.email"),
                hint=t("people.invite.email.hint"),
                error=told_fault(state.faults["email"]),
                auto_complete="off",
                auto_capitalize="none",
                spell_check=False,
                input_mode="email",
            ),
            role_fields(state.spaces, Var.create("workspaces"), state.owns),
            select_field(
                "language",
                t("people.invite.language"),
                [("fr", t("app.language.fr")), ("en", t("app.language.en"))],
                hint=t("people.invite.language.hint"),
                default_value=state.language,
            ),
            button(t("people.invite.send"), kind="primary", type="submit"),
            key=state.panel + state.language + state.workspace,
            on_submit=state.invite,
            class_name="flex flex-col gap-4",
        ),
        title=t("people.invite.title"),
        drawer_id="invite-panel",
        is_open=state.panel == "invite",
        closes_to=_CLOSED,
    )


def _person_panel() -> rx.Component:
    state = PeopleState
    return drawer(
        rx.el.div(person(state.opened_name, state.opened_email), class_name="mb-5"),
        rx.el.form(
            _wrong(),
            role_fields(state.spaces, state.opened_scope, state.owns),
            button(t("people.roles.save"), kind="primary", type="submit"),
            key=state.opened,
            on_submit=state.save_roles,
            class_name="flex flex-col gap-4",
        ),
        rx.el.hr(class_name="my-6 border-base-300"),
        button(
            t("people.remove"),
            symbol="user-minus",
            on_click=state.ask_remove(state.opened, state.opened_name),
            custom_attrs=opens(_REMOVE),
        ),
        title=t("people.panel.title"),
        drawer_id="person-panel",
        is_open=state.panel == "person",
        closes_to=_CLOSED,
    )
