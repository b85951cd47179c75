"""What each role may do, as the code's own table says it; and fields that give roles."""

from typing import Any

import reflex as rx
from reflex.vars import ArrayVar, ObjectVar, Var

from cmhub.actor import ROLE_TABLE, Permission, Role
from cmhub.components.basics import Words
from cmhub.components.icons import icon
from cmhub.components.text import said_of, t
from cmhub.services.grants import WORKSPACE_ROLES
from cmhub.state.people import Space


def role_words(role: Var[str]) -> Var[str]:
    """The name of a role that is known in the browser only."""
    return said_of("role", role)


def role_table() -> rx.Component:
    """Show who may do what: the rights that most have first."""
    return rx.el.details(
        rx.el.summary(t("people.table.open"), class_name="btn btn-sm"),
        rx.el.div(
            rx.el.table(
                rx.el.caption(t("people.table.title"), class_name="sr-only"),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t("people.table.may"), scope="col"),
                        *[rx.el.th(t(f"role.{role}"), scope="col") for role in Role],
                    )
                ),
                rx.el.tbody(*[_right(permission) for permission in _ordered()], _owners()),
                class_name="role-table",
            ),
            class_name="surface relative mt-3 overflow-x-auto",
            tab_index=0,
            role="region",
            aria_label=t("people.table.title"),
        ),
        class_name="mt-8",
    )


def _ordered() -> list[Permission]:
    return sorted(Permission, key=lambda one: -sum(one in may for may in ROLE_TABLE.values()))


def _right(permission: Permission) -> rx.Component:
    words = t(f"role.may.{permission.replace(':', '.')}")
    return _line(words, [permission in ROLE_TABLE[role] for role in Role])


def _owners() -> rx.Component:
    return _line(t("role.may.owner"), [role is Role.OWNER for role in Role])


def _line(words: Words, held: list[bool]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(words, scope="row"),
        *[rx.el.td(_mark(may)) for may in held],
    )


def _mark(may: bool) -> rx.Component:
    words = t("people.table.yes") if may else t("people.table.no")
    sign = icon("check") if may else rx.el.span("–", aria_hidden="true", class_name="text-muted")
    return rx.fragment(sign, rx.el.span(words, class_name="sr-only"))


def role_fields(spaces: ArrayVar[Any], scope: Var[str], owns: Var[bool]) -> rx.Component:
    """Choose a role in the whole agency, or one in each of several workspaces."""
    return rx.el.fieldset(
        rx.el.legend(t("people.roles.legend"), class_name="font-medium mb-2"),
        _scope("owner", scope, disabled=~owns),
        _scope("admin", scope),
        _scope("workspaces", scope),
        rx.el.div(
            rx.cond(
                spaces.length() > 0,
                rx.foreach(spaces, _space),
                rx.el.p(t("people.roles.no_spaces"), class_name="text-sm text-muted"),
            ),
            class_name="role-places",
        ),
        class_name="role-fields",
    )


def _scope(value: str, chosen: Var[str], *, disabled: Var[bool] | bool = False) -> rx.Component:
    name = t("people.roles.workspaces") if value == "workspaces" else t(f"role.{value}")
    line = t(f"people.roles.{value}.line") if value == "workspaces" else t(f"role.line.{value}")
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="scope",
            value=value,
            default_checked=chosen == value,
            disabled=disabled,
            class_name="radio radio-sm mt-0.5",
        ),
        rx.el.span(
            rx.el.span(name, class_name="font-medium"),
            rx.el.span(line, class_name="text-sm text-muted"),
            class_name="flex flex-col min-w-0",
        ),
        class_name="role-scope",
    )


def _space(space: ObjectVar[Space]) -> rx.Component:
    return rx.el.label(
        rx.el.span(space.name, class_name="truncate"),
        role_select("place-" + space.id.to(str), space.role.to(str), t("people.roles.none")),
        key=space.id.to(str),
        class_name="role-place",
    )


def role_select(name: Words, chosen: Var[str], none: Words = "", **props: Any) -> rx.Component:
    """Choose a role of a workspace; ``none`` is what the empty choice says, if there is one."""
    return rx.el.select(
        *([rx.el.option(none, value="")] if isinstance(none, Var) or none else []),
        *[rx.el.option(t(f"role.{role}"), value=role.value) for role in WORKSPACE_ROLES],
        name=name,
        default_value=chosen,
        class_name="select select-sm",
        **props,
    )
