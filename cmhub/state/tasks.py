"""The States of the tasks' pages: those of a workspace, and those of a whole agency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Invalid
from cmhub.services import tasks
from cmhub.services.colleagues import list_colleagues
from cmhub.services.tasks import TaskDraft, TaskFilter, TaskView
from cmhub.state.asked import asked, asked_id, entered
from cmhub.state.base import tell, told
from cmhub.state.marks import requires, requires_somewhere
from cmhub.state.visit import current_actor, place

DONE = "done"


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Tasks that are due at about the same time; ``section`` is ``done`` for those that are."""

    section: str
    rows: list[TaskView]


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """Somebody to give a task to."""

    id: str
    name: str


def grouped(rows: Sequence[TaskView]) -> list[TaskGroup]:
    """Tasks by their sections, in the order that they come in."""
    groups: list[TaskGroup] = []
    for row in rows:
        section = DONE if row.done else row.section
        if not groups or groups[-1].section != section:
            groups.append(TaskGroup(section, []))
        groups[-1].rows.append(row)
    return groups


def draft_of(form: dict[str, object], prefix: str) -> TaskDraft:
    """The task that a form holds; the names of its fields begin with the prefix."""
    assignee = entered(form, f"{prefix}_assignee")
    return TaskDraft(
        text=entered(form, f"{prefix}_text"),
        note=entered(form, f"{prefix}_note"),
        assignee_id=id_of(assignee) if assignee else None,
        due_on=entered(form, f"{prefix}_due_on"),
        due_time=entered(form, f"{prefix}_due_time"),
        repeats=entered(form, f"{prefix}_repeats") or "never",
    )


def id_of(value: str) -> UUID:
    """An id from the browser.

    Raises:
        Invalid: it is none.
    """
    try:
        return UUID(value)
    except ValueError:
        raise Invalid("filter") from None


def filter_of(given: dict[str, str]) -> TaskFilter:
    """What the address asks for."""
    after = given.get("after", "0")
    return TaskFilter(given.get("whose", "mine"), int(after) if after.isdecimal() else 0)


class TasksState(rx.State):
    """What the tasks' page shows; the address says whose tasks, which page and which is open."""

    groups: rx.Field[list[TaskGroup]] = rx.field(default_factory=list[TaskGroup])
    whose: rx.Field[str] = rx.field("mine")
    mine: rx.Field[int] = rx.field(0)
    everybodys: rx.Field[int] = rx.field(0)
    overdue: rx.Field[int] = rx.field(0)
    today: rx.Field[int] = rx.field(0)
    after: rx.Field[int] = rx.field(0)
    paged: rx.Field[bool] = rx.field(False)
    loaded: rx.Field[bool] = rx.field(False)
    task: rx.Field[TaskView | None] = rx.field(None)
    chosen: rx.Field[str] = rx.field("")
    missing: rx.Field[bool] = rx.field(False)
    people: rx.Field[list[PersonChoice]] = rx.field(default_factory=list[PersonChoice])
    number: rx.Field[int] = rx.field(0)
    fault: rx.Field[str] = rx.field("")
    fault_params: rx.Field[dict[str, str | int]] = rx.field(default_factory=dict[str, str | int])

    _undo: tuple[str, str, str] = ("", "", "")

    @rx.event
    @requires(Permission.TASK_READ)
    @told
    async def load(self) -> None:
        """Load the list and the task that the address asks for."""
        given = asked(self)
        if given.get("task", "") != self.chosen:
            self.fault = ""
        self.chosen = given.get("task", "")
        self.paged = given.get("after", "0") != "0"
        await self._list()
        await self._open()
        self.number += 1

    @rx.event
    @requires(Permission.TASK_READ)
    @told
    async def refresh(self) -> None:
        """Something changed: bring the list up to date; a form that is open stays as it is."""
        await self._list()

    async def _list(self) -> None:
        actor, now = current_actor().within(place()), datetime.now(UTC)
        wanted = filter_of(asked(self))
        async with unit_of_work(actor) as session:
            page = await tasks.list_tasks(session, actor, [place()], wanted, now=now)
            counts = await tasks.count_tasks(session, actor, [place()], now=now)
        self.groups, self.after, self.whose = grouped(page.rows), page.after, wanted.whose
        self.mine, self.everybodys = counts.mine, counts.all
        self.overdue, self.today = counts.overdue, counts.today
        self.loaded = True

    async def _open(self) -> None:
        task_id = asked_id(asked(self), "task")
        self.missing = False
        if task_id is None:
            self.task, self.missing = None, bool(self.chosen)
            return
        actor, now = current_actor().within(place()), datetime.now(UTC)
        try:
            async with unit_of_work(actor) as session:
                self.task = await tasks.read_task(session, actor, place(), task_id, now=now)
                people = await list_colleagues(session, actor, place())
        except CMHubError:
            self.task, self.missing = None, True
            return
        self.people = [
            PersonChoice(str(one.id), one.name)
            for one in people
            if one.may(Permission.TASK_READ) and str(one.id) != self.task.assignee_id
        ]

    async def _again(self) -> None:
        await self._list()
        await self._open()
        self.number += 1

    @rx.event
    @requires(Permission.TASK_WRITE)
    @told
    async def finish(self, task_id: str) -> None:
        """Mark a task as done, and offer to take it back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            following = await tasks.finish_task(session, actor, place(), id_of(task_id))
        self._undo = ("finish", task_id, "")
        key = "tasks.done.told" if following is None else "tasks.done.again.told"
        await tell(self, key, undo=True)
        await self._again()

    @rx.event
    @requires(Permission.TASK_WRITE)
    @told
    async def reopen(self, task_id: str) -> None:
        """Take back that a task is done."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await tasks.reopen_task(session, actor, place(), id_of(task_id))
        await tell(self, "tasks.reopened.told")
        await self._again()

    @rx.event
    @requires(Permission.TASK_WRITE)
    @told
    async def delete(self, task_id: str) -> None:
        """Delete a task, and offer to bring it back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await tasks.delete_task(session, actor, place(), id_of(task_id))
        self._undo = ("delete", task_id, "")
        await tell(self, "tasks.deleted.told", undo=True)
        await self._again()

    @rx.event
    @requires(Permission.TASK_WRITE)
    @told
    async def take(self, task_id: str) -> None:
        """Take a task over, and offer to give it back."""
        actor, task = current_actor().within(place()), id_of(task_id)
        async with unit_of_work(actor) as session:
            before = await tasks.assign_task(session, actor, place(), task, actor.user_id)
        self._undo = ("take", task_id, str(before or ""))
        await tell(self, "tasks.taken.told", undo=True)
        await self._again()

    @rx.event
    @requires(Permission.TASK_WRITE)
    @told
    async def save(self, form: dict[str, object]) -> None:
        """Write the open task anew; what cannot be kept is told at the form, which stays."""
        actor = current_actor().within(place())
        if self.task is None:
            raise Invalid("filter")
        self.fault = ""
        try:
            draft = draft_of(form, "task")
            async with unit_of_work(actor) as session:
                await tasks.change_task(session, actor, place(), self.task.id, draft)
        except Invalid as error:
            self.fault, self.fault_params = error.key, dict(error.params)
            return
        await tell(self, "tasks.saved.told")
        await self._again()

    @rx.event
    @requires(Permission.TASK_WRITE)
    @told
    async def undo(self) -> None:
        """Take back the last thing that was done here."""
        (kind, task_id, before), self._undo = self._undo, ("", "", "")
        if not kind:
            return
        actor, task = current_actor().within(place()), id_of(task_id)
        async with unit_of_work(actor) as session:
            if kind == "finish":
                await tasks.reopen_task(session, actor, place(), task)
            elif kind == "delete":
                await tasks.restore_task(session, actor, place(), task)
            else:
                whose = id_of(before) if before else None
                await tasks.assign_task(session, actor, place(), task, whose)
        await tell(self, f"tasks.undone.{kind}.told")
        await self._again()


class AgencyTasksState(rx.State):
    """What the tasks' page of an agency shows: of every workspace that the reader may see."""

    groups: rx.Field[list[TaskGroup]] = rx.field(default_factory=list[TaskGroup])
    whose: rx.Field[str] = rx.field("mine")
    mine: rx.Field[int] = rx.field(0)
    everybodys: rx.Field[int] = rx.field(0)
    overdue: rx.Field[int] = rx.field(0)
    today: rx.Field[int] = rx.field(0)
    after: rx.Field[int] = rx.field(0)
    paged: rx.Field[bool] = rx.field(False)
    loaded: rx.Field[bool] = rx.field(False)

    _undo: tuple[str, str] = ("", "")

    @rx.event
    @requires_somewhere(Permission.TASK_READ)
    @told
    async def load(self) -> None:
        """Load the list that the address asks for."""
        await self._load()

    async def _load(self) -> None:
        actor, now = current_actor(), datetime.now(UTC)
        given = asked(self)
        wanted = filter_of(given)
        places = actor.workspaces_where(Permission.TASK_READ)
        async with unit_of_work(actor) as session:
            page = await tasks.list_tasks(session, actor, places, wanted, now=now)
            counts = await tasks.count_tasks(session, actor, places, now=now)
        self.groups, self.after, self.whose = grouped(page.rows), page.after, wanted.whose
        self.mine, self.everybodys = counts.mine, counts.all
        self.overdue, self.today = counts.overdue, counts.today
        self.paged, self.loaded = given.get("after", "0") != "0", True

    @rx.event
    @requires_somewhere(Permission.TASK_WRITE)
    @told
    async def finish(self, workspace_id: str, task_id: str) -> None:
        """Mark a task as done, and offer to take it back."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            following = await tasks.finish_task(session, actor, id_of(workspace_id), id_of(task_id))
        self._undo = (workspace_id, task_id)
        key = "tasks.done.told" if following is None else "tasks.done.again.told"
        await tell(self, key, undo=True)
        await self._load()

    @rx.event
    @requires_somewhere(Permission.TASK_WRITE)
    @told
    async def reopen(self, workspace_id: str, task_id: str) -> None:
        """Take back that a task is done."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            await tasks.reopen_task(session, actor, id_of(workspace_id), id_of(task_id))
        await tell(self, "tasks.reopened.told")
        await self._load()

    @rx.event
    @requires_somewhere(Permission.TASK_WRITE)
    @told
    async def undo(self) -> None:
        """Take back the last thing that was done here."""
        (workspace_id, task_id), self._undo = self._undo, ("", "")
        if not task_id:
            return
        actor = current_actor()
        async with unit_of_work(actor) as session:
            await tasks.reopen_task(session, actor, id_of(workspace_id), id_of(task_id))
        await tell(self, "tasks.undone.finish.told")
        await self._load()
