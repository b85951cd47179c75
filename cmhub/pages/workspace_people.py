"""The people of a workspace: who may do what here. Those who manage users change it."""

import reflex as rx
from reflex.vars import ObjectVar

from cmhub.components.basics import badge, button, icon_button, link, surface
from cmhub.components.dialog import confirm, opens
from cmhub.components.form import select_field
from cmhub.components.people import person
from cmhub.components.roles import role_select, role_table, role_words
from cmhub.components.shell import page
from cmhub.components.table import Column, data_table
from cmhub.components.text import moment, t
from cmhub.components.ways import tabs
from cmhub.services.grants import WORKSPACE_ROLES
from cmhub.services.people import PersonView, WorkspacePerson
from cmhub.state.base import SessionState
from cmhub.state.workspace_people import WorkspacePeopleState

_LEAVE = "leave-agency"


def workspace_people() -> rx.Component:
    """Show the people of a workspace."""
    state = WorkspacePeopleState
    return page(
        tabs("people"),
        data_table(
            state.people,
            (
                Column(t("people.name"), _name),
                Column(t("people.role"), _role),
                Column(t("people.factor"), _factor),
                Column(t("people.seen"), _seen),
                Column(t("people.actions"), _remove, action=True, end=True),
            ),
            label=t("people.here.title"),
            key=lambda row: row.id,
            loaded=state.loaded,
        ),
        rx.cond(state.manages, _add()),
        role_table(),
        confirm(
            _LEAVE,
            title=t("people.remove.title", name=state.leaving_name),
            line=t("people.only.line", name=state.leaving_name),
            action=t("people.remove"),
            on_confirm=state.remove_for_good,
        ),
        here="settings",
        title=t("settings.title"),
        line=rx.cond(state.loaded, t("people.here.line", n=state.people.length()), ""),
        on_undo=state.undo,
    )


def _name(row: ObjectVar[WorkspacePerson]) -> rx.Component:
    you = rx.cond(row.me, " (" + t("people.me") + ")", "").to(str)
    return person(row.name.to(str) + you, row.email.to(str))


def _role(row: ObjectVar[WorkspacePerson]) -> rx.Component:
    state = WorkspacePeopleState
    return rx.cond(
        row.whole | ~state.manages,
        rx.el.span(
            role_words(row.role.to(str)),
            rx.cond(row.whole, rx.el.span(" · ", t("people.everywhere"), class_name="text-muted")),
        ),
        role_select(
            "role",
            row.role.to(str),
            key=row.id.to(str) + state.version.to(str),
            aria_label=t("people.role_of", name=row.name),
            on_change=lambda role: state.set_role(row.id.to(str), role),
        ),
    )


def _factor(row: ObjectVar[WorkspacePerson]) -> rx.Component:
    return rx.cond(row.factor, badge(t("people.factor.on"), "good"), badge(t("people.factor.off")))


def _seen(row: ObjectVar[WorkspacePerson]) -> rx.Component:
    never = rx.el.span(t("people.never"), class_name="text-muted")
    return rx.cond(row.last_seen_at, moment(row.last_seen_at.to(str)), never)


def _remove(row: ObjectVar[WorkspacePerson]) -> rx.Component:
    state = WorkspacePeopleState
    label = t("people.out_of", name=row.name)
    return rx.cond(
        state.manages & ~row.whole,
        rx.cond(
            row.only,
            icon_button(
                label,
                "user-minus",
                "btn-sm",
                on_click=state.ask_remove(row.id.to(str), row.name.to(str)),
                custom_attrs=opens(_LEAVE),
            ),
            icon_button(label, "user-minus", "btn-sm", on_click=state.remove(row.id.to(str))),
        ),
    )


def _add() -> rx.Component:
    state = WorkspacePeopleState
    invite = SessionState.agency_address + "/people/?invite=yes"
    return surface(
        rx.el.h2(t("people.add.title"), class_name="text-base font-semibold"),
        rx.cond(
            state.addable.length() > 0,
            rx.el.form(
                select_field(
                    "person",
                    t("people.add.person"),
                    rx.fragment(
                        rx.el.option(t("people.add.choose"), value=""),
                        rx.foreach(state.addable, _option),
                    ),
                ),
                select_field(
                    "role",
                    t("people.role"),
                    [(role.value, t(f"role.{role}")) for role in WORKSPACE_ROLES],
                    default_value="moderator",
                ),
                button(t("people.add"), type="submit", class_name="self-end"),
                key=state.version.to(str),
                on_submit=state.add,
                class_name="add-person",
            ),
            rx.el.p(t("people.add.nobody"), class_name="text-muted"),
        ),
        rx.el.p(
            t("people.add.other"),
            " ",
            link(
                t("people.invite"),
                to=invite,
                class_name="text-primary underline underline-offset-2",
            ),
            class_name="text-sm text-muted",
        ),
        class_name="p-5 mt-4 flex flex-col gap-3",
    )


def _option(one: ObjectVar[PersonView]) -> rx.Component:
    return rx.el.option(
        one.name.to(str) + " (" + one.email.to(str) + ")", value=one.id.to(str), key=one.id.to(str)
    )
