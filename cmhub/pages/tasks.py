"""The tasks of a workspace: the list left, the open one right."""

from typing import Any

import reflex as rx
from reflex.vars import StringVar, Var

from cmhub.components.basics import button, empty_state, icon_button, link, skeleton_rows
from cmhub.components.icons import icon
from cmhub.components.panels import detail_head, list_and_detail, tab_links
from cmhub.components.parts import reload_on
from cmhub.components.shell import page
from cmhub.components.tasks import (
    MAY_WRITE,
    due,
    fault,
    linked,
    new_task_button,
    task_fields,
    task_list,
)
from cmhub.components.text import moment, t
from cmhub.state.base import SessionState
from cmhub.state.tasks import TasksState

_HERE = SessionState.workspace_address + "/tasks/"


def tasks() -> rx.Component:
    """Show the tasks of a workspace."""
    return page(
        reload_on("tasks", TasksState.refresh),
        list_and_detail(
            rx.el.div(_tabs(), class_name="list-head"),
            rx.cond(
                TasksState.loaded,
                rx.cond(TasksState.groups.length() > 0, _list(), _nothing()),
                skeleton_rows(6),
            ),
            detail=rx.cond(
                TasksState.task,
                _detail(),
                rx.cond(TasksState.missing, _missing(), _choose()),
            ),
            is_open=TasksState.chosen != "",
            label=t("tasks.title"),
        ),
        here="tasks",
        title=t("tasks.title"),
        line=rx.cond(TasksState.loaded, line(TasksState), ""),
        action=new_task_button(),
        on_undo=TasksState.undo,
        wide=True,
    )


def line(state: type[TasksState]) -> Var[str]:
    """Say what is going on: what is late, else what is due today, else that all is clear."""
    return rx.cond(
        state.overdue > 0,
        t("tasks.line.overdue", n=state.overdue),
        rx.cond(
            state.today > 0,
            t("tasks.line.today", n=state.today),
            rx.cond(state.mine > 0, t("tasks.line.mine", n=state.mine), t("tasks.line.clear")),
        ),
    ).to(str)


def _address(
    *, whose: StringVar | str = TasksState.whose, task: StringVar | None = None
) -> StringVar:
    """The list with the filter of now, but for what is given."""
    base = (_HERE + "?whose=" + whose).to(str)
    return base if task is None else (base + "&task=" + task).to(str)


def _tabs() -> rx.Component:
    return tab_links(
        [
            (
                t(f"tasks.whose.{whose}"),
                _address(whose=whose),
                TasksState.whose == whose,
                {"mine": TasksState.mine, "all": TasksState.everybodys}.get(whose),
            )
            for whose in ("mine", "all", "done")
        ],
        label=t("tasks.whose"),
    )


def _list() -> rx.Component:
    return rx.fragment(
        task_list(
            TasksState.groups,
            to=lambda one: _address(task=one.id.to(str)),
            on_finish=lambda one: TasksState.finish(one.id.to(str)),
            on_reopen=lambda one: TasksState.reopen(one.id.to(str)),
            chosen=TasksState.chosen,
            mine=TasksState.whose == "mine",
        ),
        pages(
            _address(),
            TasksState.after.to(str),
            more=TasksState.after > 0,
            paged=TasksState.paged,
        ),
    )


def pages(base: StringVar, after: StringVar, *, more: Var[bool], paged: Var[bool]) -> rx.Component:
    """Lead to the tasks that come after, and back to the first ones."""
    return rx.el.nav(
        rx.cond(paged, link(t("tasks.first"), to=base, class_name="btn btn-sm")),
        rx.cond(more, link(t("tasks.more"), to=base + "&after=" + after, class_name="btn btn-sm")),
        aria_label=t("tasks.pages"),
        class_name="flex justify-center gap-2 p-3 empty:hidden",
    )


def nothing_else(whose: StringVar, mine: rx.Component) -> rx.Component:
    """Say what will appear in an empty list; ``mine`` is for the reader's own."""
    return rx.cond(
        whose == "done",
        empty_state(t("tasks.none.done"), t("tasks.none.done.line"), symbol="check"),
        rx.cond(
            whose == "all",
            empty_state(t("tasks.none.all"), t("tasks.none.all.line"), symbol="list-checks"),
            mine,
        ),
    )


def _nothing() -> rx.Component:
    return nothing_else(
        TasksState.whose,
        empty_state(
            t("tasks.none.mine"),
            t("tasks.none.mine.line"),
            rx.cond(
                TasksState.everybodys > 0,
                link(t("tasks.none.mine.all"), to=_address(whose="all"), class_name="btn"),
            ),
            symbol="list-checks",
        ),
    )


def _choose() -> rx.Component:
    return empty_state(t("tasks.choose"), t("tasks.choose.line"), symbol="list-checks")


def _missing() -> rx.Component:
    return empty_state(
        t("tasks.missing"),
        t("tasks.missing.line"),
        link(t("tasks.back"), to=_address(), class_name="btn"),
        symbol="search-x",
    )


def _detail() -> rx.Component:
    task = TasksState.task
    return rx.el.article(
        detail_head(
            rx.cond(task.done, t("tasks.done"), t("tasks.open")),
            rx.cond(task.author != "", t("tasks.by", name=task.author), ""),
            _steps(),
            back=_address(),
            back_words=t("tasks.back"),
        ),
        rx.el.div(
            rx.cond(task.link_kind != "", _link()),
            rx.cond(MAY_WRITE & ~task.done, _form(), _facts()),
            class_name="task-body",
        ),
        class_name="thread",
    )


def _steps() -> rx.Component:
    task = TasksState.task
    return rx.cond(
        MAY_WRITE,
        rx.el.div(
            rx.cond(
                ~task.done & ~task.mine,
                button(t("tasks.take"), on_click=TasksState.take(task.id.to(str))),
            ),
            rx.cond(
                task.done,
                _step(
                    t("tasks.reopen"),
                    symbol="rotate-ccw",
                    on_click=TasksState.reopen(task.id.to(str)),
                    custom_attrs={"data-key": "e"},
                ),
                _step(
                    t("tasks.finish"),
                    symbol="check",
                    on_click=TasksState.finish(task.id.to(str)),
                    custom_attrs={"data-key": "e"},
                ),
            ),
            icon_button(t("tasks.delete"), "trash-2", on_click=TasksState.delete(task.id.to(str))),
            class_name="flex gap-1 shrink-0",
        ),
    )


def _step(words: Var[str], **props: Any) -> rx.Component:
    """A button that on a phone shows its icon only."""
    return button(rx.el.span(words, class_name="max-[600px]:sr-only"), **props)


def _link() -> rx.Component:
    task = TasksState.task
    return rx.cond(
        task.link_path != "",
        link(
            linked(task),
            icon("arrow-up-right", class_name="text-muted"),
            to=SessionState.workspace_address + "/" + task.link_path.to(str),
            class_name="task-thing",
        ),
        rx.el.p(linked(task), class_name="task-thing text-muted"),
    )


def _form() -> rx.Component:
    task = TasksState.task
    return rx.el.form(
        task_fields("task", people=TasksState.people, task=task),
        fault(TasksState.fault, TasksState.fault_params),
        rx.el.footer(
            button(t("tasks.save"), kind="primary", type="submit"),
            class_name="flex justify-end gap-2",
        ),
        key=task.id.to(str) + TasksState.number.to(str),
        on_submit=TasksState.save,
        class_name="flex flex-col gap-4",
    )


def _facts() -> rx.Component:
    task = TasksState.task
    return rx.el.div(
        rx.el.p(task.text, class_name="text-lg font-semibold", dir="auto"),
        rx.el.p(
            due(task),
            rx.cond(task.assignee != "", rx.el.span(t("tasks.for", name=task.assignee))),
            rx.cond(
                task.done,
                rx.el.span(
                    t("tasks.done.by", name=task.done_by),
                    " ",
                    moment(task.done_at.to(str), SessionState.workspace_zone),
                ),
            ),
            class_name="row-facts task-facts text-sm",
        ),
        rx.cond(task.note != "", rx.el.p(task.note, class_name="words mt-2", dir="auto")),
        class_name="flex flex-col gap-2",
    )
