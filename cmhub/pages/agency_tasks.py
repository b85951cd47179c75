"""The tasks of every workspace of an agency that the reader may see, in one list."""

from typing import cast

import reflex as rx
from reflex.vars import StringVar

from cmhub.components.basics import empty_state, skeleton_rows
from cmhub.components.panels import tab_links
from cmhub.components.parts import reload_on
from cmhub.components.shell import page
from cmhub.components.tasks import new_task_button, task_list
from cmhub.components.text import t
from cmhub.pages.tasks import line, nothing_else, pages
from cmhub.state.base import SessionState
from cmhub.state.tasks import AgencyTasksState, TasksState

_HERE = SessionState.agency_address + "/tasks/"
# The agency's address is /a/slug, a workspace's /w/slug/workspace.
_WORKSPACES = SessionState.agency_address.replace("/a/", "/w/")


def agency_tasks() -> rx.Component:
    """Show the tasks of an agency."""
    state = AgencyTasksState
    return page(
        reload_on("tasks", state.load),
        rx.el.section(
            rx.el.div(_tabs(), class_name="list-head"),
            rx.cond(
                state.loaded,
                rx.cond(state.groups.length() > 0, _list(), _nothing()),
                skeleton_rows(6),
            ),
            aria_label=t("tasks.title"),
            class_name="surface",
        ),
        here="agency_tasks",
        frame="agency",
        title=t("tasks.title"),
        line=rx.cond(state.loaded, line(cast("type[TasksState]", state)), ""),
        action=new_task_button(),
        on_undo=state.undo,
    )


def _address(whose: StringVar | str) -> StringVar:
    return (_HERE + "?whose=" + whose).to(str)


def _tabs() -> rx.Component:
    state = AgencyTasksState
    return tab_links(
        [
            (
                t(f"tasks.whose.{whose}"),
                _address(whose),
                state.whose == whose,
                {"mine": state.mine, "all": state.everybodys}.get(whose),
            )
            for whose in ("mine", "all", "done")
        ],
        label=t("tasks.whose"),
    )


def _list() -> rx.Component:
    state = AgencyTasksState
    return rx.fragment(
        task_list(
            state.groups,
            to=lambda one: (
                _WORKSPACES
                + "/"
                + one.workspace_slug.to(str)
                + "/tasks/?whose="
                + state.whose
                + "&task="
                + one.id.to(str)
            ),
            on_finish=lambda one: state.finish(one.workspace_id.to(str), one.id.to(str)),
            on_reopen=lambda one: state.reopen(one.workspace_id.to(str), one.id.to(str)),
            with_workspace=True,
            mine=state.whose == "mine",
        ),
        pages(_address(state.whose), state.after.to(str), more=state.after > 0, paged=state.paged),
    )


def _nothing() -> rx.Component:
    mine = empty_state(t("tasks.none.mine"), t("tasks.none.mine.line"), symbol="list-checks")
    return nothing_else(AgencyTasksState.whose, mine)
