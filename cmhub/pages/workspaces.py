"""The agency's workspaces: each with its client, people and last activity; those archived below."""

from typing import Any

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import button, empty_state, surface
from cmhub.components.brand import tile
from cmhub.components.dialog import confirm, opens
from cmhub.components.icons import icon
from cmhub.components.panels import menu, menu_item
from cmhub.components.parts import PlainLink
from cmhub.components.shell import page
from cmhub.components.table import Column, data_table
from cmhub.components.text import moment, number, t, when
from cmhub.state.base import SessionState
from cmhub.state.workspaces import Shown, WorkspacesState

_DELETE = "delete-workspace"
_ZONE = SessionState.workspace_zone
_DATE = {"dateStyle": "long"}


def workspaces() -> rx.Component:
    """Show the workspaces of the agency."""
    state = WorkspacesState
    return page(
        data_table(
            state.open,
            _columns(),
            label=t("workspaces.title"),
            key=lambda row: row.id,
            to=lambda row: row.address.to(str) + "/home/",
            sort=state.order,
            loaded=state.loaded,
            empty=surface(
                empty_state(
                    t("workspaces.empty.title"),
                    t("workspaces.empty.line"),
                    _new(),
                    symbol="layers",
                )
            ),
        ),
        rx.cond(state.archived.length() > 0, _archived()),
        confirm(
            _DELETE,
            title=t("workspaces.delete.title", name=state.leaving_name),
            line=t("workspaces.delete.line", n=state.leaving_messages),
            action=t("workspaces.delete.confirm"),
            on_confirm=state.delete,
        ),
        frame="agency",
        here="workspaces",
        title=t("workspaces.title"),
        line=rx.cond(
            state.loaded,
            t("workspaces.line", n=state.open.length()),
            "",
        ),
        action=_new(),
        on_undo=state.undo,
    )


def _new() -> rx.Component:
    return PlainLink.create(
        icon("plus"),
        t("workspaces.new"),
        href="/start/?agency=" + SessionState.agency_address.split("/")[2].to(str),
        class_name="btn btn-primary",
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("workspaces.name"), _name, sort="name"),
        Column(t("workspaces.people"), lambda row: number(row.people), sort="people", end=True),
        Column(t("workspaces.last"), lambda row: _moment(row.last_at), sort="last"),
        Column(t("workspaces.created"), lambda row: _moment(row.created_at), sort="created"),
        Column(t("workspaces.actions"), _menu, action=True, end=True),
    )


def _name(row: ObjectVar[Shown]) -> rx.Component:
    return rx.el.span(
        tile(row.name, row.logo.to(str)),
        rx.el.span(
            rx.el.span(row.name, class_name="truncate"),
            rx.el.span(row.client, class_name="truncate text-sm text-muted font-normal"),
            class_name="flex flex-col min-w-0",
        ),
        class_name="flex items-center gap-3 min-w-0 ps-1",
    )


def _moment(at: Var[Any]) -> rx.Component:
    never = rx.el.span(t("workspaces.never"), class_name="text-muted")
    return rx.cond(at, moment(at.to(str), _ZONE), never)


def _menu(row: ObjectVar[Shown]) -> rx.Component:
    state = WorkspacesState
    return menu(
        menu_item(
            t("workspaces.settings"), symbol="settings", to=row.address.to(str) + "/settings/"
        ),
        menu_item(t("workspaces.archive"), symbol="archive", on_click=state.archive(row.id)),
        menu_id="menu-" + row.id.to(str),
        label=t("workspaces.actions_of", name=row.name),
    )


def _archived() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("workspaces.archived"), class_name="text-base font-semibold"),
        rx.el.p(t("workspaces.archived.line"), class_name="text-sm text-muted mb-3 max-w-[75ch]"),
        rx.el.ul(rx.foreach(WorkspacesState.archived, _archived_row), class_name="surface rows"),
        class_name="mt-8",
    )


def _archived_row(row: ObjectVar[Shown]) -> rx.Component:
    state = WorkspacesState
    return rx.el.li(
        rx.el.div(
            _name(row),
            rx.el.p(
                rx.cond(
                    row.deletes_at,
                    rx.el.span(
                        t("workspaces.deletes", date=when(row.deletes_at.to(str), _ZONE, **_DATE)),
                        class_name="text-error",
                    ),
                    rx.fragment(t("workspaces.archived.since"), " ", _moment(row.archived_at)),
                ),
                class_name="text-sm text-muted mt-1",
            ),
            class_name="min-w-0 grow",
        ),
        rx.el.div(
            button(t("workspaces.restore"), class_name="btn-sm", on_click=state.restore(row.id)),
            rx.cond(
                row.deletes_at,
                button(
                    t("workspaces.keep"), kind="quiet", class_name="btn-sm",
                    on_click=state.keep(row.id),
                ),
                button(
                    t("workspaces.delete"), kind="quiet", class_name="btn-sm",
                    on_click=state.ask_to_delete(row.id), custom_attrs=opens(_DELETE),
                ),
            ),
            class_name="flex flex-wrap gap-2",
        ),
        key=row.id,
        class_name="flex flex-wrap items-center gap-3 p-4",
    )  # fmt: skip
