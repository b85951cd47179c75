"""Home's State: what the areas tell of a workspace, kept in place while it is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Invalid
from cmhub.services.home import handover, reading, visits
from cmhub.services.home.handover import Fact, NoteView
from cmhub.services.home.parts import Line
from cmhub.services.home.reading import Home
from cmhub.services.home.registry import Fault
from cmhub.services.home.steps import Step
from cmhub.state.asked import asked, entered
from cmhub.state.base import SessionState, tell, told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place


@dataclass(frozen=True, slots=True)
class Row:
    """A line as the page shows it; ``settled`` once it no longer holds, until the next load."""

    id: str
    severity: str
    key: str
    params: dict[str, str | int | float]
    note: str
    detail: str
    address: str
    since: str
    settled: bool = False


def row_of(line: Line) -> Row:
    """The line, as it is sent to the browser."""
    return Row(
        id=line.id,
        severity=line.severity,
        key=line.key,
        params=line.params,
        note=line.note,
        detail=line.detail,
        address=line.address,
        since=line.since.isoformat() if line.since else "",
    )


def rows_of(lines: Iterable[Line]) -> list[Row]:
    """All lines, as they are sent to the browser."""
    return [row_of(line) for line in lines]


def merge(shown: Sequence[Row], fresh: Sequence[Row]) -> tuple[list[Row], int]:
    """Bring rows up to date where they stand: what no longer holds is marked, not taken away.

    Returns:
        The rows, and how many came that are not among them.
    """
    known = {row.id: row for row in fresh}
    kept = [known.get(row.id) or replace(row, settled=True) for row in shown]
    return kept, len(known.keys() - {row.id for row in shown})


class HomeState(rx.State):
    """What Home shows; the address says whether earlier notes are shown, and which."""

    since: rx.Field[str] = rx.field("")
    first: rx.Field[bool] = rx.field(False)
    notes: rx.Field[list[NoteView]] = rx.field(default_factory=list[NoteView])
    steps: rx.Field[list[Step]] = rx.field(default_factory=list[Step])
    steps_left: rx.Field[int] = rx.field(0)
    happened: rx.Field[list[Row]] = rx.field(default_factory=list[Row])
    burning: rx.Field[list[Row]] = rx.field(default_factory=list[Row])
    due: rx.Field[list[Row]] = rx.field(default_factory=list[Row])
    client: rx.Field[list[Row]] = rx.field(default_factory=list[Row])
    moved: rx.Field[list[Row]] = rx.field(default_factory=list[Row])
    faults: rx.Field[list[Fault]] = rx.field(default_factory=list[Fault])
    clear: rx.Field[bool] = rx.field(False)
    count: rx.Field[int] = rx.field(0)
    arrivals: rx.Field[int] = rx.field(0)
    loaded: rx.Field[bool] = rx.field(False)

    facts: rx.Field[list[Fact]] = rx.field(default_factory=list[Fact])
    draft: rx.Field[str] = rx.field("")
    drafts: rx.Field[int] = rx.field(0)
    writing: rx.Field[bool] = rx.field(False)
    fault_key: rx.Field[str] = rx.field("")
    fault_params: rx.Field[dict[str, str | int]] = rx.field(default_factory=dict[str, str | int])

    history: rx.Field[list[NoteView]] = rx.field(default_factory=list[NoteView])
    history_open: rx.Field[bool] = rx.field(False)
    history_after: rx.Field[str] = rx.field("")
    history_paged: rx.Field[bool] = rx.field(False)

    # What the last notice offers to take back, and the note or nothing that it is about.
    _undo: tuple[str, str] = ("", "")

    @rx.event
    @requires(Permission.HOME_READ)
    @told
    async def load(self) -> None:
        """Begin or go on with a visit, and show everything as it is."""
        actor = current_actor().within(place())
        now = datetime.now(UTC)
        async with unit_of_work(actor) as session:
            visit = await visits.open_visit(session, actor, place(), now)
            found = await reading.read_home(session, actor, place(), visit, now=now)
        self._show(found)
        await self._history()
        await self._prepare()

    @rx.event
    @requires(Permission.HOME_READ)
    @told
    async def refresh(self) -> None:
        """Something changed: bring up to date what is shown, and count what came."""
        if not self.loaded:
            return
        actor = current_actor().within(place())
        now = datetime.now(UTC)
        async with unit_of_work(actor) as session:
            visit = await visits.read_visit(session, actor, place(), now)
            found = await reading.read_home(session, actor, place(), visit, now=now)
        self._merge(found)

    def _show(self, found: Home) -> None:
        self.since, self.first = found.visit.since.isoformat(), found.visit.first
        self.notes = list(found.notes)
        self._take_steps(found.steps)
        self.happened, self.burning = rows_of(found.happened), rows_of(found.burning)
        self.due, self.client = rows_of(found.due), rows_of(found.client)
        self.moved, self.faults = rows_of(found.moved), list(found.faults)
        self._sum_up(found)
        self.arrivals, self.loaded = 0, True

    def _merge(self, found: Home) -> None:
        arrived = 0
        for name in ("happened", "burning", "due", "client", "moved"):
            rows, new = merge(getattr(self, name), rows_of(getattr(found, name)))
            setattr(self, name, rows)
            arrived += new
        waiting = {note.id: note for note in found.notes}
        arrived += len(waiting.keys() - {note.id for note in self.notes})
        now = datetime.now(UTC)
        self.notes = [waiting.get(note.id) or replace(note, taken_at=now) for note in self.notes]
        self._take_steps(found.steps)
        self.faults = list(found.faults)
        self._sum_up(found)
        self.arrivals = arrived

    def _take_steps(self, steps: Sequence[Step]) -> None:
        self.steps = list(steps)
        self.steps_left = sum(1 for step in steps if not step.done)

    def _sum_up(self, found: Home) -> None:
        self.clear = found.clear
        self.count = sum(line.count for line in found.burning)

    async def _history(self) -> None:
        given = asked(self)
        self.history_open = "notes" in given
        self.history_paged = bool(given.get("after"))
        if not self.history_open:
            return
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            page = await handover.list_notes(session, actor, place(), given.get("after", ""))
        self.history, self.history_after = list(page.notes), page.after

    async def _prepare(self) -> None:
        """Fill in what is open, when the address asks for a note to be written."""
        actor = current_actor().within(place())
        may = actor.may(Permission.TASK_WRITE, place())
        self.writing, self.fault_key = may and "write" in asked(self), ""
        if self.writing:
            async with unit_of_work(actor) as session:
                facts = await reading.read_open(session, actor, place(), now=datetime.now(UTC))
            self.facts = list(facts)

    @rx.event
    @requires(Permission.TASK_WRITE)
    @told
    async def leave(self, form: dict[str, object]) -> rx.event.EventSpec | None:
        """Leave the note; its form stays with what is wrong, if anything is."""
        actor = current_actor().within(place())
        self.fault_key, self.draft = "", entered(form, "note")
        try:
            async with unit_of_work(actor) as session:
                facts = await reading.read_open(session, actor, place(), now=datetime.now(UTC))
                made = await handover.leave_note(session, actor, place(), self.draft, facts)
        except CMHubError as error:
            self.fault_key, self.fault_params = error.key, error.params
            return None
        self.draft, self.drafts = "", self.drafts + 1
        self._undo = ("leave", str(made))
        await tell(self, "home.note.left.told", undo=True)
        await self._notes()
        return rx.redirect(f"{(await self.get_state(SessionState)).workspace_address}/home/")

    @rx.event
    @requires(Permission.TASK_WRITE)
    @told
    async def withdraw(self, note_id: str) -> None:
        """Take one's own note back; its words wait in the form."""
        await self._withdraw(_id(note_id))
        await tell(self, "home.note.withdrawn.told")

    async def _withdraw(self, note_id: UUID) -> None:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            self.draft = await handover.withdraw_note(session, actor, place(), note_id)
        self.drafts += 1
        await self._notes()

    @rx.event
    @requires(Permission.TASK_WRITE)
    @told
    async def take_over(self, note_id: str) -> None:
        """Say that the note was read."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await handover.take_over(session, actor, place(), _id(note_id))
        self._undo = ("take", note_id)
        await tell(self, "home.note.taken.told", undo=True)
        await self._notes()

    async def _notes(self) -> None:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            self.notes = list(await handover.waiting_notes(session, actor, place()))
        if self.history_open:
            await self._history()

    @rx.event
    @requires(Permission.HOME_READ)
    @told
    async def put_steps_away(self) -> None:
        """Show the first steps no more."""
        await self._set_steps_away(datetime.now(UTC))
        self._undo = ("steps", "")
        await tell(self, "home.steps.away.told", undo=True)

    async def _set_steps_away(self, moment: datetime | None) -> None:
        actor = current_actor().within(place())
        now = datetime.now(UTC)
        async with unit_of_work(actor) as session:
            await visits.put_steps_away(session, actor, place(), moment)
            visit = await visits.read_visit(session, actor, place(), now)
            found = await reading.read_home(session, actor, place(), visit, now=now)
        self._take_steps(found.steps)

    @rx.event
    @requires(Permission.HOME_READ)
    @told
    async def undo(self) -> None:
        """Take back the last thing that was done here."""
        kind, what = self._undo
        self._undo = ("", "")
        actor = current_actor().within(place())
        if kind == "leave":
            await self._withdraw(_id(what))
        elif kind == "take":
            async with unit_of_work(actor) as session:
                await handover.give_back(session, actor, place(), _id(what))
            await self._notes()
        elif kind == "steps":
            await self._set_steps_away(None)
        await tell(self, "home.undone.told")


def _id(value: str) -> UUID:
    """An id from the browser.

    Raises:
        Invalid: it is none.
    """
    try:
        return UUID(value)
    except ValueError:
        raise Invalid("filter") from None
