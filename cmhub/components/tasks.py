"""Tasks: the dialog that makes one from anywhere, the fields of its form, and lists of them."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex.vars import ArrayVar, ObjectVar, StringVar, Var

from cmhub.components.basics import Words, button, icon_button, link
from cmhub.components.dialog import CLOSES, opens
from cmhub.components.form import date_field, select_field, text_area, text_field, time_field
from cmhub.components.icons import icon
from cmhub.components.parts import ClosingDialog
from cmhub.components.people import avatar
from cmhub.components.text import said, said_of, t, when
from cmhub.services.tasks import REPEATS, TaskView
from cmhub.state.base import SessionState
from cmhub.state.task_dialog import PlaceChoice, TaskDialogState
from cmhub.state.tasks import PersonChoice, TaskGroup

_DIALOG = "new-task"
_SYMBOLS = (
    ("thread", "messages-square"),
    ("message", "message-square"),
    ("member", "user-round"),
    ("connection", "plug"),
)
MAY_WRITE: Var[bool] = SessionState.permissions.contains("task:write")


def new_task() -> rx.Component:
    """Be the entry of the menu that makes a task; T presses it on every page."""
    return rx.cond(
        MAY_WRITE,
        rx.el.button(
            icon("plus"),
            rx.el.span(t("tasks.new"), class_name="word grow"),
            rx.el.kbd("T", aria_hidden="true", class_name="key word wide-only"),
            type="button",
            title=t("tasks.new"),
            aria_label=t("tasks.new"),
            on_click=TaskDialogState.begin,
            custom_attrs={**opens(_DIALOG), "data-key": "t"},
            class_name="way",
        ),
    )


def new_task_button() -> rx.Component:
    """Be the primary action of a page of tasks."""
    return rx.cond(
        MAY_WRITE,
        button(
            t("tasks.new"),
            kind="primary",
            symbol="plus",
            on_click=TaskDialogState.begin,
            custom_attrs=opens(_DIALOG),
        ),
    )


def task_dialog() -> rx.Component:
    """Hold the form that makes a task, over any page."""
    state = TaskDialogState
    return ClosingDialog.create(
        rx.el.header(
            rx.el.h2(t("tasks.new"), class_name="text-lg font-semibold"),
            icon_button(t("app.close"), "x", "btn-sm -me-2", custom_attrs=CLOSES),
            class_name="flex items-center justify-between gap-4",
        ),
        rx.el.form(
            rx.cond(state.places.length() > 1, _place()),
            task_fields(
                "new",
                people=state.people,
                me=state.me,
                place=state.workspace,
            ),
            rx.cond(state.link_kind != "", _link_box()),
            fault(state.fault, state.fault_params),
            rx.el.footer(
                button(t("app.cancel"), custom_attrs=CLOSES),
                button(t("tasks.create"), kind="primary", type="submit"),
                class_name="flex flex-wrap justify-end gap-2 mt-2",
            ),
            # What somebody types while the people are looked up must not be lost.
            key=state.done.to(str),
            on_submit=TaskDialogState.create,
            class_name="flex flex-col gap-4 mt-4",
        ),
        id=_DIALOG,
        done=state.done,
        aria_label=t("tasks.new"),
        class_name="dialog",
    )


def _place() -> rx.Component:
    return select_field(
        "new_place",
        t("app.workspace"),
        rx.foreach(TaskDialogState.places, _place_option),
        value=TaskDialogState.workspace,
        on_change=TaskDialogState.choose_place,
    )


def _place_option(one: ObjectVar[PlaceChoice]) -> rx.Component:
    return rx.el.option(one.name, value=one.id.to(str))


def _link_box() -> rx.Component:
    state = TaskDialogState
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            id="new_link",
            name="new_link",
            default_checked=True,
            class_name="checkbox checkbox-sm",
        ),
        rx.el.span(
            rx.el.span(said_of("tasks.link", state.link_kind), class_name="font-medium"),
            rx.el.span(state.link_words, class_name="text-sm text-muted truncate"),
            class_name="flex flex-col min-w-0",
        ),
        html_for="new_link",
        class_name="flex items-start gap-2",
    )


def fault(key: Var[str], params: Var[Any]) -> rx.Component:
    """Say at the form what is wrong with it."""
    return rx.cond(
        key != "",
        rx.el.p(
            icon("circle-alert"),
            said(key, params),
            role="alert",
            class_name="flex items-center gap-1 text-sm text-error",
        ),
    )


def task_fields(
    prefix: str,
    *,
    people: ArrayVar[Any],
    me: StringVar | None = None,
    place: StringVar | str = "",
    task: ObjectVar[TaskView] | None = None,
) -> rx.Component:
    """Hold the fields of a task; their names begin with ``prefix``, ``task`` fills them."""

    def given(name: str, otherwise: str = "") -> Any:
        return getattr(task, name).to(str) if task is not None else otherwise

    return rx.fragment(
        text_field(
            f"{prefix}_text",
            t("tasks.text"),
            default_value=given("text"),
            required=True,
            max_length=300,
            auto_complete="off",
        ),
        rx.el.div(
            date_field(f"{prefix}_due_on", t("tasks.due_on"), default_value=given("due_on")),
            time_field(f"{prefix}_due_time", t("tasks.due_time"), default_value=given("due_time")),
            class_name="task-fields-pair",
        ),
        rx.el.div(
            rx.el.div(_assignees(prefix, people, me, place, task), class_name="min-w-0"),
            rx.el.div(
                select_field(
                    f"{prefix}_repeats",
                    t("tasks.repeats"),
                    [(each, t(f"tasks.repeats.{each}")) for each in REPEATS],
                    default_value=given("repeats", "never"),
                ),
                class_name="min-w-0",
            ),
            class_name="task-fields-pair",
        ),
        text_area(
            f"{prefix}_note",
            t("tasks.note"),
            optional=True,
            default_value=given("note"),
            rows=3,
            max_length=5000,
            custom_attrs={"data-submits": ""},
        ),
    )


def _assignees(
    prefix: str,
    people: ArrayVar[Any],
    me: StringVar | None,
    place: StringVar | str,
    task: ObjectVar[TaskView] | None,
) -> rx.Component:
    assignee: Words = me if me is not None else ""
    first: list[rx.Component] = [rx.el.option(t("tasks.nobody"), value="")]
    if me is not None:
        first.append(rx.el.option(t("tasks.me", name=SessionState.user_name), value=me))
    if task is not None:
        first.append(
            rx.cond(
                task.assignee_id != "",
                rx.el.option(task.assignee, value=task.assignee_id.to(str)),
            )
        )
        assignee = task.assignee_id.to(str)
    return select_field(
        f"{prefix}_assignee",
        t("tasks.assignee"),
        rx.fragment(*first, rx.foreach(people, _person_option)),
        default_value=assignee,
        # Whom it is for is chosen anew when the people are others.
        key=place + assignee,
    )


def _person_option(one: ObjectVar[PersonChoice]) -> rx.Component:
    return rx.el.option(one.name, value=one.id.to(str))


Press = Callable[[ObjectVar[TaskView]], Any]


def task_list(
    groups: ArrayVar[Any],
    *,
    to: Callable[[ObjectVar[TaskView]], Words],
    on_finish: Press,
    on_reopen: Press,
    chosen: StringVar | str = "",
    with_workspace: bool = False,
    mine: Var[bool],
) -> rx.Component:
    """List tasks under the headings of when they are due; who has them unless all are ``mine``."""

    def row(one: ObjectVar[TaskView]) -> rx.Component:
        return rx.el.li(
            _check(one, on_finish, on_reopen),
            link(
                rx.el.span(one.text, class_name="task-text", dir="auto"),
                _facts(one, with_workspace=with_workspace, mine=mine),
                to=to(one),
                class_name="task-link",
                custom_attrs={
                    "data-row": "",
                    "aria-current": rx.cond(chosen == one.id.to(str), "true", "false"),
                },
            ),
            key=one.id.to(str),
            custom_attrs={"data-done": rx.cond(one.done, "true", "false")},
            class_name="task-row",
        )

    def group(one: ObjectVar[TaskGroup]) -> rx.Component:
        return rx.el.section(
            rx.el.h2(
                said_of("tasks.section", one.section),
                custom_attrs={"data-section": one.section},
                class_name="task-section",
            ),
            rx.el.ul(rx.foreach(one.rows.to(list[TaskView]), row), class_name="rows"),
            key=one.section.to(str),
        )

    return rx.el.div(rx.foreach(groups, group), class_name="task-groups")


def _check(one: ObjectVar[TaskView], on_finish: Press, on_reopen: Press) -> rx.Component:
    return rx.cond(
        MAY_WRITE,
        rx.cond(
            one.done,
            icon_button(
                t("tasks.reopen.one", text=one.text),
                "circle-check",
                "btn-sm task-check",
                on_click=on_reopen(one),
            ),
            icon_button(
                t("tasks.finish.one", text=one.text),
                "circle",
                "btn-sm task-check",
                on_click=on_finish(one),
            ),
        ),
        rx.el.span(icon("circle"), class_name="task-check task-fixed"),
    )


def due(one: ObjectVar[TaskView]) -> rx.Component:
    """Say when a task is due, in colour and word when it is late."""
    at, zone = one.due_at.to(str), one.zone.to(str)
    day = {"weekday": "short", "day": "numeric", "month": "short"}
    clock = {"hour": "2-digit", "minute": "2-digit"}
    late = (one.section == "overdue") & ~one.done
    return rx.cond(
        one.due_on != "",
        rx.el.span(
            icon("calendar"),
            rx.el.span(t("tasks.due"), " ", class_name="sr-only"),
            rx.cond(
                one.due_time != "",
                rx.el.time(when(at, zone, **day, **clock), date_time=at, title=when(at, zone)),
                rx.el.time(when(at, zone, **day), date_time=one.due_on.to(str)),
            ),
            custom_attrs={"data-late": rx.cond(late, "true", "false")},
            class_name="task-due",
        ),
    )


def linked(one: ObjectVar[TaskView]) -> rx.Component:
    """Name what a task is about."""
    return rx.el.span(
        rx.match(one.link_kind, *[(kind, icon(symbol)) for kind, symbol in _SYMBOLS], icon("link")),
        rx.el.span(
            rx.cond(one.link_words != "", one.link_words, t("tasks.link.gone")),
            class_name="truncate",
        ),
        class_name="task-linked",
    )


def _facts(one: ObjectVar[TaskView], *, with_workspace: bool, mine: Var[bool]) -> rx.Component:
    place = rx.el.span(icon("layers"), one.workspace) if with_workspace else rx.fragment()
    return rx.el.span(
        due(one),
        rx.cond(
            one.repeats != "never",
            rx.el.span(icon("repeat"), said_of("tasks.repeats", one.repeats)),
        ),
        rx.cond(
            (one.assignee_id != "") & ~mine,
            rx.el.span(avatar(one.assignee.to(str), size="small"), one.assignee),
        ),
        place,
        rx.cond(one.link_kind != "", linked(one)),
        class_name="row-facts task-facts",
    )
